"""A small shop with stock, two suppliers and an open order, its snapshot and its forecast."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.access import Identity, Role
from app.context import Desk, open_desk
from app.services import forecasting, ordering
from app.services.ordering import OrderList, OrderQuestion
from app.services.snapshots import take_snapshot
from app.settings import Settings
from data_access.shop import tables as shop_tables
from data_access.shop.engines import make_engine
from tests.factories.app_database import lay_app_database
from tests.factories.shop import LONG_AGO, ShopFactory, money

LAST = date(2026, 3, 30)  # a Monday, known whole
NOW = datetime(2026, 3, 31, 6)

ADA = Identity(name="ada", role=Role.merchandiser)
BOB = Identity(name="bob", role=Role.admin)
MIA = Identity(name="mia", role=Role.manager)


def make_shop(folder: Path) -> ShopFactory:
    """Mugs, kettles and boards sold every second day; mugs nearly out, boards plenty."""
    factory = ShopFactory(make_engine(f"sqlite:///{folder / 'shop.db'}"))
    with factory.engine.begin() as connection:
        for supplier, name, lead in (("north", "North Ltd", 7.0), ("south", "South & Co", 14.0)):
            connection.execute(
                sa.insert(shop_tables.suppliers).values(
                    supplier_id=supplier,
                    name=name,
                    lead_time_days=lead,
                    lead_time_sd_days=1.0,
                    minimum_order=money(500.0),
                    updated_at=LONG_AGO,
                )
            )
    factory.product("mug", name="=Mug, green", supplier_id="north", pack_size=6)
    factory.product("kettle", supplier_id="north", pack_size=1, cost=12.0, price=30.0)
    factory.product("board", supplier_id="south", pack_size=10)
    for number in range(180):
        day = (LAST - timedelta(days=2 * number)).isoformat()
        lines = [("mug", 6, 10.0), ("kettle", 2, 30.0), ("board", 1, 10.0)]
        factory.order(day=day, lines=lines)
    for product, level in (("mug", 10), ("kettle", 8), ("board", 400)):
        factory.stock(product, day="2025-01-02", units=level, level=level)
        factory.stock(product, day=LAST.isoformat(), units=-1, level=level)
    purchase(factory, "B1", "kettle", 5, day="2026-03-29", promised="2026-04-05")
    return factory


def purchase(
    factory: ShopFactory, number: str, product: str, units: int, *, day: str, promised: str
) -> None:
    """An order of the shop's own that has not come."""
    with factory.engine.begin() as connection:
        connection.execute(
            sa.insert(shop_tables.purchase_orders).values(
                purchase_order_id=number,
                supplier_id="north",
                product_id=product,
                units=units,
                ordered_at=factory.instant(day),
                promised_on=date.fromisoformat(promised),
                updated_at=factory.instant(day),
            )
        )


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of that shop after its first publication."""
    folder = tmp_path_factory.mktemp("ordering")
    make_shop(folder).engine.dispose()
    lay_app_database(folder)
    desk = open_desk(Settings(_env_file=None, home=folder))
    take_snapshot(desk, full=True, now=NOW, progress=lambda *_: None)
    forecasting.publish(desk, job_id="first", progress=lambda *_: None)
    desk.state.close()
    desk.analytics.close()
    return folder


@pytest.fixture
def home(published: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    folder = tmp_path / "home"
    shutil.copytree(published, folder)
    return folder


@pytest.fixture
def desk(home: Path) -> Iterator[Desk]:
    opened = open_desk(Settings(_env_file=None, home=home))
    yield opened
    opened.state.close()
    opened.analytics.close()


def listed(desk: Desk, **asked: float) -> OrderList:
    """The list as it stands now."""
    manifest = desk.store.newest()
    publication = ordering.newest(desk)
    assert manifest is not None
    assert publication is not None
    question = OrderQuestion(
        publication=publication.publication_id,
        snapshot=manifest.number,
        **{"service_level": 0.95, **asked},
    )
    return ordering.build(desk, manifest, question)
