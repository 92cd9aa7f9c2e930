"""A shop made from a real file: history that ended years ago is shown as of its last day."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.running import Application, application, ready, settled
from tests.factories.sample_data import sample_data_folder

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PUBLISHED_MS = 300_000  # thousands of products, by the rule of thumb


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """The application on the imported file; people log in with name and password here."""
    data = sample_data_folder()
    file = data / "online_retail" / "online_retail.parquet" if data else None
    if file is None or not file.exists():
        pytest.skip("The file of Online Retail is not on this machine.")
    home = tmp_path_factory.mktemp("retail")
    with application(home, before=[["import", str(file)]]) as found:
        yield found


def test_the_first_admin_changes_the_one_time_password_and_sees_the_last_day(
    imported: Application, page: Page
) -> None:
    said = (imported.home / "up.txt").read_text()
    password = re.search(r"name admin, password (\S+)", said)
    assert password is not None, said

    page.goto(imported.base)
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password", exact=True).fill(password.group(1))
    page.get_by_role("button", name="Log in").click()
    for field in page.locator("input[type=password]").all():
        label = field.evaluate("field => field.labels[0]?.innerText ?? ''")
        one_time = re.search("old|current|one-time", label, re.I)
        field.fill(password.group(1) if one_time else "seven small green lamps")
    page.locator("button[type=submit]").first.click()
    ready(page)

    expect(page.get_by_text(re.compile(r"Data to \d+ Dec 2011"))).to_be_visible()
    expect(page.get_by_text("£").first).to_be_visible()

    page.get_by_role("link", name="Data", exact=True).click()
    page.get_by_test_id("stMain").get_by_text("Imports", exact=True).click()
    expect(page.get_by_text("Every line and every amount of the files")).to_be_visible()

    page.get_by_role("link", name="Forecasting").click()
    expect(page.get_by_text("Whole shop, units a week")).to_be_visible(timeout=PUBLISHED_MS)
    settled(page)
    expect(page.get_by_test_id("stMetric")).to_have_count(4)
