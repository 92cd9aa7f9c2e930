"""A fraud analyst's hour on the demo shop: claim, look at links, decide by keyboard, take back,
decide several at once, try a threshold and put it in shadow.

One person in one window; the journeys build on each other, in order.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from app.access import Identity, Role
from app.context import Desk, open_desk
from app.services.fraud import events, queue, scoring
from app.services.fraud.views import Filters
from app.services.settings import change_setting
from app.settings import Settings
from tests.browser.acting import (
    came,
    held,
    press,
    preview_opens,
    row_where,
    rows,
    table,
    tick,
    view,
)
from tests.browser.running import PATIENCE_MS, Application, ready, settled

pytestmark = pytest.mark.browser

SCORED_S = 900.0  # a first snapshot, the store of events, scores, on a machine with other work
CASES = 12  # that the analyst finds in the queue
BOSS = Identity(name="boss", role=Role.admin)
ANALYST = Identity(name="demo fraud analyst", role=Role.fraud_analyst)


@pytest.fixture(scope="module")
def hour(demo: Application, chrome: Browser) -> Iterator[Page]:
    """The analyst's window, on a day on which a dozen orders look doubtful.

    The small demo shop has a suspicious order a week: the manager asks for more to be looked at.
    """
    desk = open_desk(Settings(_env_file=None, home=demo.home))  # type: ignore[call-arg]
    doubtful(desk)
    context = chrome.new_context(viewport={"width": 1280, "height": 1400})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    yield page
    context.close()
    desk.state.close()


def doubtful(desk: Desk) -> None:
    """Wait until the worker has scored what is recent, then lower the threshold and score anew."""
    deadline = time.monotonic() + SCORED_S
    now = datetime.now(UTC).replace(tzinfo=None)
    recent: list[str] = []
    while not recent:
        if time.monotonic() > deadline:
            raise TimeoutError("the worker did not score the recent orders in time")
        time.sleep(2)
        done = desk.jobs.list(limit=1, kinds=("score",), states=("done",))
        recent = events.seen_since(desk, now - timedelta(days=13)) if done else []
    said = scoring.score_orders(desk, recent, cause="again")
    threshold = sorted((one.score for one in said), reverse=True)[CASES - 1]
    change_setting(desk, BOSS, key="fraud_review_threshold", value=max(threshold, 0.001))
    change_setting(desk, BOSS, key="fraud_release_share", value=0.0)
    scoring.score_orders(desk, recent, cause="again")


def test_the_queue_begins_with_what_may_be_lost(demo: Application, hour: Page) -> None:
    demo.enter(hour, "fraud analyst")
    expect(hour.get_by_text(re.compile(r"cases? waits?")).first).to_be_visible()
    hour.get_by_role("link", name="Fraud review", exact=True).first.click()

    expect(hour.get_by_text("Orders that wait for a person")).to_be_visible()
    settled(hour)
    expect(hour.get_by_test_id("stMetric")).to_have_count(4)
    shown = rows(table(hour, "Order"))
    assert len(shown) >= 6
    at_stake = [money(row["Loss"]) for row in shown]
    assert at_stake == sorted(at_stake, reverse=True)


def test_a_key_opens_and_claims_the_first_case_and_its_links_are_drawn(
    demo: Application, hour: Page
) -> None:
    opened(demo, hour)
    first = rows(table(hour, "Order"))[0]["Order"]
    press(hour, "n")

    expect(hour.get_by_text(f"Order {first}").first).to_be_visible()
    settled(hour)
    assert came(hour, lambda: claimed(demo) == [first])
    for card in ("Why this score", "Linked accounts and orders", "What happened"):
        expect(hour.get_by_text(card, exact=True)).to_be_visible()
    expect(
        hour.get_by_role("figure", name=re.compile("makes up the score"))
        .or_(hour.get_by_label(re.compile("makes up the score")))
        .first
    ).to_be_visible()


def test_a_case_is_declined_by_key_and_the_next_one_opens_then_it_is_taken_back(
    demo: Application, hour: Page
) -> None:
    opened(demo, hour)
    first = take_next(hour)
    declined = hour.get_by_text(f"Order {first} was declined")
    press(hour, "d")

    expect(declined.first).to_be_visible()
    assert came(hour, opens(hour, first))

    press(hour, "u")

    expect(declined).to_have_count(0)
    settled(hour)
    expect(held(hour, "act_decline")).to_be_visible()
    assert came(hour, lambda: open_order(hour) == first)


def test_a_note_and_a_snooze_need_no_mouse(demo: Application, hour: Page) -> None:
    opened(demo, hour)
    first = take_next(hour)
    dialog = hour.get_by_role("dialog")
    press(hour, "o")
    dialog.get_by_placeholder("What the next person should know").fill("Called, nobody there")
    hour.keyboard.press("Control+Enter")
    expect(dialog).to_have_count(0)
    settled(hour)
    expect(hour.get_by_text("Called, nobody there").first).to_be_visible()

    press(hour, "s")
    expect(dialog).to_be_visible()
    press(hour, "1")
    expect(dialog).to_have_count(0)
    snoozed = hour.get_by_text(f"Order {first} was snoozed")
    expect(snoozed.first).to_be_visible()
    press(hour, "u")
    expect(snoozed).to_have_count(0)


def test_a_key_pressed_before_its_page_is_drawn_is_not_lost(demo: Application, hour: Page) -> None:
    """Five times, each before there is anything on the page."""
    for _ in range(5):
        hour.goto(f"{demo.base}/fraud", wait_until="domcontentloaded")
        hour.keyboard.press("n")
        assert came(hour, opens(hour))


def test_several_are_decided_at_once_after_a_preview(demo: Application, hour: Page) -> None:
    opened(demo, hour)
    before = rows(table(hour, "Order"))
    for row, said in ((2, "1 case ticked"), (3, "2 cases ticked")):
        tick(hour, table(hour, "Order"), row)
        expect(hour.get_by_text(said).first).to_be_visible()
    settled(hour)
    held(hour, "approve_ticked").get_by_role("button").click()
    dialog = hour.get_by_role("dialog")
    expect(dialog.get_by_text(re.compile("2 orders.*would be let through"))).to_be_visible()
    dialog.get_by_role("button", name="Approve 2 orders").click()
    expect(dialog).to_have_count(0)
    settled(hour)

    left = [row["Order"] for row in rows(table(hour, "Order"))]
    assert not {before[1]["Order"], before[2]["Order"]} & set(left)
    held(hour, "undo_case").get_by_role("button").click()
    settled(hour)
    expect(table(hour, "Order").get_by_text(before[1]["Order"], exact=True)).to_have_count(1)


def test_another_version_is_let_decide_and_taken_back(demo: Application, hour: Page) -> None:
    go(demo, hour, "/fraud?view=Compare+and+train")
    found = table(hour, "Version")
    expect(found).to_be_visible()
    settled(hour)
    decided = hour.get_by_text(re.compile(r"Version \d+ decides now")).count() > 0
    place, row = row_where(
        found, lambda row: row["Version"].isdigit() and row["State"] != "Decides now"
    )
    number = row["Version"]
    tick(hour, found, place)
    dialog = hour.get_by_role("dialog")
    activate = dialog.get_by_role("button", name=f"Activate version {number}")
    preview_opens(hour, activate)
    expect(dialog.get_by_text(re.compile("chang(e|es) sides")).first).to_be_visible()
    activate.click()
    expect(dialog).to_have_count(0)
    expect(hour.get_by_text(f"Version {number} decides now.").first).to_be_visible()
    if decided:
        held(hour, "undo").get_by_role("button").click()
        expect(hour.get_by_text(f"Version {number} decides now.")).to_have_count(0)


def test_a_threshold_is_tried_put_in_shadow_and_taken_back(demo: Application, hour: Page) -> None:
    go(demo, hour, "/fraud?view=Threshold+and+capacity")
    expect(hour.get_by_text("How long should the queue be?")).to_be_visible()
    settled(hour)
    expect(held(hour, "to_shadow").get_by_role("button")).to_be_disabled()
    queue_before = hour.get_by_test_id("stMetricValue").first.inner_text()

    slider = hour.get_by_role("slider", name=re.compile("Orders a day in the queue"))
    slider.focus()
    for _ in range(3):
        slider.press("ArrowLeft" if at_end(slider) else "ArrowRight")
    settled(hour)
    expect(hour.get_by_test_id("stMetricValue").first).not_to_have_text(queue_before)
    held(hour, "to_shadow").get_by_role("button").click()

    expect(hour.get_by_text(re.compile(r"by demo fraud analyst.*review from"))).to_be_visible()
    settled(hour)
    expect(held(hour, "shadow_live")).to_be_visible()
    held(hour, "undo_change").get_by_role("button").click()
    expect(hour.get_by_text("Nothing is tried in shadow", exact=False)).to_be_visible()


def test_statistics_know_what_was_decided_in_this_hour(demo: Application, hour: Page) -> None:
    go(demo, hour, "/fraud?view=Statistics")
    expect(hour.get_by_text("How far this is known")).to_be_visible()
    settled(hour)
    expect(hour.get_by_text(re.compile(r"orders were scored"))).to_be_visible()

    view(hour, "Explain")
    expect(hour.get_by_text(re.compile("^Why order "))).to_be_visible()
    expect(hour.get_by_text("How far it can be trusted")).to_be_visible()


def test_a_manager_reads_the_queue_and_decides_nothing(demo: Application, page: Page) -> None:
    demo.enter(page, "manager", path="/fraud")
    expect(page.get_by_text("Orders that wait for a person")).to_be_visible()
    settled(page)

    expect(held(page, "next_case").get_by_role("button")).to_be_disabled()
    expect(page.get_by_role("button", name=re.compile("^Decline"))).to_have_count(0)


def opened(demo: Application, page: Page) -> None:
    """The queue, costliest first, with nothing filtered."""
    go(demo, page, "/fraud")
    expect(page.get_by_text("Orders that wait for a person")).to_be_visible()
    settled(page)


def go(demo: Application, page: Page, address: str) -> None:
    """A place of the application, as the person who is logged in."""
    page.goto(f"{demo.base}{address}")
    ready(page)


def open_order(page: Page) -> str:
    """The order whose case is open, by the address; "" where none is."""
    return str(page.evaluate("() => new URLSearchParams(location.search).get('order') ?? ''"))


def opens(page: Page, before: str = "") -> Callable[[], bool]:
    """A case opens, another one than before."""
    return lambda: open_order(page) not in ("", before)


def take_next(page: Page) -> str:
    """The next case by its key; its order, once it is drawn."""
    press(page, "n")
    assert came(page, opens(page))
    order_id = open_order(page)
    expect(page.get_by_text(f"Order {order_id}").first).to_be_visible()
    return order_id


def at_end(slider: object) -> bool:
    value = slider.get_attribute("aria-valuenow")  # type: ignore[attr-defined]
    return bool(value == slider.get_attribute("aria-valuemax"))  # type: ignore[attr-defined]


def money(text: str) -> float:
    return float(re.sub(r"[^\d.]", "", text))


def claimed(demo: Application) -> list[str]:
    """Orders whose cases the analyst holds; the address says what is open a moment earlier."""
    held_now = queue.page(desk_of(demo), ANALYST, Filters(mine=True), "expected_loss", 5)
    return [row.order_id for row in held_now.rows]


def desk_of(demo: Application) -> Desk:
    return open_desk(Settings(_env_file=None, home=demo.home))  # type: ignore[call-arg]
