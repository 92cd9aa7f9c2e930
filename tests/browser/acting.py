"""What people do on a page: open a view, read and type in a table, take a file."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.running import settled

ROW_PX = 35  # of a row of a table, its head too, at most; tables are drawn on a canvas
BELOW_PX = 8  # below the top of a row, so that lower rows are met too where rows are less high


def view(page: Page, name: str) -> None:
    """One of the views of Forecasting, or a part of one, by its switch."""
    page.get_by_test_id("stMain").get_by_text(name, exact=True).first.click()
    settled(page)


def held(page: Page, key: str) -> Locator:
    """An element by its own name, for buttons whose words stand on the page twice."""
    # While a page is drawn anew, what it replaces may stand there a moment longer.
    return page.locator(f".st-key-{key}:not([data-stale='true'])")


def choose(page: Page, label: str, option: str | re.Pattern[str]) -> None:
    """Pick from a select box by its label."""
    page.get_by_role("combobox", name=re.compile(label)).click()
    exact = isinstance(option, str)
    page.get_by_role("option", name=option, exact=exact).first.click()
    settled(page)


def table(page: Page, column: str) -> Locator:
    """The table that has this column."""
    head = page.locator("th[role=columnheader]", has_text=re.compile(f"^{re.escape(column)}$"))
    return page.get_by_test_id("stDataFrame").filter(has=head).first


def rows(found: Locator, *, wait_ms: int = 15_000) -> list[dict[str, str]]:
    """The rows in sight, as the table tells them to a screen reader, by column.

    Told once two looks agree: a table that has just been drawn tells its rows a moment later.
    """
    deadline = time.monotonic() + wait_ms / 1000
    before: list[dict[str, str]] = []
    while True:
        told = _told(found)
        if (told and told == before) or time.monotonic() > deadline:
            return told
        before = told
        found.page.wait_for_timeout(150)


def _told(found: Locator) -> list[dict[str, str]]:
    told: list[dict[str, str]] = found.evaluate(
        """table => {
            const names = [...table.querySelectorAll('[role=columnheader]')]
                .map(cell => cell.textContent.trim());
            return [...table.querySelectorAll('tbody [role=row]')].map(row => Object.fromEntries(
                [...row.querySelectorAll('[role=gridcell]')]
                    .map((cell, at) => [names[at], cell.textContent.trim()])));
        }"""
    )
    return told


def tick(page: Page, found: Locator, row: int) -> None:
    """Click the box at the head of a row; the first row is 1."""
    settled(page)
    found.scroll_into_view_if_needed()
    found.click(position={"x": 16, "y": ROW_PX * row + BELOW_PX})
    settled(page)


def row_where(
    found: Locator, fits: Callable[[dict[str, str]], bool], *, wait_ms: int = 60_000
) -> tuple[int, dict[str, str]]:
    """The first row that fits, and its place (the first row is 1), as soon as there is one."""
    deadline = time.monotonic() + wait_ms / 1000
    while True:
        told = rows(found)
        for place, row in enumerate(told, start=1):
            if fits(row):
                return place, row
        if time.monotonic() > deadline:
            raise AssertionError(f"no such row among {told}")
        found.page.wait_for_timeout(300)


def came(page: Page, sign: Callable[[], bool], *, wait_ms: int = 30_000) -> bool:
    """Whether something becomes so within a while."""
    deadline = time.monotonic() + wait_ms / 1000
    while not sign():
        if time.monotonic() > deadline:
            return False
        page.wait_for_timeout(200)
    return True


def press(page: Page, key: str) -> None:
    """A key that no field takes, once the button that it presses is in sight.

    Who decides looks first; keys that open something need not wait (`app/static/keys.js`).
    """
    sign = page.locator(f'button:enabled [aria-label="Shortcut {key.upper()}"]')
    expect(sign.first).to_be_visible()
    settled(page)
    page.keyboard.press(key)


def preview_opens(page: Page, activate: Locator) -> None:
    """Ask what a version would change, until a worker has told it."""
    held(page, "preview").get_by_role("button").click()
    expect(activate).to_be_visible()


def type_into(page: Page, found: Locator, row: int, column: str, text: str) -> None:
    """Walk from a row's second cell to a column, type over what stands there, and confirm it."""
    settled(page)
    names = found.locator("th[role=columnheader]").all_text_contents()
    found.scroll_into_view_if_needed()
    found.click(position={"x": 80, "y": ROW_PX * row + BELOW_PX})
    for _ in range(names.index(column) - 1):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    editor = page.locator("#portal input")
    expect(editor).to_be_visible()
    editor.fill(text)
    editor.press("Enter")
    expect(editor).to_have_count(0)
    settled(page)


def fill(page: Page | Locator, label: str, value: str) -> None:
    """Type a number into the field that begins with this label."""
    field = page.get_by_role("spinbutton", name=re.compile(f"^{label}"))
    field.fill(value)
    field.press("Tab")


def take(page: Page, button: Locator, folder: Path) -> Path:
    """Press a download button and keep its file under its own name."""
    with page.expect_download() as coming:
        button.click()
    found = coming.value
    place = folder / found.suggested_filename
    found.save_as(place)
    return place


def without_facts(text: str) -> tuple[dict[str, str], str]:
    """A file's first lines that say what it is, by name, and the table below them."""
    lines = text.lstrip("\ufeff").splitlines(keepends=True)
    head = [line[2:].strip() for line in lines if line.startswith("# ")]
    table = "".join(line for line in lines if not line.startswith("# "))
    return dict(line.split(": ", 1) for line in head), table
