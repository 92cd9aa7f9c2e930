"""The first minute of a new home, as somebody sees it who opens the page at once."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.running import application

pytestmark = pytest.mark.browser

FIRST_FORECAST_MS = 300_000  # of a small shop on a machine that has other work


def test_a_page_opened_before_the_first_forecast_shows_it_as_soon_as_it_is_there(
    tmp_path, page: Page
) -> None:
    with application(tmp_path / "home") as started:
        started.enter(page, "merchandiser", path="/forecasting?view=Explore")
        expect(page.get_by_role("heading", name="Whole shop, units a week")).to_be_visible(
            timeout=FIRST_FORECAST_MS
        )
        expect(page.get_by_test_id("stException")).to_have_count(0)
