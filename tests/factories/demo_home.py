"""A home on the small demo shop as of late September, with its snapshot; made once a session."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from app.context import open_desk
from app.services.snapshots import take_snapshot
from app.settings import Settings
from data_access.shop.engines import make_engine
from data_access.sources.demo import make_demo
from tests.factories.app_database import into_one_file, lay_app_database, lay_model_database
from tests.factories.shared import once
from tests.factories.small_shop import close, copy_home, settings_of

BEGINS = datetime(2026, 9, 27, 22)


def lay_demo(home: Path) -> Settings:
    """A copy that a test may change."""
    return copy_home(settings_of(once("small-demo", _make), None), home)


def _make(home: Path) -> None:
    settings = settings_of(home, None)
    engine = make_engine(settings.shop_url)
    make_demo(engine, size="small", seed=7, until=BEGINS)
    engine.dispose()
    lay_app_database(home)
    lay_model_database(home)
    desk = open_desk(settings)
    take_snapshot(desk, full=True, now=BEGINS, progress=lambda step, share: None)
    close(desk)
    for name in ("app.db", "shop.db"):
        into_one_file(home / name)
