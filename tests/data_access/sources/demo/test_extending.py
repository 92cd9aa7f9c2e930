"""A shop that lives on is the shop that would have been made later: row for row."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from data_access.errors import DataError
from data_access.shop import tables as shop
from data_access.shop.engines import make_engine, read_mark
from data_access.sources.demo import extend_demo, weeks
from tests.data_access.sources.demo.conftest import Make
from tests.data_access.sources.demo.databases import all_rows, differing, fresh_postgres

THEN = datetime(2026, 6, 10, 9, 30)
LATE_START = date(2023, 11, 6)
"""With this start, `THEN_LATE` lies where events, the new kind of fraud and a test are running."""


@pytest.mark.parametrize(
    "steps",
    [
        [timedelta(days=7)],
        [timedelta(hours=3), timedelta(hours=11), timedelta(days=5), timedelta(days=33)],
        [timedelta(minutes=20)] * 5,
    ],
    ids=["a week", "hours, days, weeks", "minutes"],
)
def test_extending_gives_what_making_then_gives(make_tiny: Make, steps: list[timedelta]) -> None:
    lived = make_tiny(THEN)
    until = THEN
    for step in steps:
        until += step
        extend_demo(lived, until=until)

    assert differing(all_rows(lived), all_rows(make_tiny(until))) == []


def test_extending_is_the_same_over_the_end_of_the_first_three_years(make_tiny: Make) -> None:
    then = datetime(2026, 11, 2, 8)
    lived = make_tiny(then, start=LATE_START)
    extend_demo(lived, until=then + timedelta(days=8, hours=5))

    made = make_tiny(then + timedelta(days=8, hours=5), start=LATE_START)

    assert differing(all_rows(lived), all_rows(made)) == []
    assert all_rows(made)["shopper_events"]


def test_postgresql_holds_the_same_shop_and_lives_on_alike(make_tiny: Make) -> None:
    with fresh_postgres() as engine:
        lived = make_tiny(THEN, engine=engine)
        extend_demo(lived, until=THEN + timedelta(days=7))

        assert differing(all_rows(lived), all_rows(make_tiny(THEN + timedelta(days=7)))) == []


def test_extending_twice_changes_nothing(make_tiny: Make) -> None:
    engine = make_tiny(THEN)
    extend_demo(engine, until=THEN + timedelta(days=2))
    before = all_rows(engine)

    again = extend_demo(engine, until=THEN + timedelta(days=2))
    back = extend_demo(engine, until=THEN)

    assert (again.rows, back.rows) == ({}, {})
    assert differing(before, all_rows(engine)) == []


def test_the_report_counts_what_was_added(make_tiny: Make) -> None:
    engine = make_tiny(THEN)
    with engine.connect() as connection:
        before = connection.execute(sa.select(sa.func.count()).select_from(shop.orders)).scalar()

    report = extend_demo(engine, until=THEN + timedelta(days=10))

    with engine.connect() as connection:
        after = connection.execute(sa.select(sa.func.count()).select_from(shop.orders)).scalar()
    assert report.since == THEN
    assert report.weeks_made == 1
    assert report.rows["orders"] == after - before > 0


def test_breaking_off_half_way_leaves_the_shop_as_it_was(
    make_tiny: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = make_tiny(THEN)
    before = all_rows(engine)
    lived = weeks.live

    def live_once(*arguments: object) -> None:
        lived(*arguments)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(weeks, "live", live_once)
    with pytest.raises(KeyboardInterrupt):
        extend_demo(engine, until=THEN + timedelta(days=14))

    mark = read_mark(engine)
    assert mark is not None
    assert mark.details["until"] == THEN.isoformat()
    assert differing(before, all_rows(engine)) == []


def test_another_seed_is_another_shop(make_tiny: Make) -> None:
    left, right = all_rows(make_tiny(THEN, seed=1)), all_rows(make_tiny(THEN, seed=2))

    assert {"orders", "products", "customers"} <= set(differing(left, right))


def test_a_database_without_a_demo_shop_is_refused(tmp_path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'empty.db'}")

    with pytest.raises(DataError, match="no demo shop") as refusal:
        extend_demo(engine, until=THEN)

    assert "app demo" in refusal.value.remedy
