"""From scores to cases: thresholds, chance, newer scores, what is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.access import AccessDenied
from app.context import Desk
from app.services.fraud import cases, casing, deciding, queue, scoring
from app.services.fraud.views import CaseConflictError
from data_access.state import fraud_scores
from data_access.state.fraud_tables import FraudCase
from ml.fraud import schema
from tests.factories.fraud_cases import ANN, MIA, NOW, read_case, set_preference


@pytest.fixture(autouse=True)
def scores(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """Scores by order that the model gives: what it says is not what is tested here."""
    said: dict[str, float] = {}

    def score(model: Any, features: pd.DataFrame, *, base: bool = True) -> pd.DataFrame:
        rows = [said.get(str(one), 0.5) for one in features.index]
        return pd.DataFrame({"score": rows, "kind": None, "base": 0.01}, index=features.index)

    monkeypatch.setattr("ml.fraud.scoring.score", score)
    return said


def keep(desk: Desk, *order_ids: str, cause: Any = "new", now=NOW, hours=2, amount=100.0):  # type: ignore[no-untyped-def]
    index = pd.Index(order_ids, name="order_id")
    features = pd.DataFrame(np.nan, index=index, columns=list(schema.NAMES))
    features["amount"] = amount
    facts = pd.DataFrame(
        {
            "amount": amount,
            "placed_at": pd.Timestamp(NOW) - pd.Timedelta(hours=hours),
            "shipping_country": "FR",
            "method": "card",
        },
        index=index,
    )
    return scoring.keep(desk, features, facts, cause=cause, now=now)


@pytest.fixture
def no_chance(any_desk: Desk) -> Desk:
    set_preference(any_desk, "fraud_release_share", 0.0)
    set_preference(any_desk, "fraud_audit_share", 0.0)
    return any_desk


def test_from_the_review_threshold_on_an_order_becomes_a_case(
    no_chance: Desk, scores: dict[str, float]
) -> None:
    scores |= {"low": 0.0299, "review": 0.03, "block": 0.8}
    found = {one.order_id: one for one in keep(no_chance, "low", "review", "block")}
    assert [found[one].risk for one in ("low", "review", "block")] == ["low", "review", "block"]
    assert found["low"].case_id is None
    rows = queue.page(no_chance, ANN, now=NOW).rows
    assert [row.order_id for row in rows] == ["block", "review"]
    block = rows[0]
    assert (block.amount, block.expected_loss) == (100.0, 80.0)
    assert (block.country, block.method, block.why) == ("FR", "card", "score")
    assert block.due_at == NOW + timedelta(hours=22)
    assert block.version == 1


def test_thresholds_that_the_manager_set_hold_from_then_on(
    no_chance: Desk, scores: dict[str, float]
) -> None:
    scores |= {"a": 0.5, "b": 0.5}
    keep(no_chance, "a")
    set_preference(no_chance, "fraud_review_threshold", 0.6)
    keep(no_chance, "b")
    assert [row.order_id for row in queue.page(no_chance, ANN, now=NOW).rows] == ["a"]


def test_everything_that_was_said_is_kept_with_its_features_and_reasons(no_chance: Desk) -> None:
    keep(no_chance, "a")
    with no_chance.state.read() as session:
        score = fraud_scores.newest_score(session, "a")
    assert score is not None
    assert score.features == {"amount": 100.0}  # what is not known is not kept
    assert (score.model_version, score.cause, score.shadow) == (0, "new", False)
    assert set(score.factors) == {"base", "factors"}


def test_an_order_has_one_case_however_often_it_is_scored(no_chance: Desk) -> None:
    first = keep(no_chance, "a")[0].case_id
    second = keep(no_chance, "a", cause="asked")[0].case_id
    assert first == second
    assert read_case(no_chance, first).version == 1


def test_a_newer_score_does_not_disturb_whoever_decides(
    no_chance: Desk, scores: dict[str, float]
) -> None:
    scores["a"] = 0.5
    case = keep(no_chance, "a")[0].case_id
    opened = queue.open_case(no_chance, ANN, case, now=NOW)
    scores["a"] = 0.9
    keep(no_chance, "a", cause="again")
    row = read_case(no_chance, case)
    assert (row.score, row.risk, row.expected_loss) == (0.9, "block", 900_000)
    deciding.decide(no_chance, ANN, case, opened.row.version, "decline", now=NOW)
    acts = cases.history(no_chance, ANN, case)
    assert acts[0].score == 0.9


def test_an_approved_case_opens_anew_where_its_risk_has_risen_a_level(
    no_chance: Desk, scores: dict[str, float]
) -> None:
    scores["a"] = 0.3
    case = keep(no_chance, "a")[0].case_id
    done = deciding.decide(no_chance, ANN, case, 1, "approve", now=NOW)
    scores["a"] = 0.5
    keep(no_chance, "a", cause="again")
    assert read_case(no_chance, case).state == "closed"
    scores["a"] = 0.85
    keep(no_chance, "a", cause="again")
    row = read_case(no_chance, case)
    assert (row.state, row.verdict, row.risk) == ("open", None, "block")
    with pytest.raises(CaseConflictError):
        deciding.undo(no_chance, ANN, done.decision_id, now=NOW)


def test_a_declined_case_stays_closed(no_chance: Desk, scores: dict[str, float]) -> None:
    scores["a"] = 0.3
    case = keep(no_chance, "a")[0].case_id
    deciding.decide(no_chance, ANN, case, 1, "decline", now=NOW)
    scores["a"] = 0.99
    keep(no_chance, "a", cause="again")
    assert read_case(no_chance, case).verdict == "decline"


def test_an_order_long_arrived_is_scored_but_no_case(no_chance: Desk) -> None:
    assert keep(no_chance, "old", hours=24 * 15)[0].case_id is None
    assert keep(no_chance, "asked for", hours=24 * 15, cause="asked")[0].case_id is not None


def test_chance_lets_doubtful_ones_through_and_sends_good_ones_to_review(
    desk: Desk, scores: dict[str, float]
) -> None:
    set_preference(desk, "fraud_release_share", 0.25)
    set_preference(desk, "fraud_audit_share", 0.1)
    ids = [f"O{number}" for number in range(600)]
    for number, one in enumerate(ids):
        scores[one] = (0.01, 0.4, 0.95)[number % 3]
    found = keep(desk, *ids)
    by_risk = {
        risk: [one for one in found if one.risk == risk] for risk in ("low", "review", "block")
    }
    released = [one for one in by_risk["review"] if one.drawn == "release"]
    audited = [one for one in by_risk["low"] if one.drawn == "audit"]
    assert 30 <= len(released) <= 70  # of 200, a quarter
    assert 8 <= len(audited) <= 35  # of 200, a tenth
    assert all(one.case_id is None for one in released)
    assert all(one.case_id is not None for one in audited)
    assert all(one.case_id is not None and one.drawn is None for one in by_risk["block"])
    with desk.state.read() as session:
        kept = fraud_scores.releases_since(session, NOW)
        case = session.get(FraudCase, audited[0].case_id)
    assert {row.share for row in kept if row.kind == "release"} == {0.25}
    assert len(kept) == len(released) + len(audited)
    assert case is not None
    assert case.why == "audit"
    again = keep(desk, *ids, cause="asked")
    assert [one.drawn for one in again if one.risk == "review"] == [
        one.drawn for one in found if one.risk == "review"
    ]


def test_chance_is_another_one_in_each_home(desk: Desk) -> None:
    ids = [f"O{number}" for number in range(2000)]
    mine = {one for one in ids if casing.drawn(b"key one", "fraud-release", one, 0.1)}
    other = {one for one in ids if casing.drawn(b"key two", "fraud-release", one, 0.1)}
    assert 140 < len(mine) < 260
    assert len(mine & other) < 60


def test_only_analysts_score_again(desk: Desk) -> None:
    with pytest.raises(AccessDenied):
        scoring.score_again(desk, MIA, "a", now=NOW)
