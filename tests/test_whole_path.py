"""From a shop database to a screen with everything on PostgreSQL."""

from __future__ import annotations

import asyncio
import math
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from app.access import COMMAND_LINE, Role
from app.context import Desk, open_desk
from app.services.users import create_user
from app.settings import Settings
from data_access.shop.engines import make_engine
from data_access.state.engine import utc_now
from tests.benchmarks.visitor import Run, Visitor, enter_with_password
from tests.factories.patience import PATIENCE_S
from tests.factories.postgres import fresh_database
from tests.factories.running import application
from tests.factories.shop import ShopFactory

WEEKS = 112  # more than two years, so that last year's weeks are part of the rule of thumb
NEW_PASSWORD = "a garden wall of oyster shells"


def fill(url: str) -> None:
    """Three products with a season, sold twice a week until the end of last week.

    By the machine's clock, which the application has: on any day and at any hour there is a
    running week without a sale, and more than two years before it.
    """
    engine = make_engine(url)
    shop = ShopFactory(engine)
    today = utc_now().date()
    monday = today - timedelta(days=today.weekday())
    for week in range(1, WEEKS):
        for index, product in enumerate(("mug", "kettle", "board")):
            season = 1 + 0.5 * math.sin(2 * math.pi * (WEEKS - week) / 52)
            for weekday in (1, 4):
                day = monday - timedelta(weeks=week) + timedelta(days=weekday)
                units = max(1, round((4 + 3 * index) * season))
                shop.order(day=day.isoformat(), product=product, units=units)
    engine.dispose()


def wait_for_first_models(desk: Desk) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        jobs = desk.jobs.list(with_quiet=True)
        failed = [f"{job.title}: {job.outcome}" for job in jobs if job.state == "failed"]
        assert failed == []
        done = [job for job in jobs if job.kind == "first_models" and job.state == "done"]
        if done and not any(job.active for job in jobs):
            return
        time.sleep(0.5)
    raise AssertionError(f"after {PATIENCE_S} s: {desk.jobs.list(with_quiet=True)}")


async def look(base: str, name: str, password: str) -> dict[str, Run]:
    cookie = await enter_with_password(base, name, password, new_password=NEW_PASSWORD)
    async with Visitor(base, cookie) as visitor:
        seen = {"home": await visitor.open("")}
        seen["decide"] = await visitor.open("forecasting")
        seen["shop"] = await visitor.choose("view", "Explore")
        seen["product"] = await visitor.choose_level("Product")
        return seen


def test_a_shop_on_postgresql_is_copied_trained_and_shown_and_never_written_to(tmp_path: Path):
    with fresh_database("whole_shop") as shop_url, fresh_database("whole_app") as app_url:
        fill(shop_url)
        addresses = {"SHOP_DATABASE_URL": shop_url, "APP_DATABASE_URL": app_url}
        desk = open_desk(
            Settings(
                _env_file=None,
                home=tmp_path,
                shop_database_url=shop_url,
                app_database_url=app_url,
            )
        )
        with application(tmp_path, **addresses) as running:
            made = create_user(desk, COMMAND_LINE, name="mia", role=Role.merchandiser)
            wait_for_first_models(desk)
            # In a thread of its own: a browser test of the same session keeps a loop in this one.
            with ThreadPoolExecutor(1) as aside:
                seen = aside.submit(
                    lambda: asyncio.run(look(running.base, "mia", made.password))
                ).result()

        assert {page: run.errors for page, run in seen.items()} == {
            "home": [],
            "decide": [],
            "shop": [],
            "product": [],
        }
        assert all(run.charts for page, run in seen.items() if page != "decide")
        assert not list(tmp_path.glob("*.db"))  # nothing fell back to the embedded files
        desk.jobs.close()
        desk.state.close()
        desk.shop_engine.dispose()
