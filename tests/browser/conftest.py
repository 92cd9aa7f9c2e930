from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.running import PATIENCE_MS, Application, application, browser, chromium


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A journey that fails is walked again, twice at most, and counted as rerun: with a browser,
    two processes and their trainings on two cores, a click can be lost that nobody would lose.
    """
    if chromium() is not None:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.flaky(reruns=2))
        return
    missing = pytest.mark.skip(reason="No Chromium is installed: the browser tests did not run.")
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(missing)


@pytest.fixture(scope="session")
def chrome() -> Iterator[Browser]:
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """The application after its first start: a small demo shop, shared by a module."""
    with application(tmp_path_factory.mktemp("demo")) as found:
        yield found


@pytest.fixture
def page(chrome: Browser) -> Iterator[Page]:
    """A window of its own at 1280 px, with cookies of its own."""
    context = chrome.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(PATIENCE_MS)
    found = context.new_page()
    yield found
    context.close()
