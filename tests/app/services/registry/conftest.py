from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.access import Identity, Role
from app.context import Desk, open_desk
from app.settings import Settings
from tests.factories.app_database import lay_app_database

ADMIN = Identity(name="ada", role=Role.admin)
MERCHANDISER = Identity(name="mia", role=Role.merchandiser)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """An empty home with an app database."""
    monkeypatch.setenv("SHOPSIGHT_HOME", str(tmp_path))
    lay_app_database(tmp_path)
    found = open_desk(Settings())
    yield found
    found.state.close()
