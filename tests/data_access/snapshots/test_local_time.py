"""Local day, week and hour follow the shop's zone through its changes of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_access.snapshots.local_time import day_start, local_columns, local_day

ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]


def local(instant: str, zone: str = "Europe/Berlin") -> tuple[str, str, int]:
    instants = pa.array([datetime.fromisoformat(instant)], type=pa.timestamp("us"))
    day, week, hour = local_columns(instants, ZoneInfo(zone))
    return str(day[0]), str(week[0]), hour[0].as_py()


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        ("2026-03-28 22:59:59", ("2026-03-28", "2026-03-23", 23)),  # a Saturday, winter time
        ("2026-03-28 23:00:00", ("2026-03-29", "2026-03-23", 0)),  # Sunday of the change
        ("2026-03-29 00:59:59", ("2026-03-29", "2026-03-23", 1)),
        ("2026-03-29 01:00:00", ("2026-03-29", "2026-03-23", 3)),  # there is no hour 2
        ("2026-03-29 22:00:00", ("2026-03-30", "2026-03-30", 0)),  # Monday comes at 22:00 UTC
        ("2026-10-25 00:30:00", ("2026-10-25", "2026-10-19", 2)),  # the hour 2 comes twice
        ("2026-10-25 01:30:00", ("2026-10-25", "2026-10-19", 2)),
        ("2026-10-25 22:59:59", ("2026-10-25", "2026-10-19", 23)),
        ("2026-10-25 23:00:00", ("2026-10-26", "2026-10-26", 0)),
    ],
)
def test_days_around_the_change_of_the_clock(instant: str, expected: tuple[str, str, int]) -> None:
    assert local(instant) == expected


@settings(max_examples=200, deadline=None)
@given(
    instant=st.datetimes(datetime(1971, 1, 1), datetime(2037, 12, 31)),
    zone=st.sampled_from(ZONES),
)
def test_agrees_with_the_standard_library_at_any_instant(instant: datetime, zone: str) -> None:
    expected = instant.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    day, week, hour = local_columns(pa.array([instant], type=pa.timestamp("us")), ZoneInfo(zone))

    assert day[0].as_py() == expected.date()
    assert week[0].as_py().weekday() == 0
    assert 0 <= (expected.date() - week[0].as_py()).days < 7
    assert hour[0].as_py() == expected.hour


def test_a_missing_instant_stays_missing() -> None:
    day, week, hour = local_columns(pa.array([None], type=pa.timestamp("us")), ZoneInfo("UTC"))

    assert (day[0].as_py(), week[0].as_py(), hour[0].as_py()) == (None, None, None)


@pytest.mark.parametrize("zone", [*ZONES, "America/Havana", "Asia/Beirut"])
def test_a_day_begins_at_its_first_instant(zone: str) -> None:
    for month in range(1, 13):
        for day in (1, 15, 29 if month != 2 else 28):
            here = date(2026, month, day)
            start = day_start(here, ZoneInfo(zone))
            assert local_day(start, ZoneInfo(zone)) == here


def test_a_midnight_that_does_not_exist_gives_way_to_the_change() -> None:
    # Havana went from 23:59:59 to 01:00 on 8 March 2026.
    assert day_start(date(2026, 3, 8), ZoneInfo("America/Havana")) == datetime(2026, 3, 8, 5)
