from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from app.access import passwords
from data_access.state.engine import StateDatabase


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateDatabase]:
    database = StateDatabase(f"sqlite:///{tmp_path / 'app.db'}")
    database.upgrade()
    yield database
    database.close()


@pytest.fixture(autouse=True)
def _cheap_hashes(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Hashes that take no time, where time is not what the test is about."""
    if "takes_as_long" in request.node.name:
        yield
        return
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64))
    passwords.prepare()
    yield
    passwords.prepare()
