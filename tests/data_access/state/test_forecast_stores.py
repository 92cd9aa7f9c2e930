"""Stores of overrides, plans and further columns, on each engine."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from data_access.errors import DataError
from data_access.state import external_columns as columns
from data_access.state import overrides, plans
from data_access.state.engine import StaleWriteError, StateDatabase

NOW = datetime(2026, 1, 7, 9, 0)
WEEK = date(2026, 1, 12)
NEXT = WEEK + timedelta(weeks=1)
FAIR = plans.PlanValues(
    kind="promotion",
    level="category",
    series_id="cups",
    name="Fair",
    change=-0.2,
    starts_on=WEEK,
    ends_on=NEXT,
    note=None,
)


def override(state: StateDatabase, *weeks: date, series: str = "mug") -> int:
    with state.write() as session:
        return overrides.add_override(
            session,
            level="product",
            series_id=series,
            kind="units",
            value=90.0,
            reason="event",
            note=None,
            publication=1,
            model_version=None,
            weeks=[overrides.Said(week=week, before=60.0, after=90.0) for week in weeks],
            by="ada",
            now=NOW,
        ).override_id


def test_an_override_holds_until_it_is_taken_back(state: StateDatabase) -> None:
    number = override(state, WEEK, NEXT)
    with state.read() as session:
        (row,) = overrides.holding(session, from_week=NEXT)
        assert (row.first_week, row.last_week, row.version) == (WEEK, NEXT, 1)
        assert overrides.holding(session, from_week=NEXT + timedelta(weeks=1)) == []
        assert [w.week for w in overrides.override_weeks(session, [number])] == [WEEK, NEXT]
    with state.write() as session:
        overrides.end_override(session, number, by="bob", now=NOW, expected_version=1)
    with state.read() as session:
        assert overrides.holding(session) == []
        assert overrides.get_override(session, number).ended_by == "bob"
    with state.write() as session:
        overrides.reopen_override(session, number, expected_version=2)
    with state.read() as session:
        assert [row.version for row in overrides.holding(session)] == [3]


def test_an_older_version_changes_nothing(state: StateDatabase) -> None:
    number = override(state, WEEK)
    with pytest.raises(StaleWriteError), state.write() as session:
        overrides.end_override(session, number, by="bob", now=NOW, expected_version=7)
    with pytest.raises(StaleWriteError), state.write() as session:
        overrides.reopen_override(session, number, expected_version=1)
    with pytest.raises(DataError, match="no override 999"), state.read() as session:
        overrides.get_override(session, 999)


def test_outcomes_are_written_once(state: StateDatabase) -> None:
    number = override(state, WEEK, NEXT)
    with state.write() as session:
        waiting = overrides.ungraded_weeks(session, NEXT)
        assert [week.week for _, week in waiting] == [WEEK]
        overrides.record_override_outcomes(session, {(number, WEEK): 70.0}, NOW)
        overrides.record_override_outcomes(session, {(number, WEEK): 1.0, (99, WEEK): 1.0}, NOW)
    with state.read() as session:
        ((_, week),) = overrides.graded_weeks(session)
        assert (week.outcome, week.outcome_at) == (70.0, NOW)


def test_plans_by_the_days_that_they_touch(state: StateDatabase) -> None:
    with state.write() as session:
        plans.add_plan(session, FAIR, by="ada", now=NOW)
        stays = replace(FAIR, kind="price", ends_on=None, starts_on=NEXT)
        plans.add_plan(session, stays, by="ada", now=NOW)
    with state.read() as session:
        assert len(plans.list_plans(session)) == 2
        assert len(plans.list_plans(session, first=NEXT + timedelta(days=1))) == 1
        assert len(plans.list_plans(session, last=WEEK)) == 1
        assert plans.list_plans(session, last=WEEK - timedelta(days=1)) == []
        assert plans.values_of(plans.list_plans(session)[0]) == FAIR


def test_a_plan_is_changed_ended_and_reopened_by_who_knows_its_version(
    state: StateDatabase,
) -> None:
    with state.write() as session:
        number = plans.add_plan(session, FAIR, by="ada", now=NOW).plan_id
    later = NOW + timedelta(days=1)
    with state.write() as session:
        cheaper = replace(FAIR, change=-0.3)
        row = plans.change_plan(session, number, cheaper, announced_at=later, expected_version=1)
        assert (row.change, row.announced_at, row.version) == (-0.3, later, 2)
    with pytest.raises(StaleWriteError), state.write() as session:
        plans.change_plan(session, number, FAIR, announced_at=None, expected_version=1)
    with state.write() as session:
        plans.end_plan(session, number, by="bob", now=later, expected_version=2)
    with state.read() as session:
        assert plans.list_plans(session) == []
        assert [row.plan_id for row in plans.changed_plans(session, later)] == []
        assert plans.changed_plans(session, NOW) == []  # entered and withdrawn since
    with state.write() as session:
        plans.reopen_plan(session, number, now=later, expected_version=3)
    with state.read() as session:
        assert [row.plan_id for row in plans.changed_plans(session, NOW)] == [number]
    with pytest.raises(DataError, match="no plan 999"), state.read() as session:
        plans.get_plan(session, 999)


def test_a_column_with_its_values_on_off_and_gone(state: StateDatabase) -> None:
    values = {WEEK + timedelta(days=i): i / 2 for i in range(20)}
    with state.write() as session:
        number = columns.add_column(
            session, name="rain", file_name="w.csv", values=values, by="ada", at=NOW
        ).column_id
    with state.read() as session:
        row = columns.get_column(session, number)
        assert (row.first_day, row.days) == (WEEK, 20)
        assert columns.column_values(session, number) == values
        assert columns.active_values(session)[1] == (WEEK + timedelta(days=1), "rain", 0.5, NOW)
    with state.write() as session:
        columns.set_active(session, number, False, expected_version=1)
    with state.read() as session:
        assert columns.active_values(session) == []
        assert columns.list_columns(session, active=True) == []
        assert columns.column_named(session, "rain") is not None
    with pytest.raises(StaleWriteError), state.write() as session:
        columns.remove_column(session, number, expected_version=1)
    with state.write() as session:
        columns.remove_column(session, number, expected_version=2)
    with state.read() as session:
        assert columns.list_columns(session) == []
        assert columns.column_values(session, number) == {}


def test_two_columns_of_one_name_are_refused(state: StateDatabase) -> None:
    values = {WEEK: 1.0}
    with state.write() as session:
        columns.add_column(session, name="rain", file_name="", values=values, by="a", at=NOW)
    with pytest.raises(DataError), state.write() as session:
        columns.add_column(session, name="rain", file_name="", values=values, by="b", at=NOW)
