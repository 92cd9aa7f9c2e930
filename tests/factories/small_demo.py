"""The small demo shop of one evening in late September: made once for a session, then copied."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

from app.context import open_desk
from app.services.snapshots import take_snapshot
from app.settings import Settings
from data_access.shop.engines import make_engine
from data_access.sources.demo import make_demo
from tests.factories.models_database import lay_models_database
from tests.factories.shared import once
from tests.factories.small_shop import close

BEGINS = datetime(2026, 9, 27, 22)


def demo_home(home: Path) -> Settings:
    """A home with the demo shop, its first snapshot and an upgraded app database."""
    shutil.copytree(once("small-demo", _make), home, dirs_exist_ok=True)
    return _settings(home)


def _make(home: Path) -> None:
    desk = open_desk(_settings(home))
    desk.state.upgrade()
    engine = make_engine(desk.settings.shop_url)
    make_demo(engine, size="small", seed=7, until=BEGINS)
    engine.dispose()
    take_snapshot(desk, full=True, now=BEGINS, progress=lambda step, share: None)
    close(desk)
    lay_models_database(home)


def _settings(home: Path) -> Settings:
    return Settings(_env_file=None, home=home)
