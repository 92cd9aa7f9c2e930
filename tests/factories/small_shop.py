"""A shop that is small, real and quick: four products sold every week, long enough to forecast."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from app.context import Desk, open_desk
from app.services.snapshots import take_snapshot
from app.settings import Settings
from data_access.shop.engines import make_engine
from tests.factories.models_database import lay_models_database
from tests.factories.shared import once
from tests.factories.shop import ShopFactory

WEEKS = 70
PRODUCTS = ("mug", "bowl", "plate", "spoon")


def make_home(home: Path, *, app_url: str | None = None) -> Settings:
    """A home with the shop, its first snapshot and an upgraded app database.

    All that are embedded are copies of one that the session makes.
    """
    if app_url is not None:
        return _make(home, app_url)
    today = datetime.now(UTC).date()
    shutil.copytree(once(f"small-shop-{today}", _make), home, dirs_exist_ok=True)
    return settings_of(home, None)


def _make(home: Path, app_url: str | None = None) -> Settings:
    home.mkdir(parents=True, exist_ok=True)
    settings = settings_of(home, app_url)
    engine = make_engine(settings.shop_url)
    shop = ShopFactory(engine)
    today = datetime.now(UTC).date()
    monday = today - timedelta(days=today.weekday() + 7)
    for week in range(WEEKS):
        day = (monday - timedelta(weeks=week)).isoformat()
        lines = [(product, 3 + number + week % 4, 10.0) for number, product in enumerate(PRODUCTS)]
        shop.order(day=day, lines=lines)
    engine.dispose()
    desk = open_desk(settings)
    desk.state.upgrade()
    take_snapshot(desk, full=True, now=utc_now(), progress=lambda step, share: None)
    close(desk)
    if settings.embedded:
        lay_models_database(home)
    return settings


def copy_home(settings: Settings, home: Path) -> Settings:
    """A home of its own with the same content (embedded databases)."""
    shutil.copytree(settings.home, home)
    return settings_of(home, None)


def settings_of(home: Path, app_url: str | None) -> Settings:
    return Settings(_env_file=None, home=home, app_database_url=app_url, refresh_minutes=1440)


def sell(settings: Settings, *, orders: int = 3, day: date | None = None) -> None:
    """New orders since the last snapshot."""
    engine = make_engine(settings.shop_url)
    shop = ShopFactory(engine)
    shop._known.update(("product", product) for product in PRODUCTS)
    when = (day or datetime.now(UTC).date() - timedelta(days=1)).isoformat()
    for number in range(orders):
        shop.order(day=when, product="mug", units=2, order_id=f"new-{number}", updated_at=utc_now())
    engine.dispose()


def close(desk: Desk) -> None:
    desk.jobs.close()
    desk.state.close()
    desk.shop_engine.dispose()


def utc_now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
