"""The merchandiser's Monday on the demo shop, from login to the order list and its files.

One person in one window; the journeys build on each other, in order.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import python_calamine
from playwright.sync_api import Browser, Page, expect

from tests.browser.acting import (
    choose,
    fill,
    held,
    row_where,
    rows,
    table,
    take,
    tick,
    type_into,
    view,
    without_facts,
)
from tests.browser.running import PATIENCE_MS, Application, ready, settled

pytestmark = pytest.mark.browser

TYPED = 77  # units that the merchandiser sets by hand
FEW = 12  # rows of the list in sight at once


@pytest.fixture(scope="module")
def monday(demo: Application, chrome: Browser) -> Iterator[Page]:
    """The merchandiser's window."""
    context = chrome.new_context(viewport={"width": 1280, "height": 1400}, accept_downloads=True)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    yield page
    context.close()


def test_the_week_begins_with_what_to_order_most_money_first(
    demo: Application, monday: Page
) -> None:
    demo.enter(monday, "merchandiser")
    monday.get_by_test_id("stSidebarNav").get_by_role("link", name="Forecasting").click()

    expect(monday.get_by_text(re.compile("^What to order"))).to_be_visible()
    settled(monday)
    expect(monday.get_by_test_id("stMetric")).to_have_count(4)
    assert to_order(monday) > FEW
    shown = order_list(monday)
    at_risk = [float(row["At risk"]) for row in shown]
    assert at_risk[0] > 0
    assert at_risk == sorted(at_risk, reverse=True)
    for row in shown:
        assert int(row["Order"]) > 0
        assert int(row["from"]) <= int(row["Demand"]) <= int(row["to"])


def test_the_why_of_a_quantity_adds_up_to_it(demo: Application, monday: Page) -> None:
    opened(demo, monday)
    for place in (0, 1):
        row = order_list(monday)[place]
        choose(monday, "Product", row["Product"])
        said = monday.get_by_test_id("stMain").get_by_text(re.compile(r"demand over \d+ days"))
        expect(said.first).to_have_text(re.compile(f"{int(row['Order']):,} to order\\.$"))
        sentence = said.first.inner_text()
        told, _, needed = sentence.partition(" = ")
        terms = [
            (-1 if sign == "−" else 1) * int(units.replace(",", ""))
            for sign, units in re.findall(r"(^|[+−]) ?([\d,]+) (?!days)", told)
        ]
        assert len(terms) >= 4, sentence
        assert sum(terms) == int(needed.split(";")[0].replace(",", "")), sentence
        assert sentence.endswith(f"{int(row['Order']):,} to order."), sentence
        expect(monday.get_by_role("figure", name=re.compile(re.escape(sentence)))).to_be_visible()


def test_a_typed_quantity_is_kept(demo: Application, monday: Page) -> None:
    opened(demo, monday)
    before = order_list(monday)[0]

    type_into(monday, table(monday, "Order"), 1, "Order", str(TYPED))

    expect(held(monday, "undo_order")).to_be_visible()
    expect(table(monday, "Order").get_by_test_id("glide-cell-2-0")).to_have_text(str(TYPED))
    monday.reload()
    ready(monday)
    after = order_list(monday)[0]
    assert after["Product"] == before["Product"]
    assert (after["Order"], after["In stock"]) == (str(TYPED), before["In stock"])


def test_a_forecast_is_overridden_from_its_chart_and_taken_back_in_plan(
    demo: Application, monday: Page
) -> None:
    opened(demo, monday)
    name = order_list(monday)[0]["Product"]
    held(monday, "open_explore").get_by_role("button").click()
    expect(monday.get_by_role("heading", name=f"{name}, units a")).to_be_visible()
    settled(monday)

    held(monday, "override").get_by_role("button").click()
    dialog = monday.get_by_role("dialog")
    fill(dialog, "Units a week", "40")
    expect(
        dialog.get_by_role("figure", name=re.compile("units before and 40 after"))
    ).to_be_visible()
    expect(dialog.get_by_text(re.compile("units before, 40 after"))).to_be_visible()
    save = dialog.get_by_role("button", name="Save")
    expect(save).to_be_disabled()
    dialog.get_by_role("combobox", name=re.compile("Why")).click()
    reason = monday.get_by_role("option").first
    why = reason.inner_text()
    reason.click()
    expect(save).to_be_enabled()
    save.click()
    expect(dialog).to_have_count(0)
    settled(monday)
    expect(monday.get_by_text("Before overrides").first).to_be_visible()

    view(monday, "Plan")
    view(monday, "Overrides")
    expect(monday.get_by_text("Overrides that hold")).to_be_visible()
    settled(monday)
    _, line = row_where(table(monday, "Says"), lambda row: row["What"] == name)
    assert line["Why"].startswith(why)
    tick(monday, table(monday, "Says"), 1)
    monday.get_by_role("button", name=re.compile("Take back")).click()

    expect(monday.get_by_text("Nothing is overridden")).to_be_visible()


