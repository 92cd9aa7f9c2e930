from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.services.serving import answering, memory
from tests.app.services.fraud.conftest import any_desk, desk

__all__ = ["any_desk", "desk"]


@pytest.fixture(autouse=True)
def new_process() -> Iterator[None]:
    """Nothing in memory, as a process begins."""
    memory.forget()
    answering.forget()
    yield
    memory.forget()
    answering.forget()
