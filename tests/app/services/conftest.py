"""Desks on which it is decided who decides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.context import Desk
from tests.app.services import deciding
from tests.factories.postgres import migrated_database


@pytest.fixture
def desk_of_versions(tmp_path: Path) -> Iterator[Desk]:
    """A desk without a shop and with three laid versions a capability."""
    yield from deciding.opened(tmp_path / "home")


@pytest.fixture(params=["sqlite", "postgresql"])
def desk_on_each(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """The same on each engine, where the engine has a part in it."""
    if request.param == "sqlite":
        yield from deciding.opened(tmp_path / "home")
        return
    with migrated_database("deciding") as url:
        yield from deciding.opened(tmp_path / "home", url)
