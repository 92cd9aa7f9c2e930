"""Grading overrides by hand, and who may see which score."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from app.context import Desk
from app.services.forecasting.scoreboard import grade_overrides, in_force, score, scoreboard
from data_access.state.forecast_tables import ForecastOverride, OverrideWeek
from data_access.state.overrides import Said, add_override, end_override, graded_weeks
from tests.factories.forecasts import ADA, BOB, MANAGER, RUNNING, make_home

LAST = RUNNING - timedelta(weeks=1)  # the last complete week: mug 60, glass 20, kettle 20, lamp 50
LONG_AGO = datetime(2025, 11, 1)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = make_home(tmp_path)
    yield desk
    desk.analytics.close()


def keep(
    desk: Desk,
    weeks: list[tuple[date, float, float]],
    *,
    by: str = "ada",
    level: str = "product",
    series: str = "mug",
    reason: str = "event",
    at: datetime = LONG_AGO,
) -> ForecastOverride:
    with desk.state.write() as session:
        return add_override(
            session,
            level=level,
            series_id=series,
            kind="units",
            value=weeks[0][2],
            reason=reason,
            note=None,
            publication=1,
            model_version=None,
            weeks=[Said(week=week, before=before, after=after) for week, before, after in weeks],
            by=by,
            now=at,
        )


def test_weeks_that_are_over_get_what_was_sold_and_others_wait(desk: Desk) -> None:
    keep(desk, [(LAST, 50, 70), (RUNNING, 50, 70)])
    keep(desk, [(LAST, 90, 80)], level="category", series="kitchen")
    assert grade_overrides(desk) == 2
    with desk.state.read() as session:
        rows = graded_weeks(session)
    assert [(one.series_id, week.week, week.outcome) for one, week in rows] == [
        ("mug", LAST, 60.0),
        ("kitchen", LAST, 100.0),
    ]
    assert grade_overrides(desk) == 0


def test_a_week_without_any_sale_was_zero(desk: Desk) -> None:
    keep(desk, [(RUNNING - timedelta(weeks=20), 5, 0)])
    grade_overrides(desk)
    with desk.state.read() as session:
        assert graded_weeks(session)[0][1].outcome == 0.0


def test_errors_of_both_by_hand(desk: Desk) -> None:
    keep(desk, [(LAST - timedelta(weeks=1), 50, 70), (LAST, 50, 60)])  # sold 60 in both
    keep(desk, [(LAST, 60, 90)], series="lamp", reason="bulk", by="bob")  # sold 50
    grade_overrides(desk)
    found = scoreboard(desk, ADA)
    event, bulk = found.by_reason
    assert (event.name, event.edits, event.weeks) == ("Local event", 1, 2)
    assert event.model_error == pytest.approx(20 / 120)
    assert event.own_error == pytest.approx(10 / 120)
    assert event.won == pytest.approx(10)
    assert (bulk.won, bulk.verdict) == (pytest.approx(-30), "too few to tell")
    assert found.together.weeks == 3
    assert found.together.won == pytest.approx(-20)


def test_a_week_taken_back_or_replaced_before_it_began_does_not_count(desk: Desk) -> None:
    first = keep(desk, [(LAST, 50, 10)])
    keep(desk, [(LAST, 50, 60)], by="bob")  # later, so it holds
    gone = keep(desk, [(LAST, 50, 0)], series="lamp")
    with desk.state.write() as session:
        end_override(session, gone.override_id, by="ada", now=LONG_AGO, expected_version=1)
    grade_overrides(desk)
    assert scoreboard(desk, ADA).own is None
    assert scoreboard(desk, BOB).together.weeks == 1
    with desk.state.read() as session:
        assert first.override_id in {one.override_id for one, _ in graded_weeks(session)}


def test_a_week_taken_back_after_it_was_over_still_counts(desk: Desk) -> None:
    one = keep(desk, [(LAST, 50, 60)])
    with desk.state.write() as session:
        end_override(
            session, one.override_id, by="ada", now=datetime(2026, 1, 6), expected_version=1
        )
    grade_overrides(desk)
    assert scoreboard(desk, ADA).together.weeks == 1


def test_nobody_sees_another_persons_score(desk: Desk) -> None:
    keep(desk, [(LAST, 50, 60)], by="ada")
    keep(desk, [(LAST, 50, 90)], series="lamp", by="bob")
    grade_overrides(desk)
    ada, bob, manager = (scoreboard(desk, who) for who in (ADA, BOB, MANAGER))
    assert [edit.label for edit in ada.edits] == ["Mug"]
    assert [edit.label for edit in bob.edits] == ["Lamp"]
    assert ada.own is not None
    assert ada.own.won == 10
    assert bob.own is not None
    assert bob.own.won == -40
    assert manager.own is None
    assert manager.edits == ()
    assert manager.by_reason == ada.by_reason == bob.by_reason
    assert "ada" not in repr(manager)
    assert "bob" not in repr(manager)


def pairs(won: list[tuple[int, float]]) -> list[tuple[ForecastOverride, OverrideWeek]]:
    """Weeks in which the model erred by 50 and the person by 50 − won."""
    return [
        (
            ForecastOverride(override_id=number),
            OverrideWeek(override_id=number, week=LAST, before=50.0, after=100.0 - 50.0 + gain,
                         outcome=100.0),
        )
        for number, gain in won
    ]  # fmt: skip


def test_eight_weeks_of_three_edits_are_needed_to_tell() -> None:
    assert score("x", pairs([(1, 20.0)] * 7)).verdict == "too few to tell"
    assert score("x", pairs([(1, 20.0)] * 20)).verdict == "too few to tell"
    three = [(number % 3, 20.0) for number in range(9)]
    assert score("x", pairs(three)).verdict == "better than the model"
    worse = [(number % 3, -20.0) for number in range(9)]
    assert score("x", pairs(worse)).verdict == "worse than the model"
    mixed = [(number, 20.0 if number % 2 else -20.0) for number in range(12)]
    assert score("x", pairs(mixed)).verdict == "no clear difference"


def test_weeks_without_stock_are_told_apart_and_nothing_sold_has_no_share() -> None:
    one = ForecastOverride(override_id=1)
    found = score(
        "x",
        [
            (one, OverrideWeek(override_id=1, week=LAST, before=5.0, after=9.0, outcome=None)),
            (one, OverrideWeek(override_id=1, week=RUNNING, before=5.0, after=0.0, outcome=0.0)),
        ],
    )
    assert (found.weeks, found.unknown) == (1, 1)
    assert found.model_error is None
    assert found.won == 5.0


def test_nothing_over_is_an_empty_scoreboard(desk: Desk) -> None:
    keep(desk, [(RUNNING + timedelta(weeks=1), 50, 60)])
    found = scoreboard(desk, ADA)
    assert (found.by_reason, found.together.weeks, found.own, found.open_weeks) == ((), 0, None, 1)
    assert in_force([], []) == []
