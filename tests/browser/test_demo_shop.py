"""Journeys through the demo shop, from its first start on. They build on each other, in order."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.running import PATIENCE_MS, Application, ready, settled

pytestmark = pytest.mark.browser

TRAINING_MS = 300_000  # a small model on a machine that has other work
MENUS = {
    "merchandiser": ["Today", "Forecasting", "Data"],
    "fraud analyst": ["Today", "Forecasting", "Data", "Settings"],
    "manager": ["Today", "Forecasting", "Data", "Settings"],
    "admin": ["Today", "Forecasting", "Data", "Settings", "Users and keys", "Audit"],
}


@pytest.mark.parametrize("role", list(MENUS))
def test_each_role_enters_by_a_click_and_sees_its_own_pages(
    demo: Application, page: Page, role: str
) -> None:
    demo.enter(page, role)

    expect(page.get_by_role("heading", name="What needs me today?")).to_be_visible()
    links = page.get_by_test_id("stSidebarNavLink")
    expect(links).to_have_text([re.compile(f"{title}$") for title in MENUS[role]])
    expect(page.get_by_test_id("stMetric")).to_have_count(4)


def test_a_page_of_another_role_cannot_be_opened_by_its_address(
    demo: Application, page: Page
) -> None:
    demo.enter(page, "merchandiser")
    page.goto(f"{demo.base}/users")
    ready(page)

    expect(page.get_by_text("Who may enter, and as what?")).to_have_count(0)


def test_a_product_is_found_by_its_name_and_its_forecast_is_in_the_address(
    demo: Application, page: Page
) -> None:
    demo.enter(page, "merchandiser", path="/forecasting")
    expect(page.get_by_text("Whole shop, units a week")).to_be_visible(timeout=TRAINING_MS)

    choose(page, "Level", "Product")
    page.get_by_test_id("stPopoverButton").click()
    box = page.get_by_test_id("stPopoverBody")
    box.get_by_placeholder("Words of the name").fill("lamp")
    found = box.get_by_role("button", name=re.compile(" · "))
    expect(found.filter(has_not_text="lamp")).to_have_count(0)
    name = re.split(" · ", found.first.inner_text())[0].strip()
    found.first.click()

    expect(page.get_by_role("heading", name=f"{name}, units a week")).to_be_visible()
    expect(page).to_have_url(re.compile(r"level=Product.*product=P"))
    expect(page.get_by_role("figure", name=re.compile(re.escape(name))).first).to_be_visible()

    # The address alone brings a colleague to the same view.
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    expect(page.get_by_role("heading", name=f"{name}, units a week")).to_be_visible()


def test_back_brings_the_view_before(demo: Application, page: Page) -> None:
    demo.enter(page, "merchandiser", path="/forecasting")
    expect(page.get_by_text("Whole shop, units a week")).to_be_visible(timeout=TRAINING_MS)
    page.get_by_test_id("stMain").get_by_text("Explain", exact=True).click()
    expect(page.get_by_text("What makes the forecast")).to_be_visible()

    page.go_back()

    expect(page.get_by_text("Whole shop, units a week")).to_be_visible()


def test_a_training_is_watched_to_its_end_then_activated_and_taken_back(
    demo: Application, page: Page
) -> None:
    demo.enter(page, "admin", path="/forecasting")
    page.get_by_test_id("stMain").get_by_text("Compare and train", exact=True).click()
    train = page.get_by_role("button", name="Train", exact=True)
    expect(train).to_be_visible()
    stop_what_runs(page)

    fill(page, "Weeks ahead", "4")
    fill(page, "Trees", "20")
    train.click()
    expect(page.get_by_role("progressbar").first).to_be_visible()
    expect(page.get_by_text(re.compile("Train forecasting.*: done"))).to_be_visible(
        timeout=TRAINING_MS
    )

    decides = page.get_by_text("This version decides now.")
    preview = page.get_by_role("button", name="See what would change")
    choose_row(page, 1)
    expect(decides.or_(preview)).to_be_visible()
    if decides.count():  # the first start's, if it was done before it could be cancelled
        choose_row(page, 2)
    preview.click()
    dialog = page.get_by_role("dialog")
    activate = dialog.get_by_role("button", name=re.compile("Activate version"))
    expect(activate).to_be_visible(timeout=TRAINING_MS)
    activate.click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_text(re.compile(r"Demo admin chose version \d+"))).to_be_visible()

    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text(re.compile("Demo admin went back to")).first).to_be_visible()


def test_a_refresh_shows_its_progress_and_ends(demo: Application, page: Page) -> None:
    demo.enter(page, "admin", path="/data")
    page.get_by_role("button", name="Refresh now").click()

    expect(page.get_by_text(re.compile("Refresh the data: done"))).to_be_visible(
        timeout=TRAINING_MS
    )


def test_a_logout_ends_every_open_page(demo: Application, page: Page) -> None:
    demo.enter(page, "manager")
    other = page.context.new_page()
    other.goto(demo.base)
    ready(other)

    page.get_by_role("button", name="Log out").click()

    expect(page.get_by_role("button", name="Enter as manager")).to_be_visible()
    expect(other.get_by_role("button", name="Enter as manager")).to_be_visible()
    page.goto(f"{demo.base}/data")
    expect(page.get_by_role("button", name="Enter as manager")).to_be_visible()


def choose(page: Page, label: str, option: str) -> None:
    """Pick from a select box by its label."""
    page.get_by_role("combobox", name=re.compile(label)).click()
    page.get_by_role("option", name=option, exact=True).click()
    settled(page)


def fill(page: Page, label: str, value: str) -> None:
    field = page.get_by_role("spinbutton", name=re.compile(f"^{label}"))
    field.fill(value)
    field.press("Tab")


def choose_row(page: Page, row: int) -> None:
    """Click the box of a row in the first table: tables are drawn on a canvas."""
    settled(page)
    table = page.get_by_test_id("stDataFrame").first
    table.scroll_into_view_if_needed()
    table.click(position={"x": 16, "y": 35 * row + 17})
    settled(page)


def stop_what_runs(page: Page) -> None:
    """Cancel the training of the first start, so that the queue is free."""
    cancel = page.get_by_role("button", name="Cancel")
    if cancel.count():
        cancel.first.click()
        expect(cancel).to_have_count(0, timeout=PATIENCE_MS)
