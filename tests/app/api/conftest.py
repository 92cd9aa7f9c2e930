from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount

from app.access import COMMAND_LINE, Role
from app.api.app import create_api
from app.context import Desk, open_desk
from app.services import keys
from app.settings import Settings
from app.web.identity import IdentityGate
from app.web.sockets import OpenSockets
from tests.app.api.caller import Program
from tests.factories.app_database import cheap_hashes, lay_app_database

Caller = Callable[[Role], Program]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(Settings(_env_file=None, home=tmp_path))
    lay_app_database(tmp_path)
    with cheap_hashes():
        yield opened
    opened.state.close()


@pytest.fixture
def server(desk: Desk) -> Starlette:
    """The API behind the gate, without Streamlit."""
    return Starlette(
        routes=[Mount("/api", create_api(desk))],
        middleware=[
            Middleware(
                IdentityGate,
                state=desk.state,
                cookie_name="shopsight",
                open_sockets=OpenSockets(desk.state),
                goodbye=lambda address: b"",
            )
        ],
    )


@pytest.fixture
def anybody(server: Starlette) -> Program:
    return Program(server)


@pytest.fixture
def call(desk: Desk, server: Starlette) -> Caller:
    """A program with a key of a role."""

    def with_role(role: Role) -> Program:
        key = keys.create_key(desk, COMMAND_LINE, name=f"{role.value} program", role=role).key
        return Program(server, Authorization=f"Bearer {key}")

    return with_role
