"""A browser, and the application on a copy of the trained demo home; both for a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.running import PATIENCE_MS, Application, application, browser, chromium
from tests.factories.trained_home import copy_trained_home


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if chromium() is not None:
        return
    missing = pytest.mark.skip(reason="No Chromium is installed: the browser tests did not run.")
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(missing)


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    """Not of the session: while it is open, its event loop stands in the way of other tests'."""
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """The application on a small demo shop whose first models are trained."""
    with application(copy_trained_home(tmp_path_factory.mktemp("demo") / "home")) as started:
        yield started


@pytest.fixture
def page(chrome: Browser) -> Iterator[Page]:
    """A window of its own at 1280 px, with cookies of its own."""
    context = chrome.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(PATIENCE_MS)
    opened = context.new_page()
    yield opened
    context.close()
