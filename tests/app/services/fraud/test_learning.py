"""Training of fraud review on a small demo shop, and what follows from it."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest

from app.access import AccessDenied, Identity, Role
from app.context import open_desk
from app.jobs.kinds import JobError
from app.services import activation, jobs, models, training
from app.services.fraud import learning
from data_access.state.fraud_tables import FraudCase, FraudScore
from data_access.state.predictions import open_predictions
from ml.fraud import FRAUD
from ml.fraud.schema import NAMES
from tests.factories.demo_home import BEGINS, lay_demo
from tests.factories.small_shop import close, lay_home

ANA = Identity(name="ana", role=Role.fraud_analyst)
MIA = Identity(name="mia", role=Role.merchandiser)
QUICK = {
    "lightgbm": {"rounds": 60},
    "isolation_forest": {"trees": 60},
}


def silent(step: str, share: float, message: str | None = None) -> None:
    """A job's progress that nobody watches."""


def train(desk, job_id, *keys):
    rows = [{"candidate": key, "parameters": QUICK.get(key, {})} for key in keys]
    return training.train_several(
        desk,
        {"capability": "fraud", "candidates": rows},
        asked_by="ana",
        job_id=job_id,
        progress=silent,
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The small demo shop with two versions of fraud review."""
    desk = open_desk(lay_demo(tmp_path_factory.mktemp("fraud") / "home"))
    train(desk, "first", "lightgbm", "isolation_forest")
    yield desk
    close(desk)


def case_of(order_id: str, features: dict) -> tuple[FraudCase, FraudScore]:
    case = FraudCase(
        order_id=order_id, state="open", why="score", score=0.4, risk="review", reason="",
        amount=10_000, expected_loss=4_000, placed_at=BEGINS, opened_at=BEGINS,
        due_at=BEGINS + timedelta(days=1), kind=None,
    )  # fmt: skip
    score = FraudScore(
        order_id=order_id, model_version=0, cause="new", made_at=BEGINS, score=0.4, risk="review",
        expected_loss=4_000, features=features, factors={"base": 0.1, "factors": []}, kind=None,
    )  # fmt: skip
    return case, score


def test_the_small_demo_shop_learns_more_than_the_rules_within_a_minute(demo):
    first = demo.models.version("fraud", 1)
    assert first.beats_baseline, first.verdict
    assert first.seconds < 60
    found = models.compare(demo, "fraud")
    assert found.best == 1
    assert {one.label for one in found.standings} == {"LightGBM", "Isolation Forest"}


def test_held_out_scores_of_a_version_are_read_and_the_rules_have_none(demo):
    held = learning.held_out(demo, 1)
    assert list(held.columns) == ["order_id", "placed_at", "score", "amount", "fraud", "weight"]
    assert held["order_id"].is_unique
    assert held["score"].between(0, 1).all()
    assert learning.held_out(demo, learning.RULES_VERSION).empty


def test_a_preview_tells_which_orders_change_sides_by_the_thresholds_in_use(demo):
    now, then = learning.now_and_then(demo, demo.models.version("fraud", 1))
    assert now["order_id"].tolist() == then["order_id"].tolist()
    changes = FRAUD.preview(now, then)
    assert changes.total == len(now)
    assert changes.changed == (now["risk"].to_numpy() != then["risk"].to_numpy()).sum()


def test_offers_of_fraud_count_orders_and_name_all_candidates_but_the_rules(demo):
    offered = models.offers(demo, "fraud")
    keys = {one.candidate.key for one in offered}
    assert keys == {one.key for one in FRAUD.candidates} - {"rules"}
    assert [one.candidate.key for one in offered if one.usual] == ["lightgbm", "isolation_forest"]
    assert all(0 < one.seconds < 120 for one in offered)


def test_scores_of_open_cases_are_logged_once_and_graded_when_their_end_is_known(demo):
    held = learning.held_out(demo, 1)
    bad = str(held.loc[held["fraud"] == 1.0, "order_id"].iloc[0])
    good = str(held.loc[held["fraud"] == 0.0, "order_id"].iloc[0])
    with demo.state.write() as session:
        for order_id in (bad, good):
            session.add_all(case_of(order_id, dict.fromkeys(NAMES, 1.0)))

    for job in ("one", "two"):
        facts = learning.publish(demo, job_id=job, progress=silent)
        assert facts["orders"] == 2
    with demo.state.read() as session:
        waiting = open_predictions(session, "fraud")
    assert {row.entity for row in waiting} == {f"order:{bad}", f"order:{good}"}
    assert learning.grade(demo) == 2
    with demo.state.read() as session:
        assert open_predictions(session, "fraud") == []
    assert learning.grade(demo) == 0


def test_only_those_who_may_train_fraud_may_ask_for_it(demo):
    with pytest.raises(AccessDenied):
        models.train(demo, MIA, "fraud", [("lightgbm", {})])
    with pytest.raises(AccessDenied):
        activation.ask_for_preview(demo, MIA, "fraud", 1)
    with pytest.raises(AccessDenied):
        activation.activate(demo, MIA, "fraud", 1, 0)
    assert jobs._permission(demo, "preview", {"capability": "fraud"}).value == "promote_fraud"


def test_a_shop_without_chargebacks_is_told_to_take_isolation_forest(tmp_path):
    desk = open_desk(lay_home(tmp_path / "home"))
    with pytest.raises(JobError, match="LightGBM could not be trained"):
        train(desk, "plain", "lightgbm")
    close(desk)


def test_consequences_count_what_enters_and_leaves_the_queue(demo):
    placed = pd.Timestamp("2026-09-01") + pd.to_timedelta(range(3), unit="D")
    now = pd.DataFrame(
        {"order_id": ["A", "B", "C"], "placed_at": placed, "amount": [10.0, 20.0, 30.0],
         "score": 0.1, "risk": ["low", "review", "low"]}
    )  # fmt: skip
    then = now.assign(risk=["review", "low", "low"])
    found = learning.consequences(demo, now, then)
    assert found is not None
    assert found.rows[["order_id", "change"]].to_numpy().tolist() == [
        ["B", "leaves"], ["A", "enters"],
    ]  # fmt: skip
    assert learning.consequences(demo, now, now) is None


def test_what_decides_is_logged_on_each_snapshot(demo, monkeypatch):
    asked: list[tuple[str, dict, str]] = []

    def start(kind, parameters, asked_by, job_id=None):
        asked.append((kind, parameters, job_id))
        return job_id

    monkeypatch.setattr(demo.jobs, "start", start)
    monkeypatch.setattr(demo.jobs, "get", lambda job_id: None)
    activation.activate(demo, ANA, "fraud", 1, 0)
    assert ("publish", {"capability": "fraud"}, "publish-fraud-1-1") in asked
    number, decides = learning.champion(demo)
    assert (number, decides.candidate) == (1, "lightgbm")
