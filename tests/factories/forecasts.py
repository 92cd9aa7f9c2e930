"""A small shop whose stored forecast is written by hand, so that every figure is known.

mug 60 and glass 20 units a week in cups, kettle 20 in kitchen (above cups), lamp 50 in light;
Wednesday 7 January 2026: the week of 5 January runs, those from 12 January on are open.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from app.access import Identity, Role
from app.context import Desk, open_desk
from app.services.forecasting import stored
from app.services.snapshots import take_snapshot
from app.settings import Settings
from data_access.shop.engines import make_engine
from data_access.state.publications import add_publication
from data_access.state.tables import Publication
from ml.forecasting import BOUNDS, KEY, PARTS
from tests.factories.app_database import into_one_file, lay_app_database
from tests.factories.shared import once
from tests.factories.shop import ShopFactory

NOW = datetime(2026, 1, 7, 9, 0)
AS_OF = date(2026, 1, 6)
RUNNING = date(2026, 1, 5)
OPEN = date(2026, 1, 12)
HORIZON = 8
LAST = RUNNING + timedelta(weeks=HORIZON - 1)
UNITS = {"mug": 60.0, "glass": 20.0, "kettle": 20.0, "lamp": 50.0}
ADA = Identity(name="ada", role=Role.merchandiser, user_id=1)
BOB = Identity(name="bob", role=Role.merchandiser, user_id=2)
MANAGER = Identity(name="mia", role=Role.manager, user_id=3)


def fill(shop: ShopFactory) -> None:
    """Eight weeks of sales before the forecast, and one promotion of the shop's own."""
    shop.category("kitchen")
    shop.category("cups", parent="kitchen")
    shop.category("light")
    for product, category in (
        ("mug", "cups"),
        ("glass", "cups"),
        ("kettle", "kitchen"),
        ("lamp", "light"),
    ):
        shop.product(product, category=category)
    for week in range(1, 9):
        day = RUNNING - timedelta(weeks=week) + timedelta(days=2)
        shop.order(
            day=day.isoformat(),
            lines=[(product, int(units), 10.0) for product, units in UNITS.items()],
        )
    shop.promotion(
        first="2026-02-02",
        last="2026-02-08",
        category="cups",
        name="White weeks",
        announced="2026-01-01",
    )


def make_home(folder: Path) -> Desk:
    """The shop with its snapshot, and no forecast yet."""
    shutil.copytree(once("forecasts", _make), folder, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOPSIGHT_HOME", str(folder))
        return open_desk(Settings())


def _make(folder: Path) -> None:
    engine = make_engine(f"sqlite:///{folder / 'shop.db'}")
    fill(ShopFactory(engine))
    engine.dispose()
    lay_app_database(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOPSIGHT_HOME", str(folder))
        desk = open_desk(Settings())
    take_snapshot(desk, full=True, now=NOW, progress=lambda *_: None)
    desk.state.close()
    desk.analytics.close()
    desk.shop_engine.dispose()
    into_one_file(folder / "app.db")


def publish_by_hand(
    desk: Desk,
    units: Mapping[str, float] = UNITS,
    *,
    name: str = "by-hand",
    first: date = RUNNING,
    as_of: date = AS_OF,
    horizon: int = HORIZON,
    created_at: datetime = NOW,
) -> Publication:
    """A stored forecast of so many units a week for each product, the same in every week."""
    folder = f"{stored.FOLDER}/{name}"
    rows = [
        {
            "level": "product",
            "series_id": product,
            "week": pd.Timestamp(first + timedelta(weeks=ahead)),
            "ahead": ahead + 1,
            "mean": value,
            **dict.fromkeys(BOUNDS, value),
        }
        for product, value in units.items()
        for ahead in range(horizon)
    ]
    forecast = pd.DataFrame(rows)
    parts = pd.DataFrame(dict.fromkeys(PARTS, 0.0), index=forecast.index)
    parts[PARTS[0]] = forecast["mean"]
    totals = pd.DataFrame(
        [
            {
                "level": "product",
                "series_id": product,
                "weeks": 4,
                "mean": 4 * value,
                **dict.fromkeys(BOUNDS, 4 * value),
            }
            for product, value in units.items()
        ]
    )
    place = desk.settings.artifacts / folder
    place.mkdir(parents=True)
    stored.write(place, forecast, parts, totals)
    newest = desk.store.newest_number()
    assert newest is not None
    with desk.state.decide("worker", "forecast.published", f"publication:{name}") as session:
        return add_publication(
            session,
            capability=KEY,
            model_version=None,
            snapshot=newest,
            as_of=as_of,
            folder=folder,
            summary={"horizon_weeks": horizon, "seconds": 1.0},
            now=created_at,
            job_id=name,
        )
