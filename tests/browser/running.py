"""The real application in a home of its own, and a browser in front of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.factories.running import application as running
from tests.factories.trained_home import SELDOM

PATIENCE_MS = 120_000
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

expect.set_options(timeout=PATIENCE_MS)


def chromium() -> str | None:
    """Where the browser is, if there is one."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((found for name in names if (found := shutil.which(name))), None)


@dataclass(frozen=True)
class Application:
    """An application that answers."""

    base: str
    home: Path

    def enter(self, page: Page, role: str, *, path: str = "/") -> None:
        """Log in by a click, as the login page of the demo offers it; whoever was there leaves."""
        page.context.clear_cookies()
        page.goto(f"{self.base}/login?next={path}")
        page.get_by_role("button", name=f"Enter as {role}").click()
        ready(page)


@contextmanager
def application(home: Path, *arguments: str) -> Iterator[Application]:
    """`python -m app up` until the block ends."""
    with running(home, *arguments, **SELDOM) as started:
        yield Application(base=started.base, home=home)


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        try:
            yield found
        finally:
            found.close()


def ready(page: Page) -> None:
    """Wait until the page has its title and nothing runs any more."""
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE_MS)
    settled(page)


def settled(page: Page) -> None:
    """Wait until the script has ended and what it drew is there."""
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]')"
        "?.getAttribute('data-test-script-state') === 'notRunning'",
        timeout=PATIENCE_MS,
    )
