"""One quick look at the network that learns long; its properties are for `make test-slow`."""

from __future__ import annotations

import numpy as np
import pytest

from ml.fraud import FRAUD
from ml.fraud.candidates import CANDIDATES
from tests.factories.fraud_shops import aimless_shop, last_day
from tests.ml.slow import SLOW

ORDERS = 2_000


@pytest.mark.parametrize("key", [one.key for one in CANDIDATES if one.key in SLOW])
def test_a_slow_candidate_learns_and_scores_and_claims_nothing_of_noise(key: str) -> None:
    frames = aimless_shop(ORDERS)
    given = {"as_of": last_day(), "seed": 1, "parameters": {"steps": 60, "width": 8}}
    evaluation = FRAUD.evaluate(key, frames, **given)
    model = FRAUD.fit(key, frames, evaluation=evaluation, **given)
    told = FRAUD.predict(model, frames, as_of=last_day())

    last = frames["orders"]["order_id"].tolist()[-len(told) :]
    assert sorted(told["order_id"]) == sorted(last)
    assert len(told) > 100
    scores = told["score"].to_numpy(np.float64)
    assert np.isfinite(scores).all()
    assert ((scores >= 0) & (scores <= 1)).all()
    assert len(np.unique(scores)) > 100, "it looks at the orders"
    assert not evaluation.beats_baseline, evaluation.verdict
    assert "o better than" in evaluation.verdict
