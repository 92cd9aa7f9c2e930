"""Candidates that learn long: one test each in `make test`, all others in `make test-slow`."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

SLOW = ("arima", "lstm", "tft", "attention")


def each(keys: Iterable[str]) -> pytest.MarkDecorator:
    """A test of each candidate, as `key`; those that learn long are left to the slow suite."""
    return pytest.mark.parametrize(
        "key",
        [
            pytest.param(key, marks=pytest.mark.slow_suite if key in SLOW else ())
            for key in dict.fromkeys(keys)
        ],
    )
