"""Chance is a function of its key."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from data_access.sources.demo.calendar import (
    DAY,
    as_date,
    day_number,
    instants,
    midnight,
    week_of,
    week_start,
)
from data_access.sources.demo.chance import generator, pick, uniform_of
from data_access.sources.demo.names import COUNTRIES, ip_country, ips


@given(seed=st.integers(0, 2**63 - 1), index=st.integers(0, 5_000))
def test_the_same_key_gives_the_same_stream(seed: int, index: int) -> None:
    left = generator(seed, "demand", index).random(3)

    assert (left == generator(seed, "demand", index).random(3)).all()
    assert (left != generator(seed, "demand", index + 1).random(3)).any()
    assert (left != generator(seed, "stock", index).random(3)).any()


def test_numbers_of_entities_are_uniform_and_do_not_hang_together() -> None:
    entity = np.arange(200_000)
    left, right = uniform_of(7, "home", entity), uniform_of(7, "city", entity)

    assert abs(left.mean() - 0.5) < 0.005
    assert abs(np.corrcoef(left, right)[0, 1]) < 0.01
    assert abs(np.corrcoef(left[:-1], left[1:])[0, 1]) < 0.01
    assert abs(np.corrcoef(left, uniform_of(8, "home", entity))[0, 1]) < 0.01


def test_picking_keeps_to_the_shares_and_never_takes_what_has_none() -> None:
    drawn = pick(np.random.default_rng(1), np.array([0.0, 3.0, 1.0, 0.0]), 40_000)

    assert set(drawn) == {1, 2}
    assert abs((drawn == 1).mean() - 0.75) < 0.02


@given(day=st.integers(10_000, 30_000))
def test_days_and_weeks_go_there_and_back(day: int) -> None:
    assert day_number(as_date(day)) == day
    assert as_date(week_start(week_of(day))).weekday() == 0
    assert week_start(week_of(day)) <= day < week_start(week_of(day)) + 7


def test_the_day_of_the_clock_change_has_twenty_three_hours() -> None:
    spring = day_number(as_date(0).replace(year=2026, month=3, day=29))

    assert (midnight(spring + 1) - midnight(spring)) * 24 == 23 * DAY
    assert instants(spring, 0) == midnight(spring)


def test_an_address_tells_its_country() -> None:
    line, country = np.arange(600), np.arange(600) % 6

    found = [ip_country(ip) for ip in ips(3, line, country).to_pylist()]

    assert found == [COUNTRIES[place] for place in country]
    assert ip_country("192.0.2.1") is None
