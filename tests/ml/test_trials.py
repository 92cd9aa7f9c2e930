"""Two models side by side: luck is measured by unit, and looking every day fools nobody."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from ml import trials

DRAWS = 200


def rows(predicted: np.ndarray, actual: np.ndarray, unit: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "case": [str(n) for n in range(len(unit))],
            "unit": [str(one) for one in unit],
            "actual": actual,
            "predicted": predicted,
            "weight": 1.0,
        }
    )


def wape(frame: pd.DataFrame, said: str = "predicted") -> float:
    weight = frame["weight"].to_numpy()
    sold = float((frame["actual"].to_numpy() * weight).sum())
    missed = float((np.abs(frame[said] - frame["actual"]).to_numpy() * weight).sum())
    return missed / sold if sold else math.nan


def arm(seed: int, units: int, error: float, *, each: int = 3, shared: float = 0.0) -> pd.DataFrame:
    """Cases of units that miss by `error` on average; `shared`: how much a unit misses alike."""
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(units), each)
    missed = rng.normal(0, error, units * each) * (1 - shared)
    missed += rng.normal(0, error, units)[unit] * shared
    return rows(10 + missed, np.full(units * each, 10.0), unit)


def split(first: pd.DataFrame, second: pd.DataFrame, draws: int = DRAWS) -> trials.Compared:
    return trials.split(first, second, wape, better="lower", seed=1, draws=draws)


def test_a_much_better_challenger_is_found_and_a_worse_one_too() -> None:
    good, bad = arm(1, 200, 1.0), arm(2, 200, 3.0)
    better, worse = split(bad, good), split(good, bad)
    assert (better.state, worse.state) == ("better", "worse")
    assert better.difference == pytest.approx(-worse.difference)
    assert better.low > 0 > worse.high
    assert better.champion.value == pytest.approx(wape(bad))
    assert (better.champion.units, better.champion.cases) == (200, 600)


def test_of_a_measure_that_should_be_high_more_is_better() -> None:
    def hits(frame: pd.DataFrame) -> float:
        return 1 - wape(frame)

    found = trials.split(
        arm(2, 200, 3.0), arm(1, 200, 1.0), hits, better="higher", seed=1, draws=DRAWS
    )
    assert found.state == "better"
    assert found.difference > 0


def test_of_a_bias_the_one_nearer_to_nothing_is_better() -> None:
    def bias(frame: pd.DataFrame) -> float:
        weight = frame["weight"].to_numpy()
        return float(np.average(frame["predicted"] - frame["actual"], weights=weight))

    low, near = arm(1, 300, 1.0), arm(2, 300, 1.0)
    low = low.assign(predicted=low["predicted"] - 3)
    found = trials.split(low, near, bias, better="near zero", seed=1, draws=DRAWS)
    assert found.state == "better"


def test_the_range_is_the_spread_of_the_units_not_of_the_cases() -> None:
    """Ten copies of each case bring no news, and must not make the range narrower."""
    once = arm(3, 60, 2.0, each=1)
    often = pd.concat([once] * 10, ignore_index=True)
    one, ten = (split(each, each).champion for each in (once, often))
    assert ten.high - ten.low == pytest.approx(one.high - one.low, rel=0.15)
    assert ten.units == one.units


def test_the_usual_range_holds_the_truth_about_as_often_as_it_says() -> None:
    """95 % of 40 ranges around the mean miss; chance leaves room for five more."""
    held = 0
    for seed in range(40):
        one = split(arm(seed, 80, 2.0, shared=0.5), arm(0, 8, 1.0), draws=80).champion
        held += one.low <= _expected(0.5) <= one.high
    assert 33 <= held <= 40


def _expected(shared: float) -> float:
    spread = 2.0 * math.sqrt((1 - shared) ** 2 + shared**2)
    return spread * math.sqrt(2 / math.pi) / 10


def test_whoever_looks_every_day_at_two_equal_models_is_seldom_fooled() -> None:
    """60 looks at 400 experiments without a difference: a usual range fools every third."""
    rng = np.random.default_rng(7)
    looks = np.unique(np.geomspace(8, 2_000, 60).astype(int))
    fooled = usual = 0
    for _ in range(400):
        misses = rng.standard_t(4, 2_000)  # heavier tails than the normal
        total, square = np.cumsum(misses)[looks - 1], np.cumsum(misses**2)[looks - 1]
        mean = total / looks
        error = np.sqrt((square / looks - mean**2) / (looks - 1))
        fooled += bool((np.abs(mean) > [trials.margin(n) for n in looks] * error).any())
        usual += bool((np.abs(mean) > 1.96 * error).any())
    assert fooled <= 400 * 0.05
    assert usual > 400 * 0.2


def test_in_shadow_the_same_cases_tell_a_small_difference_that_a_split_cannot() -> None:
    rng = np.random.default_rng(5)
    both = arm(4, 100, 3.0)
    nearer = both["actual"] + (both["predicted"] - both["actual"]) * 0.93
    both["challenger"] = nearer + rng.normal(0, 0.02, len(both))
    found = trials.paired(
        both, wape, lambda frame: wape(frame, "challenger"), better="lower", seed=1, draws=DRAWS
    )
    assert found.state == "better"
    half = len(both) // 2
    apart = split(both[:half], both[half:].assign(predicted=both["challenger"][half:]))
    assert apart.state == "open"


@pytest.mark.parametrize("few", [0, 1, 7])
def test_a_handful_of_units_is_too_early(few: int) -> None:
    found = split(arm(1, 50, 1.0), arm(2, few, 9.0))
    assert found.state == "too early"
    assert math.isnan(found.low)
    assert math.isnan(found.challenger.low)


def test_where_the_rare_outcome_never_came_it_is_too_early() -> None:
    quiet = arm(1, 50, 1.0).assign(actual=0.0)
    found = split(quiet, arm(2, 50, 1.0))
    assert found.state == "too early"
    assert math.isnan(found.champion.value)


def test_the_same_rows_in_another_order_say_the_same() -> None:
    first, second = arm(1, 60, 1.0), arm(2, 60, 1.3)
    one = split(first, second)
    other = split(first.sort_values("case"), second.sort_values("case"))
    assert other.difference == pytest.approx(one.difference)
    assert other.high - other.low == pytest.approx(one.high - one.low, rel=0.2)


def test_so_many_units_as_are_needed_do_find_the_difference() -> None:
    """The planned number finds a planted difference in about four of five trials."""
    before = arm(9, 300, 2.0, each=1)
    spread = trials.spread_beforehand(before, wape, 0.5, seed=1, draws=DRAWS)
    sought = 0.25 * wape(before)
    needed = trials.units_needed(spread, sought)
    assert needed is not None
    found = sum(
        split(
            arm(seed, needed // 2, 2.0, each=1),
            arm(seed + 1_000, needed // 2, 1.5, each=1),
            draws=60,
        ).state
        == "better"
        for seed in range(20)
    )
    assert 12 <= found <= 20


def test_a_smaller_share_and_a_smaller_difference_need_more() -> None:
    before = arm(9, 100, 2.0)
    even, odd = (
        trials.spread_beforehand(before, wape, share, seed=1, draws=DRAWS) for share in (0.5, 0.1)
    )
    assert odd > even
    less, more = trials.units_needed(even, 0.1), trials.units_needed(even, 0.01)
    assert less is not None
    assert more is not None
    assert more > 50 * less
    assert trials.units_needed(even, 0.0) is None
    assert trials.units_needed(math.nan, 0.1) is None
    assert trials.units_needed(1e9, 1e-9) is None


def test_a_split_that_chance_did_not_make_is_noticed() -> None:
    assert trials.uneven(900, 100, 0.3)
    assert not trials.uneven(690, 310, 0.3)
    assert not trials.uneven(9, 0, 0.3)  # of so few anything may happen
    assert not trials.uneven(0, 0, 0.3)


def test_the_interval_that_always_holds_is_wider_and_narrows_to_where_it_is_sought() -> None:
    margins = [trials.margin(n) for n in (8, 50, 500, 5_000, 500_000)]
    assert min(margins) > trials.USUAL_Z
    assert margins[0] > margins[1] > margins[2]