def test_a_promotion_is_planned_in_the_calendar_and_taken_back(
    demo: Application, monday: Page
) -> None:
    opened(demo, monday)
    view(monday, "Plan")
    expect(monday.get_by_text("Promotions, prices and holidays")).to_be_visible()
    held(monday, "plan_add").get_by_role("button").click()
    dialog = monday.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Advent lights")
    fill(dialog, "Discount", "25")
    dialog.get_by_role("button", name="Save").click()

    expect(dialog).to_have_count(0)
    expect(monday.get_by_text("Planned by staff", exact=True)).to_be_visible()
    settled(monday)
    _, line = row_where(table(monday, "Plan"), lambda row: row["Plan"] == "Advent lights")
    assert "25" in line["Price"]
    assert line["Forecast"] == "not yet in it"
    expect(monday.get_by_role("button", name="Compute the forecast anew")).to_be_visible()

    held(monday, "reverse").get_by_role("button").click()

    expect(monday.get_by_text("Nothing is planned by staff")).to_be_visible()


def test_what_is_marked_as_ordered_leaves_the_list_and_comes_back_by_undo(
    demo: Application, monday: Page
) -> None:
    opened(demo, monday)
    before, names = to_order(monday), [row["Product"] for row in order_list(monday)[:3]]
    marked = monday.get_by_role("button", name=re.compile("Mark . as ordered"))
    for row in (1, 2):
        tick(monday, table(monday, "Order"), row)
        expect(marked.filter(has_text=f"Mark {row}")).to_be_visible()

    marked.first.click()
    expect(monday.get_by_text("Ordered from this week's list").first).to_be_visible()
    opened(demo, monday)
    assert to_order(monday) == before - 2
    assert order_list(monday)[0]["Product"] == names[2]

    undo = monday.locator("[class*='st-key-undo_order_']").get_by_role("button")
    expect(undo.first).to_be_visible()
    for left in range(undo.count() - 1, -1, -1):  # an order a supplier
        undo.first.click()
        expect(monday.get_by_text(re.compile("was taken back")).first).to_be_visible()
        opened(demo, monday)
        expect(undo).to_have_count(left)
    assert to_order(monday) == before
    assert [row["Product"] for row in order_list(monday)[:3]] == names


def test_the_files_hold_what_the_page_shows_and_say_what_they_are(
    demo: Application, monday: Page, tmp_path: Path
) -> None:
    opened(demo, monday)
    shown = order_list(monday)
    monday.get_by_role("button", name="Export").click()
    text = take(monday, held(monday, "order_csv").get_by_role("button"), tmp_path)
    facts, content = without_facts(text.read_text(encoding="utf-8"))
    lines = list(csv.DictReader(io.StringIO(content)))

    assert facts["Made by"] == "demo merchandiser"
    assert (facts["Rows"], facts["Service level"]) == ("to order", "95 %")
    assert len(lines) == to_order(monday)
    told = [(line["Product"], line["Order, units"]) for line in lines[: len(shown)]]
    assert told == [(row["Product"], row["Order"]) for row in shown]

    sheets = take(monday, held(monday, "order_xlsx").get_by_role("button"), tmp_path)
    book = python_calamine.CalamineWorkbook.from_path(str(sheets))
    assert book.sheet_names[0] == "Facts"
    suppliers = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names[1:]]
    ordered = suppliers[0][0].index("Order, units")
    units = [[int(str(line[ordered]).split(".")[0]) for line in sheet[1:]] for sheet in suppliers]
    assert all(total == sum(each) for *each, total in units)  # each sheet ends with its total
    assert sum(each[-1] for each in units) == sum(int(line["Order, units"]) for line in lines)


def opened(demo: Application, page: Page, **asked: str) -> None:
    """Forecasting as the link in the menu opens it."""
    query = "&".join(f"{name}={value.replace(' ', '+')}" for name, value in asked.items())
    page.goto(f"{demo.base}/forecasting?{query}")
    ready(page)
    expect(page.get_by_text(re.compile("^What to order"))).to_be_visible()
    settled(page)


def order_list(page: Page) -> list[dict[str, str]]:
    """The rows of the order list that are in sight."""
    expect(table(page, "Order").get_by_test_id("glide-cell-1-0")).to_be_attached()
    return rows(table(page, "Order"))


def to_order(page: Page) -> int:
    """Products to order, as the first figure says."""
    figure = page.get_by_test_id("stMetric").filter(has_text="To order").first
    found = re.search(r"([\d,]+) products?", figure.inner_text())
    assert found is not None
    return int(found.group(1).replace(",", ""))
