"""A desk whose home is full of old things."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.context import Desk, open_desk
from app.settings import Settings
from tests.factories.app_database import lay_app_database


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    home = tmp_path / "home"
    home.mkdir()
    lay_app_database(home)
    opened = open_desk(Settings(_env_file=None, home=home))
    yield opened
    opened.jobs.close()
    opened.state.close()
