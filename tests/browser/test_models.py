"""From a training to the model that decides, and back, on the demo shop in a browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acting import held, preview_opens, row_where, rows, table, tick, until
from tests.browser.running import Application, ready, settled

pytestmark = pytest.mark.browser

TRAINED_MS = 1_200_000


def test_a_candidate_is_trained_previewed_activated_and_taken_back(
    demo: Application, page: Page
) -> None:
    demo.enter(page, "merchandiser")
    page.goto(f"{demo.base}/forecasting?view=Compare+and+train")
    ready(page)
    expect(page.get_by_text(re.compile(r"Version \d+ decides now")).first).to_be_visible(
        timeout=TRAINED_MS
    )
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0, timeout=TRAINED_MS)
    page.reload()
    ready(page)
    shown = table(page, "Version")
    decides = row_where(shown, lambda row: row["State"] == "Decides now")[1]["Version"]
    before = versions(page)

    for usual in page.get_by_text(re.compile("· usual$")).all():
        usual.click()
        settled(page)
    page.get_by_text(re.compile("^Croston.* · ")).first.click()
    settled(page)
    go = held(page, "forecasting_go").get_by_role("button")
    expect(go).to_have_text(re.compile("Train 1 candidate"))
    go.click()
    expect(page.get_by_text(re.compile("Train forecasting: croston")).first).to_be_visible()
    trained = str(max(map(int, before)) + 1)
    cells = shown.locator("[role=gridcell]")
    expect(cells.filter(has_text=re.compile(f"^{trained}$")).first).to_be_attached(
        timeout=TRAINED_MS
    )
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0, timeout=TRAINED_MS)
    settled(page)

    place, _ = row_where(shown, lambda row: row["Version"] == trained)
    until(lambda: tick(page, shown, place), held(page, "preview"))
    dialog = page.get_by_role("dialog")
    activate = dialog.get_by_role("button", name=f"Activate version {trained}")
    preview_opens(page, activate)
    said = re.compile(r"For [\d,]+ of [\d,]+ products the quantity to order would change")
    expect(dialog.get_by_text(said).first).to_be_visible()
    activate.click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_text(f"Version {trained} decides now.").first).to_be_visible()

    held(page, "undo").get_by_role("button").click()
    expect(page.get_by_text(f"Version {decides} decides now.").first).to_be_visible()


def versions(page: Page) -> dict[str, str]:
    """State by version number, in the order of the leaderboard; the rule of thumb left out."""
    return {
        row["Version"]: row["State"]
        for row in rows(table(page, "Version"))
        if row["Version"].isdigit()
    }
