"""Journeys of each role through the demo shop."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acting import held, view
from tests.browser.running import Application, ready, settled

pytestmark = pytest.mark.browser

TRAINING_MS = 1_200_000  # a small model on a machine that has other work
MENUS = {
    "merchandiser": ["Today", "Forecasting", "Fraud review", "Models", "Data"],
    "fraud analyst": ["Today", "Forecasting", "Fraud review", "Models", "Data", "Settings"],
    "manager": ["Today", "Forecasting", "Fraud review", "Models", "Data", "Settings"],
    "admin": [
        "Today",
        "Forecasting",
        "Fraud review",
        "Models",
        "Data",
        "Settings",
        "Users and keys",
        "Audit",
    ],
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


def test_a_product_is_found_by_words_and_its_address_opens_the_same_again(
    demo: Application, page: Page
) -> None:
    demo.enter(page, "merchandiser", path="/forecasting?view=Explore")
    expect(page.get_by_role("heading", name="Whole shop, units a week")).to_be_visible(
        timeout=TRAINING_MS
    )
    held(page, "_series").get_by_role("button").first.click()
    chooser = page.get_by_test_id("stPopoverBody")
    chooser.get_by_text("Product", exact=True).click()
    settled(page)
    chooser.get_by_placeholder("Words of the name").press_sequentially("steel lamp")
    found = chooser.get_by_role("button", name=re.compile("^Steel .* lamp"))
    expect(found.first).to_be_visible()
    expect(chooser.get_by_role("button", name=re.compile("Tableware"))).to_have_count(0)
    name = found.first.inner_text().split(" · ")[0]
    found.first.click()
    heading = page.get_by_role("heading", name=f"{name}, units a week")
    expect(heading).to_be_visible()
    settled(page)
    address = page.url

    colleague = page.context.new_page()
    colleague.goto(address)
    expect(colleague.get_by_role("heading", name=f"{name}, units a week")).to_be_visible()
    colleague.close()

    view(page, "Explain")
    expect(
        page.get_by_text(re.compile(f"What makes up the forecast: {re.escape(name)}"))
    ).to_be_visible()
    page.go_back()
    expect(heading).to_be_visible()


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
