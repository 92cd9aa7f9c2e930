"""Speed, errors and memory beside the two weeks before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from app.context import Desk, open_desk
from app.services.watching.use import use
from app.settings import Settings
from data_access.state.model_uses import Used, add_uses
from tests.factories.app_database import lay_app_database

NOW = datetime(2026, 3, 20, 12)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(Settings(_env_file=None, home=tmp_path))
    lay_app_database(tmp_path)
    chance = np.random.default_rng(5)
    with opened.state.write() as session:
        add_uses(
            session,
            [
                hour(back, seconds=float(10 * chance.uniform(0.9, 1.1)))
                for back in range(26, 24 * 13)
            ],
        )
    yield opened
    opened.state.close()


def hour(back: int, *, seconds: float = 10.0, errors: int = 0, peak_mb: float = 300.0) -> Used:
    return Used(
        capability="fraud",
        model_version=1,
        hour=NOW - timedelta(hours=back),
        calls=100,
        predictions=1000,
        errors=errors,
        seconds=seconds,
        slowest=0.4,
        peak_mb=peak_mb,
    )


def lately(desk: Desk, **given: float) -> None:
    with desk.state.write() as session:
        add_uses(session, [hour(3, **given)])  # type: ignore[arg-type]


def test_an_ordinary_day_is_fine(desk: Desk) -> None:
    lately(desk, seconds=10.5)
    found = use(desk, "fraud", now=NOW)
    assert found.state == "good"
    assert (found.calls, found.predictions) == (100, 1000)
    assert "105 ms on average" in found.sentence


def test_three_times_as_slow_is_told_with_what_is_usual(desk: Desk) -> None:
    lately(desk, seconds=30.0)
    found = use(desk, "fraud", now=NOW)
    assert found.state == "watch"
    assert "300 ms on average; usual is at most" in found.sentence


def test_calls_that_fail_are_bad_but_one_is_none(desk: Desk) -> None:
    lately(desk, errors=2)
    assert use(desk, "fraud", now=NOW).state == "good"
    lately(desk, errors=8)
    found = use(desk, "fraud", now=NOW)
    assert found.state == "bad"
    assert "10 of 200 calls" in found.sentence


def test_memory_near_the_limit_is_told(desk: Desk) -> None:
    lately(desk, peak_mb=desk.settings.job_memory_mb * 0.9)
    assert use(desk, "fraud", now=NOW).state == "watch"


def test_without_history_there_is_no_bound(desk: Desk) -> None:
    found = use(desk, "forecasting", now=NOW)
    assert (found.bound_s, found.state) == (None, "good")
    assert found.sentence == "Nobody asked within the last day."
