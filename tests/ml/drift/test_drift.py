"""Drift: silent where nothing changed, heard within a day where something did."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest

from ml import drift
from ml.drift import bounds, distances
from ml.drift.checking import ALARMS_A_MONTH, MONTH_DAYS
from ml.drift.completeness import completeness
from ml.drift.histograms import Course, course_of
from tests.ml.drift.shops import FIRST, LAST, LEARNED_TO, SEASON, calm_shop, shifted

DAY = LEARNED_TO + timedelta(days=12)
SHARED = ALARMS_A_MONTH / MONTH_DAYS / 2
"""As a shop with two capabilities looks at each."""


@lru_cache(maxsize=1)
def calm() -> pd.DataFrame:
    return calm_shop()


@lru_cache(maxsize=1)
def course() -> Course:
    return course_of(calm(), learned_to=LEARNED_TO, last_day=LAST)


def check(cases: pd.DataFrame, day: date = DAY, **more: object) -> drift.Check:
    found = course_of(cases, learned_to=LEARNED_TO, last_day=LAST)
    return drift.check(found, learned_to=LEARNED_TO, day=day, **more)  # type: ignore[arg-type]


def test_months_without_change_raise_at_most_one_alarm_each_on_average() -> None:
    shops = (3, 4, 5, 6)
    alarms = 0
    for seed in shops:
        counted = course_of(calm_shop(seed), learned_to=LEARNED_TO, last_day=LAST)
        before = False
        for number in range(1, 31):
            day = LEARNED_TO + timedelta(days=number)
            found = drift.check(counted, learned_to=LEARNED_TO, day=day, chance=SHARED)
            alarms += found.alarm and not before
            before = found.alarm
    assert alarms <= len(shops)


@pytest.mark.parametrize("name", ["amount", "units", "age", "method"])
def test_half_a_deviation_in_one_input_is_found_on_the_first_day(name: str) -> None:
    found = check(shifted(calm(), name, DAY))
    assert found.alarm
    assert [row.name for row in found.alarms] == [name]
    assert found.alarms[0].window == 1


def test_a_season_that_was_learned_is_no_drift_and_one_that_was_not_is() -> None:
    """The amount follows the season as it did a year ago; then it is that of another season."""
    last_year = check(calm(), DAY)
    assert last_year.years == 1
    assert not last_year.alarm
    quarter = calm().copy()
    late = quarter["day"] >= pd.Timestamp(DAY - timedelta(days=6))
    elsewhere = quarter.loc[late, "day"] + pd.Timedelta(days=120)
    turned = np.sin(2 * np.pi * (elsewhere - pd.Timestamp(FIRST)).dt.days / 364)
    here = np.sin(2 * np.pi * (quarter.loc[late, "day"] - pd.Timestamp(FIRST)).dt.days / 364)
    quarter.loc[late, "amount"] *= np.exp(SEASON * (turned - here))
    assert check(quarter).alarm


def test_the_nearest_span_is_named() -> None:
    row = next(row for row in check(calm()).rows if row.name == "amount")
    assert row.beside in ("recent", "1")


def test_values_that_are_no_longer_sent_are_an_alarm() -> None:
    gone = calm().copy()
    late = gone["day"] >= pd.Timestamp(DAY)
    gone.loc[late, "units"] = np.nan
    found = check(gone)
    row = next(row for row in found.alarms if row.name == "units")
    assert row.missing_now == 1.0
    assert row.missing_was == pytest.approx(0.03, abs=0.02)
    assert "missing" in drift.sentence(found, {"units": "Units"})


def test_a_category_that_was_never_seen_is_an_alarm() -> None:
    new = calm().copy()
    late = (new["day"] >= pd.Timestamp(DAY)).to_numpy()
    odd = late & (np.random.default_rng(1).random(len(new)) < 0.2)
    new.loc[odd, "method"] = "crypto"
    found = check(new)
    row = next(row for row in found.alarms if row.name == "method")
    assert row.moved == "(others)"
    assert row.moved_now == pytest.approx(0.2, abs=0.06)


def test_inputs_are_ranked_by_what_they_do_to_predictions() -> None:
    both = shifted(shifted(calm(), "age", DAY), "amount", DAY)
    for reach, first in (({"age": 5.0, "amount": 0.1}, "age"), ({"amount": 9.0}, "amount")):
        found = check(both, reach=reach)
        assert found.rows[0].name == first
        assert found.rows[0].effect == pytest.approx(
            found.rows[0].shift * reach[first]  # type: ignore[index]
        )
    strongest = max(found.rows, key=lambda row: row.score)
    assert {"age", "amount"} >= {strongest.name}


def test_drift_of_predictions_is_looked_at_beside_the_inputs() -> None:
    told = calm()[["day"]].assign(score=lambda f: np.random.default_rng(4).random(len(f)))
    late = told["day"] >= pd.Timestamp(DAY)
    moved = told.assign(score=told["score"].where(~late, told["score"] * 0.4))
    found = [
        drift.check(
            course_of(calm(), learned_to=LEARNED_TO, predictions=said, last_day=LAST),
            learned_to=LEARNED_TO,
            day=DAY,
        )
        for said in (told, moved)
    ]
    rows = [next(row for row in one.rows if row.role == "prediction") for one in found]
    assert [row.alarm for row in rows] == [False, True]
    assert rows[1].up is False


def test_one_enormous_order_is_no_drift() -> None:
    odd = calm().copy()
    odd.loc[(odd["day"] == pd.Timestamp(DAY)).idxmax(), "amount"] = 1e9
    assert not check(odd).alarm


def test_too_little_history_is_said_and_not_guessed() -> None:
    young = calm()[calm()["day"] < pd.Timestamp(FIRST + timedelta(days=70))]
    found = drift.check(
        course_of(young, learned_to=FIRST + timedelta(days=60)),
        learned_to=FIRST + timedelta(days=60),
        day=FIRST + timedelta(days=65),
    )
    assert not found.alarm
    assert "more would do" in found.why_not
    empty = course_of(calm().head(0), learned_to=LEARNED_TO)
    assert drift.check(empty, learned_to=LEARNED_TO, day=DAY).why_not


def test_bounds_come_from_how_days_hang_together() -> None:
    """A shop whose days differ a lot has wider bounds than chance alone would give."""

    def bound_of(wobble: float) -> float:
        chance = np.random.default_rng(2)
        day = np.repeat(np.arange(300), 200)
        moved = wobble * chance.normal(size=300)[day]
        frame = pd.DataFrame(
            {
                "day": np.datetime64(FIRST) + day.astype("timedelta64[D]"),
                "x": chance.normal(size=len(day)) + moved,
            }
        )
        learned = FIRST + timedelta(days=290)
        found = drift.check(
            course_of(frame, learned_to=learned), learned_to=learned,
            day=learned + timedelta(days=5),
        )  # fmt: skip
        row = next(row for row in found.rows if row.name == "x")
        return row.bound if row.window == 1 else row.bound * 2

    assert bound_of(0.3) > 2 * bound_of(0.0)


def test_more_inputs_widen_the_bounds() -> None:
    chance = np.random.default_rng(6)
    past = np.abs(chance.normal(size=(400, 60)))
    few, many = (bounds.together(past[:, :n], 0.01) for n in (1, 60))
    one = few.own[0] * few.bound
    assert many.own[0] * many.bound > 1.15 * one
    # About one day in a hundred is beyond a bound, of one input or of sixty.
    new = np.abs(chance.normal(size=(4000, 60)))
    for learnt, width in ((few, 1), (many, 60)):
        beyond = (new[:, :width] / (learnt.own * learnt.bound) > 1).any(axis=1).mean()
        assert 0.001 < beyond < 0.04


def test_days_on_which_something_happened_are_no_measure_of_what_is_usual() -> None:
    chance = np.random.default_rng(8)
    past = np.abs(chance.normal(size=(400, 5)))
    burst = past.copy()
    burst[200:205, 2] = 40.0
    calm_bound, found = bounds.together(past, 0.01), bounds.together(burst, 0.01)
    assert not found.ordinary[200:205].any()
    assert found.ordinary.sum() >= 390
    wide = found.own * found.bound / (calm_bound.own * calm_bound.bound)
    assert wide.max() < 1.3


def test_distances_of_known_distributions() -> None:
    one, other = np.array([[50.0, 50.0, 0.0]]), np.array([[0.0, 50.0, 50.0]])
    middles = np.array([0.0, 1.0, 2.0])
    assert distances.wasserstein(one, other, middles)[0] == pytest.approx(1.0)
    assert distances.kolmogorov_smirnov(one, other)[0] == pytest.approx(0.5)
    assert distances.moved(one, other)[0] == pytest.approx(0.5)
    p, q = np.array([[600.0, 400.0]]), np.array([[500.0, 500.0]])
    exact = 0.1 * np.log(0.6 / 0.5) - 0.1 * np.log(0.4 / 0.5)
    assert distances.psi(p, q)[0] == pytest.approx(exact, rel=0.01)
    assert distances.psi(p, p)[0] == pytest.approx(0.0, abs=1e-9)


def test_a_day_with_half_its_rows_or_none_is_not_whole() -> None:
    drawn = calm()
    at = drawn["day"] == pd.Timestamp(DAY)
    half = pd.concat([drawn[~at], drawn[at].head(int(at.sum() * 0.4))])
    for cases, odd in ((drawn, False), (half, True)):
        counted = course_of(cases, learned_to=LEARNED_TO, last_day=LAST)
        found = drift.check(counted, learned_to=LEARNED_TO, day=DAY)
        told = completeness(counted, found)
        assert told is not None
        assert told.odd is odd
        assert told.whole is not odd
    hole = drawn[drawn["day"] != pd.Timestamp(DAY - timedelta(days=3))]
    counted = course_of(hole, learned_to=LEARNED_TO, last_day=LAST)
    told = completeness(counted, drift.check(counted, learned_to=LEARNED_TO, day=DAY))
    assert told is not None
    assert told.missing_days == (DAY - timedelta(days=3),)
    assert not told.whole
    assert "No rows on" in told.sentence({})
