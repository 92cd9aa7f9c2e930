"""Versions side by side: planted differences are found, luck is not taken for skill."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ml import comparison
from ml.comparison import RULE, Drawn, common, holm, side_by_side
from ml.contract import Measure
from ml.forecasting import FORECASTING
from ml.fraud import FRAUD

WAPE = next(one for one in FORECASTING.measures if one.slug == "wape")
PRECISION = next(one for one in FRAUD.measures if one.slug == "average_precision")


def sales(
    noise: dict[str, float],
    *,
    seed: int = 0,
    units: int = 60,
    weeks: int = 20,
    of_unit: float = 0.0,
    of_week: float = 0.0,
) -> dict[str, pd.DataFrame]:
    """Versions that miss by so much: by row, and together by product and by week."""
    chance = np.random.default_rng(seed)
    unit, week = (grid.ravel() for grid in np.meshgrid(range(units), range(weeks)))
    actual = chance.poisson(20, len(unit)).astype(float)
    rule = actual + chance.normal(0, 8, len(unit))
    told = {}
    for name, spread in noise.items():
        missed = (
            chance.normal(0, spread, len(unit))
            + chance.normal(0, of_unit, units)[unit]
            + chance.normal(0, of_week, weeks)[week]
        )
        told[name] = pd.DataFrame(
            {
                "case": [f"{a}/{b}" for a, b in zip(unit, week, strict=True)],
                "unit": unit.astype(str),
                "group": np.where(unit % 2, "odd", "even"),
                "day": pd.Timestamp("2026-01-05") + pd.to_timedelta(week * 7, unit="D"),
                "actual": actual,
                "predicted": actual + missed,
                "rule": rule,
                "weight": 1.0,
            }
        )
    return told


def compare(rows: dict[str, pd.DataFrame]) -> comparison.SideBySide:
    found = side_by_side(rows, FORECASTING.figures, WAPE)
    assert found is not None
    return found


def test_a_clearly_better_version_is_told_from_luck() -> None:
    found = compare(sales({"1": 2.0, "2": 4.0}))

    first = next(one for one in found.differences if {one.better, one.worse} == {"1", "2"})
    assert (first.better, first.chance) == ("1", False)
    assert first.low is not None
    assert first.low > 0
    assert first.p is not None
    assert first.p < 0.01
    own = found.figures["wape"]
    assert own["1"].value < own["2"].value < own[RULE].value
    for one in own.values():
        assert one.low is not None
        assert one.high is not None
        assert one.low < one.value < one.high


def test_equal_versions_are_rarely_told_apart_also_where_products_and_weeks_hang_together() -> None:
    """Two that are equally good, 30 times: at 5 % one or two false alarms are to be expected."""
    alarms = 0
    for seed in range(30):
        found = compare(sales({"1": 2.0, "2": 2.0}, seed=seed, of_unit=2.0, of_week=2.0,
                              units=30, weeks=12))  # fmt: skip
        pair = next(one for one in found.differences if RULE not in (one.better, one.worse))
        alarms += not pair.chance
    assert alarms <= 5  # more than that comes by chance once in a hundred times


def test_the_luck_of_whole_weeks_widens_intervals() -> None:
    def width(of_week: float) -> float:
        one = compare(sales({"1": 2.0, "2": 2.0}, of_week=of_week, weeks=12)).figures["wape"]["1"]
        assert one.low is not None
        assert one.high is not None
        return one.high - one.low

    assert width(6.0) > 2 * width(0.0)


def test_the_better_of_two_comes_first_whichever_way_the_measure_goes() -> None:
    lower = Measure(slug="a", label="A", unit="share", better="lower", about="")
    higher = Measure(slug="b", label="B", unit="share", better="higher", about="")
    near = Measure(slug="c", label="C", unit="share", better="near zero", about="")
    assert comparison.better(lower, 0.1, 0.2)
    assert comparison.better(higher, 0.2, 0.1)
    assert comparison.better(near, -0.1, 0.2)
    assert not comparison.better(near, -0.3, 0.2)


def test_fraud_scores_are_compared_by_linked_orders() -> None:
    chance = np.random.default_rng(2)
    fraud = (chance.random(3_000) < 0.03).astype(float)
    base = {
        "case": [str(number) for number in range(3_000)],
        "unit": (np.arange(3_000) // 2).astype(str),
        "group": "all",
        "day": pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(3_000) % 60, unit="D"),
        "actual": fraud,
        "rule": chance.random(3_000),
        "weight": 1.0,
    }
    good = pd.DataFrame({**base, "predicted": 0.7 * fraud + chance.random(3_000)})
    poor = pd.DataFrame({**base, "predicted": 0.1 * fraud + chance.random(3_000)})
    found = side_by_side({"7": good, "8": poor}, FRAUD.figures, PRECISION)

    assert found is not None
    assert found.units == 1_500
    pair = next(one for one in found.differences if {one.better, one.worse} == {"7", "8"})
    assert (pair.better, pair.chance) == ("7", False)
    weak = next(one for one in found.differences if {one.better, one.worse} == {"8", RULE})
    assert weak.p is not None
    assert weak.p > pair.p  # type: ignore[operator]


def test_only_cases_that_all_were_asked_are_compared() -> None:
    rows = sales({"1": 2.0, "2": 2.0, "3": 2.0})
    rows["2"] = rows["2"].iloc[100:]
    rows["3"] = rows["3"].iloc[:-50]

    assert len(common(rows)) == 60 * 20 - 150
    rows["3"] = rows["3"].assign(case="another/" + rows["3"]["case"])
    assert side_by_side(rows, FORECASTING.figures, WAPE) is None


def test_with_too_few_units_nothing_is_claimed() -> None:
    found = compare(sales({"1": 1.0, "2": 6.0}, units=5))

    assert not found.enough
    assert all(one.chance and one.p is None for one in found.differences)
    assert found.figures["wape"]["1"].low is None


def test_segments_add_up_and_the_largest_comes_first() -> None:
    rows = sales({"1": 2.0})
    rows["1"] = rows["1"].assign(group=np.where(rows["1"]["unit"] == "7", "one", "all others"))
    found = compare(rows)

    assert [one.group for one in found.segments] == ["all others", "one"]
    assert sum(one.cases for one in found.segments) == found.cases
    assert sum(one.weight for one in found.segments) == pytest.approx(1.0)
    assert set(found.segments[0].figures) == {"1", RULE}


def test_the_same_cases_give_the_same_answer() -> None:
    assert compare(sales({"1": 2.0, "2": 3.0})) == compare(sales({"1": 2.0, "2": 3.0}))


def test_many_comparisons_are_corrected() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []


def test_days_widen_only_by_what_single_cases_do_not_explain() -> None:
    def drawn(units: float, days: float, cases: float) -> Drawn:
        both = np.array([-1.0, 1.0])
        return Drawn(units=both * units, days=both * days, cases=both * cases)

    assert drawn(1.0, 1.0, 1.0).wider == 1.0
    assert drawn(1.0, 2.0, 1.0).wider == pytest.approx(2.0)
    assert drawn(1.0, 0.5, 1.0).wider == 1.0
