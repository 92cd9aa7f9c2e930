"""One small shop with a snapshot, and a page run as somebody who is really logged in."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app.access import Identity, Role, log_in_by_click
from app.access.sessions import hash_token
from app.context import Desk, get_desk, open_desk
from app.services.snapshots import take_snapshot
from app.settings import Settings, get_settings
from data_access.shop.engines import make_engine
from tests.factories.app_database import into_one_file, lay_app_database, lay_model_database
from tests.factories.shared import once
from tests.factories.shop import ShopFactory

ROOT = Path(__file__).parents[2]
LAST = date(2026, 3, 31)
DAYS = 460  # more than a year, so that there is a last year to compare with

Open = Callable[[str, Role], AppTest]


@pytest.fixture(scope="module", autouse=True)
def clock(wednesday_morning: None) -> None:
    """No page depends on when the tests run."""


@pytest.fixture(scope="session")
def snapshot_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a shop of three products and its first snapshot, shared by these tests."""
    folder = tmp_path_factory.mktemp("pages") / "home"
    shutil.copytree(once("pages", _make), folder)
    return folder


def _make(folder: Path) -> None:
    """One order every second day."""
    engine = make_engine(f"sqlite:///{folder / 'shop.db'}")
    shop = ShopFactory(engine)
    for number in range(DAYS // 2):
        day = LAST - timedelta(days=2 * number)
        product = ("mug", "kettle", "board")[number % 3]
        shop.order(day=day.isoformat(), product=product, units=1 + number % 4)
    engine.dispose()
    lay_app_database(folder)
    lay_model_database(folder)
    desk = open_desk(Settings(_env_file=None, home=folder))
    take_snapshot(desk, full=True, now=datetime(2026, 4, 1), progress=lambda *_: None)
    desk.state.close()
    desk.analytics.close()
    desk.shop_engine.dispose()
    for name in ("app.db", "shop.db"):
        into_one_file(folder / name)


def forget() -> None:
    """Every process-wide thing that a test must not inherit from the one before."""
    get_settings.cache_clear()
    get_desk.cache_clear()
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def desk(snapshot_made: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("SHOPSIGHT_HOME", str(snapshot_made))
    forget()
    yield get_desk()
    forget()


def enter(desk: Desk, role: Role) -> str:
    """Log in; gives the hash that the gate would hand to `st.user`."""
    login = log_in_by_click(desk.state, role=role, address="127.0.0.1", lasts=timedelta(hours=1))
    return hash_token(login.token)


@pytest.fixture
def open_page(desk: Desk) -> Open:
    """Run a page as a role: Home through the dashboard script, the others by themselves."""

    def run(slug: str, role: Role, **query: str) -> AppTest:
        through = "app/dashboard.py" if slug == "home" else f"pages/{slug}/page.py"
        app = AppTest.from_file(str(ROOT / through), default_timeout=60)
        app.user = {"session": enter(desk, role)}
        app.query_params.update(query)
        return app.run()

    return run


def words_of(app: AppTest) -> str:
    """Everything that is written on the page, for looking for a sentence in it."""
    boxes = [*app.error, *app.info, *app.warning, *app.success]
    elements = [*app.title, *app.subheader, *app.markdown, *app.caption, *boxes]
    titles = [box.proto.title for box in boxes]
    return "\n".join([*(str(element.value) for element in elements), *titles])


def identity(desk: Desk, role: Role) -> Identity:
    return Identity(name=f"demo {role.label}", role=role, user_id=1)
