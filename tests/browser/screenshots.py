"""Take the pictures of the README from the running application: `make screenshots`."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.running import Application, application, browser, chromium, ready
from tests.factories.running import ROOT

FOLDER = ROOT / "docs" / "screenshots"
TRAINED_S = 900.0
TRIES = 60  # looks at a page, 5 s apart, until its word is there
WIDTHS = {"light": (1280, 1000), "dark": (1600, 1000)}
THRESHOLD = "/fraud?view=Threshold+and+capacity"
EXPLORE = "/forecasting?view=Explore&level=Product"
VERSIONS = "/models?view=Versions&capability=forecasting&versions=forecasting.1.2"
PICTURES = (  # name, theme, role, address, a word that is there once the page is whole
    ("home-light", "light", "manager", "/", "Best sellers"),
    ("decide-light", "light", "merchandiser", "/forecasting", "What to order"),
    ("explore-dark", "dark", "merchandiser", EXPLORE, "units a week"),
    ("train-light", "light", "merchandiser", "/forecasting?view=Compare+and+train", "Leaderboard"),
    ("fraud-light", "light", "fraud analyst", THRESHOLD, "How long should the queue be?"),
    ("models-light", "light", "admin", VERSIONS, "Who is ahead in"),
    ("data-light", "light", "admin", "/data", "What was checked"),
)


def take(app: Application, chrome: Browser, folder: Path) -> None:
    """Wait for the first models, then one picture after the other."""
    folder.mkdir(parents=True, exist_ok=True)
    _trained(app, chrome)
    for name, theme, role, address, word in PICTURES:
        width, height = WIDTHS[theme]
        context = chrome.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if theme == "dark" else "light",
            device_scale_factor=1.5,
        )
        page = context.new_page()
        app.enter(page, role)
        page.goto(f"{app.base}{address}")
        for _ in range(TRIES):  # models of fraud review come after those of forecasting
            if page.get_by_text(word).count():
                break
            page.wait_for_timeout(5000)
            page.reload()
            ready(page)
        expect(page.get_by_text(word).first).to_be_visible(timeout=60_000)
        ready(page)
        page.wait_for_timeout(1500)  # the charts' own drawing
        page.screenshot(path=folder / f"{name}.png")
        context.close()


def _trained(app: Application, chrome: Browser) -> None:
    context = chrome.new_context()
    page = context.new_page()
    app.enter(page, "merchandiser", path="/forecasting")
    deadline = time.monotonic() + TRAINED_S
    while not page.get_by_text("LightGBM").count():
        if time.monotonic() > deadline:
            raise TimeoutError("the first model was not trained in time")
        page.wait_for_timeout(5000)
        page.reload()
        ready(page)
    context.close()


def main() -> None:
    if chromium() is None:
        sys.exit("No Chromium is installed, so there is nothing to take pictures with.")
    with (
        tempfile.TemporaryDirectory(prefix="shopsight-") as home,
        application(Path(home)) as app,
        browser() as chrome,
    ):
        take(app, chrome, FOLDER)
    sys.stdout.write(f"The pictures lie in {FOLDER}.\n")


if __name__ == "__main__":
    main()
