"""What a model would have said of the newest weeks, had it been asked as they came."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from ml.forecasting import FORECASTING
from ml.forecasting.replayed import AHEAD, NEWEST_WEEKS, fresh_since
from ml.lead import lead, paired
from tests.ml.forecasting.test_contract import TestForecasting as Contract

SEED = 11
AS_OF = Contract.as_of
QUICK = Contract.quick.get(Contract.learned_candidate)


def test_the_newest_weeks_are_whole_ones() -> None:
    assert fresh_since(date(2026, 6, 28)) == date(2026, 6, 28) - timedelta(weeks=NEWEST_WEEKS)
    assert fresh_since(date(2026, 7, 1)) == date(2026, 6, 28) - timedelta(weeks=NEWEST_WEEKS)


def test_a_recipe_that_finds_the_signal_is_surely_better_than_the_rule_of_thumb() -> None:
    frames = Contract.frames("signal")
    since = fresh_since(AS_OF)
    model = FORECASTING.fit(
        Contract.learned_candidate, frames, as_of=since, seed=SEED, parameters=QUICK
    )
    cases = FORECASTING.replay(model, frames, since=since, as_of=AS_OF)
    weeks = cases["day"].drop_duplicates().sort_values()
    assert list(weeks) == list(
        pd.date_range(since + timedelta(days=1), periods=NEWEST_WEEKS, freq="7D")
    )
    assert lead(FORECASTING, cases, "predicted", "rule", seed=SEED).surely_better

    same = FORECASTING.replay(model, frames, since=since, as_of=AS_OF)
    both = paired(cases, same)
    nobody = lead(FORECASTING, both, "predicted", "other", seed=SEED)
    assert (nobody.lead, nobody.surely_better, nobody.surely_worse) == (0.0, False, False)


def test_each_week_is_told_a_few_weeks_ahead_and_once() -> None:
    frames = Contract.frames("signal")
    model = FORECASTING.fit("recent_mean", frames, as_of=AS_OF - timedelta(weeks=40), seed=SEED)
    cases = FORECASTING.replay(model, frames, since=AS_OF - timedelta(weeks=40), as_of=AS_OF)
    assert cases["case"].is_unique
    assert cases["day"].nunique() == 6 * AHEAD  # the newest stretches of so many weeks


def test_before_a_week_is_over_nothing_is_known() -> None:
    frames = Contract.frames("signal")
    model = FORECASTING.fit("recent_mean", frames, as_of=AS_OF - timedelta(weeks=4), seed=SEED)
    found = FORECASTING.replay(model, frames, since=AS_OF - timedelta(days=5), as_of=AS_OF)
    assert found["day"].nunique() == 1
    assert FORECASTING.replay(
        model, frames, since=AS_OF - timedelta(days=13), as_of=AS_OF - timedelta(days=8)
    ).empty
