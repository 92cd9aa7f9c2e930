"""From a training to the model that decides, and back; who decides what, and who switched it.

One admin's morning on the demo shop, in a browser: later tests meet what earlier ones left.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acting import held, preview_opens, row_where, rows, table, tick
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
    tick(page, shown, place)
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


def test_an_admin_sees_who_decides_since_when_and_on_whose_word(
    demo: Application, page: Page
) -> None:
    demo.enter(page, "admin", path="/models")
    expect(page.get_by_text("Decided by a model")).to_be_visible()
    page.get_by_role("button", name="Who decides").first.click()

    expect(page.get_by_text("Who decided, and when")).to_be_visible()
    settled(page)
    told = rows(table(page, "On whose word"))
    assert [row["On whose word"] for row in told[:2]] == ["demo merchandiser"] * 2
    assert told[-1]["On whose word"] == "first start"
    assert told[0]["For"].endswith("so far")
    assert not any(row["For"].endswith("so far") for row in told[1:])
    # The newest took the one before it back: what decided first decides again.
    assert told[0]["Who decided"] == told[2]["Who decided"] != told[1]["Who decided"]


def test_a_link_shows_two_versions_side_by_side_and_whether_it_is_luck(
    demo: Application, page: Page
) -> None:
    demo.enter(page, "manager")
    page.goto(f"{demo.base}/models?view=Versions&capability=forecasting&versions=forecasting.1.2")
    ready(page)

    expect(page.get_by_text("Side by side", exact=True)).to_be_visible()
    told = rows(table(page, "By chance alone"))
    assert len(told) == 3  # of every two: version 1, version 2, the rule of thumb
    assert {row["In words"] for row in told} <= {"More than chance", "Could be chance"}
    figures = rows(table(page, "Rule of thumb"))
    assert figures[0]["Figure"] == "Error (WAPE)"
    ranged = [cell for name, cell in figures[0].items() if name and name != "Figure"]
    assert len(ranged) == 3
    assert all(re.fullmatch(r"[\d.]+ % \([\d.]+ to [\d.]+ %\)", cell) for cell in ranged), ranged
    expect(page.get_by_role("button", name="Delete")).to_have_count(0)


def test_a_capability_is_switched_off_and_on_again_and_the_audit_knows_it(
    demo: Application, page: Page
) -> None:
    deciding = f"{demo.base}/models?view=Who+decides&capability=forecasting"
    demo.enter(page, "admin")
    page.goto(deciding)
    ready(page)
    sure = held(page, "off_sure").get_by_role("button")
    page.get_by_role("button", name="Switch off").first.click()
    sure.click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("Switched off", exact=True)).to_be_visible()

    page.goto(f"{demo.base}/forecasting")
    ready(page)
    expect(page.get_by_text("Forecasting is switched off: no model decides")).to_be_visible()

    page.goto(deciding)
    ready(page)
    page.get_by_role("button", name="Switch on again").click()
    expect(page.get_by_text("Switched on", exact=True)).to_be_visible()
    page.goto(f"{demo.base}/forecasting")
    ready(page)
    expect(page.get_by_text("Forecasting is switched off: no model decides")).to_have_count(0)

    page.goto(f"{demo.base}/audit")
    ready(page)
    acts = [row["Did"] for row in rows(table(page, "Did"))]  # the newest first
    assert acts.index("capability.reactivated") < acts.index("capability.deactivated")


def test_a_manager_reads_who_decides_and_changes_nothing(demo: Application, page: Page) -> None:
    demo.enter(page, "manager")
    page.goto(f"{demo.base}/models?view=Who+decides&capability=forecasting")
    ready(page)
    expect(page.get_by_text("Who decided, and when")).to_be_visible()
    for name in ("Switch off", "See what would change", "Undo the newest change", "Begin"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)


def versions(page: Page) -> dict[str, str]:
    """State by version number, in the order of the leaderboard; the rule of thumb left out."""
    return {
        row["Version"]: row["State"]
        for row in rows(table(page, "Version"))
        if row["Version"].isdigit()
    }
