"""Dates in the shop's zone, durations and counted things."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from app.ui import words

BERLIN = ZoneInfo("Europe/Berlin")


def test_an_instant_is_told_in_the_zone_of_the_shop() -> None:
    assert words.instant(datetime(2026, 11, 19, 22, 59), BERLIN) == "19 Nov 2026, 23:59"
    assert words.local(datetime(2026, 7, 1, 22, 30), BERLIN) == datetime(2026, 7, 2, 0, 30)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (42, "42 s"),
        (300, "5 min"),
        (3 * 3600, "3 hours"),
        (86400 * 12, "12 days"),
        (86400 * 1096, "3.0 years"),
    ],
)
def test_a_duration_is_told_in_the_largest_unit_that_fits(seconds: float, said: str) -> None:
    assert words.duration(seconds) == said


def test_one_thing_is_not_many() -> None:
    assert words.counted(1, "product") == "1 product"
    assert words.counted(1400, "entry", "entries") == "1,400 entries"


def test_text_from_data_is_never_markdown() -> None:
    assert words.plain("*Mug* [x](http://evil) :red[no] $1$") == (
        "\\*Mug\\* \\[x\\](http\\://evil) \\:red\\[no\\] \\$1\\$"
    )


def test_a_long_text_is_cut_at_a_word() -> None:
    assert words.shortened("one two three", 9) == "one two …"
    assert words.shortened("short", 9) == "short"


def test_a_day_has_no_leading_zero() -> None:
    assert words.day(date(2026, 3, 5)) == "5 Mar 2026"
