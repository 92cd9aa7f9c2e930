"""How surely one answer is ahead of another on the same cases."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ml.contract import CASE_COLUMNS
from ml.lead import FEWEST_UNITS, lead, paired, ratio


def capability(better: str = "lower") -> Any:
    """Judged by the mean error, weighted; only what a lead asks of a capability."""

    def figures(rows: pd.DataFrame, said: str = "predicted") -> dict[str, float]:
        error = np.abs(rows[said].to_numpy() - rows["actual"].to_numpy())
        value = float(np.average(error, weights=rows["weight"].to_numpy()))
        return {"error": -value if better == "higher" else value}

    measure = SimpleNamespace(slug="error", better=better, unit="units", label="Error")
    return SimpleNamespace(measures=(measure,), primary="error", figures=figures)


def cases(units: int, own: float, rule: float, *, each: int = 5, seed: int = 1) -> pd.DataFrame:
    """Rows whose predictions miss by about `own` and `rule`."""
    chance = np.random.default_rng(seed)
    size = units * each
    actual = chance.uniform(50, 100, size)
    rows = pd.DataFrame(
        {
            "case": [f"c{number}" for number in range(size)],
            "unit": [f"u{number % units}" for number in range(size)],
            "group": "all",
            "day": pd.Timestamp("2026-01-01"),
            "actual": actual,
            "predicted": actual + chance.normal(0, own, size),
            "rule": actual + chance.normal(0, rule, size),
            "weight": 1.0,
        }
    )
    return rows[list(CASE_COLUMNS)]


@pytest.mark.parametrize("better", ["lower", "higher"])
def test_a_clear_lead_is_sure_whichever_way_the_measure_points(better: str) -> None:
    found = lead(capability(better), cases(100, 2.0, 6.0), "predicted", "rule", seed=3)
    assert found.surely_better
    assert not found.surely_worse
    assert found.low < found.lead < found.high
    back = lead(capability(better), cases(100, 6.0, 2.0), "predicted", "rule", seed=3)
    assert back.surely_worse


def test_two_that_are_equally_good_are_rarely_called_different() -> None:
    """By a 90 % interval, one time in ten."""
    sure = [
        one.surely_better or one.surely_worse
        for seed in range(60)
        for one in [
            lead(capability(), cases(40, 4.0, 4.0, seed=seed), "predicted", "rule", seed=seed)
        ]
    ]
    assert sum(sure) <= 14  # 6 expected; more than 14 of 60 has a chance below 0.1 %


def test_too_few_units_say_nothing_however_many_cases() -> None:
    found = lead(
        capability(), cases(FEWEST_UNITS - 1, 1.0, 9.0, each=200), "predicted", "rule", seed=3
    )
    assert (found.surely_better, found.low) == (False, -np.inf)


def test_cases_of_one_unit_are_drawn_together() -> None:
    """Ten copies of each case prove no more than one."""
    once = cases(60, 4.0, 4.6, each=1)
    copies = pd.concat([once.assign(case=once["case"] + f"/{n}") for n in range(10)])
    narrow = lead(capability(), once, "predicted", "rule", seed=3)
    wide = lead(capability(), copies, "predicted", "rule", seed=3)
    assert wide.high - wide.low == pytest.approx(narrow.high - narrow.low, rel=0.05)


def test_the_same_seed_says_the_same() -> None:
    rows = cases(30, 3.0, 4.0)
    assert lead(capability(), rows, "predicted", "rule", seed=3) == lead(
        capability(), rows, "predicted", "rule", seed=3
    )


def test_only_cases_that_both_were_asked_are_paired() -> None:
    own, other = cases(20, 2.0, 4.0), cases(20, 3.0, 4.0, seed=2).iloc[10:]
    both = paired(own, other)
    assert list(both["case"]) == list(other["case"])
    assert both["other"].tolist() == other["predicted"].tolist()


def test_a_ratio_below_one_is_ahead_of_the_rule_of_thumb() -> None:
    found = ratio(capability(), cases(100, 2.0, 6.0), seed=3)
    assert found.low < found.value < found.high < 0.5
