"""What every test of the session needs."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

MAIN = sys.modules["__main__"]


@pytest.fixture(autouse=True)
def own_main_module() -> Iterator[None]:
    """Give back ``__main__``, which Streamlit's script runner replaces by the page it ran.

    A process that a later test spawns would run that page instead of the test's function, die of
    it, and be spawned anew for ever.
    """
    yield
    sys.modules["__main__"] = MAIN
