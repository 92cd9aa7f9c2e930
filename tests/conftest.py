"""What every test of the session needs."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest
import time_machine
from hypothesis import settings

from tests.factories import small_shop, warm
from tests.factories.postgres import drop_databases
from tests.factories.shared import FOLDER

pytest_plugins = ("tests.report",)

settings.register_profile("the same each time", derandomize=True, database=None)
settings.load_profile("the same each time")
"""Property tests look at the same examples in each run; `make test-slow` looks for new ones
(``--hypothesis-profile default``)."""

LONGEST = (
    "tests/browser/test_first_start.py",
    "tests/test_trained_home.py",  # makes what the other journeys copy
    "tests/browser/test_online_retail.py",
    "tests/kills/test_jobs.py",
    "tests/browser/test_models.py",
    "tests/test_whole_path.py",
    "tests/browser/",
    "tests/kills/",
    "tests/app/jobs/",
    "tests/app/services/",
    "tests/data_access/snapshots/",
)
"""Modules that take longest, by the beginnings of their paths."""

MAIN = sys.modules["__main__"]


def pytest_configure(config: pytest.Config) -> None:
    """Make the session's folder, before pytest-xdist starts the processes that share it."""
    if not hasattr(config, "workerinput"):
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="shopsight-tests-")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest modules first, so that no process is left with one of them at the end."""

    def place(item: pytest.Item) -> int:
        return next((n for n, start in enumerate(LONGEST) if item.nodeid.startswith(start)), 99)

    items.sort(key=place)


def pytest_sessionfinish() -> None:
    warm.close()


def pytest_unconfigure(config: pytest.Config) -> None:
    drop_databases()
    if not hasattr(config, "workerinput"):
        shutil.rmtree(Path(os.environ.pop(FOLDER)), ignore_errors=True)


@pytest.fixture(scope="module")
def wednesday_morning() -> Iterator[None]:
    """The clock of the small shop: 25 November 2026, 10:00 UTC when a module begins; it goes on.

    Processes that a test starts have the clock of the machine.
    """
    with time_machine.travel(small_shop.NOW.replace(tzinfo=UTC), tick=True):
        yield


@pytest.fixture(autouse=True)
def own_main_module() -> Iterator[None]:
    """Give back ``__main__``, which Streamlit's script runner replaces by the page it ran.

    A process that a later test spawns would run that page instead of the test's function, die of
    it, and be spawned anew for ever.
    """
    yield
    sys.modules["__main__"] = MAIN
