"""The Monday of a shop that was imported from files and knows neither stock nor suppliers."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.context import open_desk
from app.settings import Settings
from tests.browser.acting import held, rows, table, take, view, without_facts
from tests.browser.running import PATIENCE_MS, Application, application, ready, settled
from tests.factories.running import ROOT, environment
from tests.factories.sample_data import sample_data_folder
from tests.kills.conftest import without_first_models

pytestmark = pytest.mark.browser

PUBLISHED_S = 900.0  # 3,900 products on a machine that has other work
PASSWORD = "four words that nobody guesses"
BEST_SELLER = "WHITE HANGING HEART T-LIGHT HOLDER"


@pytest.fixture(scope="module")
def retail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    folder = sample_data_folder()
    if folder is None or not (folder / "online_retail").is_dir():
        pytest.skip("The copy of UCI Online Retail is not here.")
    files = folder / "online_retail" / "online_retail.parquet"
    home = tmp_path_factory.mktemp("retail") / "home"
    home.mkdir()
    command = [sys.executable, "-m", "app", "import", str(files)]
    subprocess.run(command, cwd=ROOT, env=environment(home), check=True)
    settings = Settings(_env_file=None, home=home)  # type: ignore[call-arg]
    open_desk(settings).state.upgrade()
    without_first_models(settings)  # the rule of thumb's list is what this Monday is about
    with application(home) as started:
        yield started


@pytest.fixture(scope="module")
def merchandiser(retail: Application) -> tuple[str, str]:
    """The name and the one-time password of somebody whom the admin has let in."""
    made = subprocess.run(
        [sys.executable, "-m", "app", "user", "create", "ada", "merchandiser"],
        cwd=ROOT,
        env={**os.environ, "SHOPSIGHT_HOME": str(retail.home)},
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    return "ada", made.stdout.split("with the password ")[1].split()[0]


@pytest.fixture(scope="module")
def published(retail: Application) -> None:
    """Wait until the worker has forecast every product; if it does not, say what it does."""
    desk = open_desk(Settings(_env_file=None, home=retail.home))  # type: ignore[call-arg]
    deadline = time.monotonic() + PUBLISHED_S
    try:
        while not desk.jobs.list(limit=1, kinds=("publish",), states=("done",)):
            if time.monotonic() > deadline:
                told = [(job.kind, job.state, job.step) for job in desk.jobs.list(limit=20)]
                raise TimeoutError(f"no forecast after {PUBLISHED_S:.0f} s: {told}")
            time.sleep(1)
    finally:
        desk.state.close()


@pytest.fixture(scope="module")
def monday(
    retail: Application, chrome: Browser, merchandiser: tuple[str, str], published: None
) -> Iterator[Page]:
    """A merchandiser who has changed the one-time password, once there is a forecast."""
    name, once = merchandiser
    context = chrome.new_context(viewport={"width": 1280, "height": 1400}, accept_downloads=True)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{retail.base}/login")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(once)
    page.get_by_role("button", name="Log in").click()
    page.get_by_label("One-time password").fill(once)
    page.get_by_label("New password, at least").fill(PASSWORD)
    page.get_by_label("New password again").fill(PASSWORD)
    page.get_by_role("button", name="Change the password").click()
    ready(page)
    page.goto(f"{retail.base}/forecasting")
    expect(page.get_by_text(re.compile("^What to order"))).to_be_visible()
    yield page
    context.close()


def opened(retail: Application, page: Page, query: str = "") -> None:
    page.goto(f"{retail.base}/forecasting?{query}")
    ready(page)
    settled(page)


def test_the_list_says_what_is_missing_and_begins_with_what_sells_for_most(
    retail: Application, monday: Page
) -> None:
    opened(retail, monday)
    expect(monday.get_by_text(re.compile("Stock: with it"))).to_be_visible()
    first = rows(table(monday, "Demand"))
    assert BEST_SELLER in [row["Product"] for row in first]
    assert all(int(row["from"]) <= int(row["Demand"]) <= int(row["to"]) for row in first)


def test_a_stock_file_turns_the_forecast_into_an_order_list(
    retail: Application, monday: Page, tmp_path: Path
) -> None:
    opened(retail, monday)
    stock = tmp_path / "stock.csv"
    stock.write_text("product number,stock,pack size\n85123A,100,12\n84879,1,\nno-such,4,\n")
    held(monday, "stock_file").get_by_role("button").click()
    dialog = monday.get_by_role("dialog")
    dialog.locator("input[type=file]").set_input_files(stock)
    expect(dialog.get_by_text(re.compile("no-such"))).to_be_visible()
    dialog.get_by_role("button", name="Use these figures").click()
    expect(dialog).to_have_count(0)
    opened(retail, monday)

    shown = {row["Product"]: row for row in rows(table(monday, "Order"))}
    assert shown[BEST_SELLER]["In stock"] == "100"
    assert int(shown[BEST_SELLER]["Order"]) % 12 == 0
    assert int(shown[BEST_SELLER]["Order"]) > 0


def test_the_order_list_is_taken_home_as_a_file(
    retail: Application, monday: Page, tmp_path: Path
) -> None:
    opened(retail, monday)
    shown = {row["Product"]: row for row in rows(table(monday, "Order"))}
    monday.get_by_role("button", name="Export").click()
    text = take(monday, held(monday, "order_csv").get_by_role("button"), tmp_path)
    facts, content = without_facts(text.read_text(encoding="utf-8"))
    lines = {line["Product"]: line for line in csv.DictReader(io.StringIO(content))}

    assert facts["Stock"].startswith("stock file of")
    assert facts["Currency"] == "GBP"
    assert lines[BEST_SELLER]["Order, units"] == shown[BEST_SELLER]["Order"]


def test_a_product_is_opened_by_its_address_with_its_history(
    retail: Application, monday: Page
) -> None:
    opened(retail, monday, "view=Explore&level=Product&product=85123A")
    expect(monday.get_by_role("heading", name=f"{BEST_SELLER}, units a week")).to_be_visible()
    expect(monday.get_by_text(re.compile("too few to tell a yearly season"))).to_be_visible()
    expect(table(monday, "in £").first).to_be_visible()
    view(monday, "Explain")
    expect(monday.get_by_text(re.compile("What makes up the forecast"))).to_be_visible()
