"""What is known of an order at an instant, and the figures that scores are judged by."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from ml.fraud import calibration, labels, measures
from ml.fraud.measures import Sorted

AT = pd.Timestamp("2026-06-01")


def orders(**columns: list[object]) -> pd.DataFrame:
    count = len(next(iter(columns.values())))
    usual = {
        "order_id": [f"O{i}" for i in range(count)],
        "placed_at": [pd.Timestamp("2026-01-01")] * count,
        "amount": [50.0] * count,
    }
    return pd.DataFrame(usual | columns)


def said(*rows: tuple[str, str, str, bool]) -> pd.DataFrame:
    """order, known on, source, fraud"""
    return pd.DataFrame(
        [
            {
                "order_id": order,
                "known_at": pd.Timestamp(on),
                "source": source,
                "fraud": fraud,
                "amount": 40.0 if source == "chargeback" else 0.0,
            }
            for order, on, source, fraud in rows
        ],
        columns=["order_id", "known_at", "source", "fraud", "amount"],
    )


def state(frame: pd.DataFrame, told: pd.DataFrame | None = None, at: pd.Timestamp = AT) -> list:
    return labels.known(frame, told, None, at)["fraud"].tolist()


def test_an_order_is_good_only_when_its_window_has_passed():
    young = orders(placed_at=[pd.Timestamp("2026-01-01"), pd.Timestamp("2026-05-01")])
    good, not_ripe = state(young)
    assert good == 0.0
    assert np.isnan(not_ripe)


def test_a_chargeback_says_fraud_from_the_moment_it_is_known_and_not_before():
    frame = orders(placed_at=[pd.Timestamp("2026-05-01")])
    told = said(("O0", "2026-05-20", "chargeback", True))
    assert state(frame, told) == [1.0]
    assert np.isnan(state(frame, told, pd.Timestamp("2026-05-20"))[0])


def test_what_the_bank_declined_is_neither_good_nor_bad():
    assert np.isnan(state(orders(declined=[True]))[0])


def test_a_chargeback_stands_above_an_approval_and_the_last_verdict_above_the_first():
    frame = orders(amount=[1.0, 1.0])
    told = said(
        ("O0", "2026-02-01", "chargeback", True),
        ("O0", "2026-03-01", "verdict", False),
        ("O1", "2026-02-01", "verdict", True),
        ("O1", "2026-03-01", "verdict", False),
    )
    assert state(frame, told) == [1.0, 0.0]


def test_a_released_order_stands_for_those_that_were_held_but_for_no_more_than_twenty():
    drawn = pd.DataFrame({"order_id": ["O0", "O1"], "share": [0.25, 0.001]})
    found = labels.known(orders(amount=[1.0, 1.0, 1.0]), None, drawn, AT)
    assert found["weight"].tolist() == [4.0, labels.MOST_WEIGHT, 1.0]


def test_money_lost_is_what_was_charged_back_else_the_amount():
    told = said(("O0", "2026-02-01", "chargeback", True), ("O1", "2026-02-01", "verdict", True))
    assert labels.known(orders(amount=[50.0, 60.0]), told, None, AT)["money"].tolist() == [40, 60]


cases = st.lists(
    st.tuples(st.integers(0, 8), st.booleans(), st.integers(1, 3)), min_size=2, max_size=60
).filter(lambda rows: len({row[1] for row in rows}) == 2)


@given(cases)
def test_average_precision_and_auc_are_those_of_scikit_learn_ties_and_weights_included(rows):
    score, fraud, weight = (np.array(column, float) for column in zip(*rows, strict=True))
    ranked = Sorted.of(score)
    own = measures.average_precision(ranked, fraud, weight)
    assert own == pytest.approx(average_precision_score(fraud, score, sample_weight=weight))
    auc = measures.auc(ranked, fraud, weight)
    assert auc == pytest.approx(roc_auc_score(fraud, score, sample_weight=weight))


def test_capacity_takes_the_riskiest_of_each_day():
    score = np.array([0.9, 0.8, 0.7, 0.1, 0.2, 0.3])
    day = np.array([1, 1, 1, 2, 2, 2])
    assert measures.top_a_day(score, day, 1).tolist() == [True, False, False, False, False, True]


def test_a_scale_learned_on_true_log_odds_leaves_them_as_they_are():
    chance = np.random.default_rng(3)
    margin = chance.normal(-2, 1.5, 40_000)
    fraud = (chance.random(40_000) < 1 / (1 + np.exp(-margin))).astype(float)
    found = calibration.learn(margin, fraud, np.ones(40_000))
    assert found is not None
    assert found.slope == pytest.approx(1.0, abs=0.05)
    assert found.offset == pytest.approx(0.0, abs=0.05)
    assert calibration.error(found.probability(margin), fraud, np.ones(40_000)) < 0.01


def test_a_score_that_points_the_wrong_way_gets_no_scale():
    chance = np.random.default_rng(3)
    margin = chance.normal(0, 1, 5_000)
    fraud = (margin < -1.5).astype(float)
    assert calibration.learn(margin, fraud, np.ones(5_000)) is None


def test_without_labels_the_strangest_hundredth_reaches_the_review_threshold():
    margin = np.random.default_rng(3).gamma(2.0, 1.0, 10_000)
    scale = calibration.by_rank(margin)
    assert (scale.probability(margin) >= 0.15).mean() == pytest.approx(0.01, abs=0.001)
