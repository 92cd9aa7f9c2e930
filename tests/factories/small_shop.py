"""A shop that is small, real and quick: four products sold every week, long enough to forecast."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from app.context import Desk, open_desk
from app.services.snapshots import take_snapshot
from app.settings import Settings
from data_access.shop.engines import make_engine
from tests.factories.app_database import into_one_file, lay_app_database, lay_model_database
from tests.factories.shared import once
from tests.factories.shop import ShopFactory

WEEKS = 70
NOW = datetime(2026, 11, 25, 10)  # a Wednesday
PRODUCTS = ("mug", "bowl", "plate", "spoon")


def lay_home(home: Path) -> Settings:
    """A copy of a home as of `NOW`, with embedded databases, that the session makes once."""
    return copy_home(settings_of(once("small-shop", make_home), None), home)


def make_home(home: Path, *, app_url: str | None = None, now: datetime = NOW) -> Settings:
    """A home with the shop, its first snapshot and the tables of its databases.

    now : naive UTC; the newest order is of the Monday of the week before.
    """
    home.mkdir(parents=True, exist_ok=True)
    settings = settings_of(home, app_url)
    if app_url is None:
        lay_app_database(home)
        lay_model_database(home)
    engine = make_engine(settings.shop_url)
    shop = ShopFactory(engine)
    monday = now.date() - timedelta(days=now.weekday() + 7)
    for week in range(WEEKS):
        day = (monday - timedelta(weeks=week)).isoformat()
        lines = [(product, 3 + number + week % 4, 10.0) for number, product in enumerate(PRODUCTS)]
        shop.order(day=day, lines=lines)
    engine.dispose()
    desk = open_desk(settings)
    if app_url is not None:
        desk.state.upgrade()
    take_snapshot(desk, full=True, now=now, progress=lambda step, share: None)
    close(desk)
    for name in ("app.db", "shop.db"):
        if (home / name).exists():
            into_one_file(home / name)
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
