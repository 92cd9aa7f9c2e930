"""Statistics of fraud review on a handful of orders, worked out by hand."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from app.context import Desk
from app.services.fraud import deciding
from app.services.fraud.statistics import statistics, wilson
from data_access.state import fraud_scores
from data_access.state.fraud_tables import FraudChargeback, FraudScore
from tests.factories.fraud_cases import ANN, BEN, MONEY, NOW, add_case, read_case


def pass_order(desk: Desk, order_id: str, *, at: datetime, score: float, amount: float) -> None:
    """An order that was scored low and went through."""
    with desk.state.write() as session:
        fraud_scores.add_scores(
            session,
            [
                FraudScore(
                    order_id=order_id,
                    model_version=3,
                    cause="new",
                    made_at=at,
                    score=score,
                    risk="low",
                    kind=None,
                    expected_loss=round(score * amount * MONEY),
                    features={"amount": amount},
                    factors={"base": 0.01, "factors": []},
                )
            ],
        )


def charge_back(desk: Desk, order_id: str, at: datetime) -> None:
    with desk.state.write() as session:
        session.add(FraudChargeback(order_id=order_id, known_at=at))


def decide(desk: Desk, by: object, case_id: int, act: str, *, now: datetime = NOW) -> None:
    version = read_case(desk, case_id).version
    deciding.decide(desk, by, case_id, version, act, None, None, now=now)  # type: ignore[arg-type]


def test_precision_recall_and_money_are_those_worked_out_by_hand(any_desk: Desk) -> None:
    desk = any_desk
    declined = add_case(desk, "o1", score=0.9, amount=100.0, kind="card_testing")
    approved = add_case(desk, "o2", score=0.5, amount=50.0)
    regretted = add_case(desk, "o3", score=0.4, amount=70.0, kind="stolen_card")
    add_case(desk, "o4", score=0.3, amount=20.0)  # nobody has decided it
    for number in range(6):
        pass_order(desk, f"low{number}", at=NOW - timedelta(hours=3), score=0.01, amount=10.0)
    pass_order(desk, "slipped", at=NOW - timedelta(hours=3), score=0.0, amount=33.0)
    decide(desk, ANN, declined, "decline")
    decide(desk, ANN, approved, "approve")
    decide(desk, BEN, regretted, "approve")
    charge_back(desk, "o3", NOW)
    charge_back(desk, "slipped", NOW)

    found = statistics(desk, now=NOW, days=28).whole

    assert (found.orders, found.flagged) == (11, 4)
    assert found.known == 3  # all but o4
    assert found.precision == pytest.approx(2 / 3)  # o1 declined, o3 charged back
    assert (found.caught, found.missed) == (2, 1)
    assert found.recall == pytest.approx(2 / 3)
    assert found.money_caught == pytest.approx(100.0)
    assert found.money_missed == pytest.approx(70.0 + 33.0)
    assert found.ripe == 0.0


def test_an_order_is_good_once_its_ninety_days_have_passed(desk: Desk) -> None:
    old = NOW - timedelta(days=91)
    add_case(desk, "o1", now=old + timedelta(hours=2))
    add_case(desk, "o2", now=NOW)

    found = statistics(desk, now=NOW, days=180)

    assert found.whole.known == 1
    assert found.whole.precision == 0.0
    assert found.whole.ripe == 0.5
    assert [group.quality.orders for group in found.weeks] == [1, 1]
    assert [group.quality.ripe for group in found.weeks] == [1.0, 0.0]


def test_by_version_and_by_kind(desk: Desk) -> None:
    one = add_case(desk, "o1", kind="card_testing", model_version=2)
    add_case(desk, "o2", kind="card_testing", model_version=3)
    decide(desk, ANN, one, "decline")

    found = statistics(desk, now=NOW, days=28)

    assert [(group.name, group.quality.caught) for group in found.versions] == [("3", 0), ("2", 1)]
    assert [(group.name, group.quality.flagged) for group in found.kinds] == [("card_testing", 2)]


def test_workload_counts_what_came_what_was_done_and_what_lies_there(desk: Desk) -> None:
    done = add_case(desk, "o1", hours_left=5)  # opened two hours before
    undone = add_case(desk, "o2", hours_left=5)
    add_case(desk, "o3", hours_left=-1)
    add_case(desk, "o4", now=NOW - timedelta(days=2), hours_left=0)
    decide(desk, ANN, done, "approve")
    decide(desk, ANN, undone, "decline")
    with desk.state.read() as session:
        from data_access.state.fraud_decisions import last_holding

        decision = last_holding(session, undone)
    assert decision is not None
    deciding.undo(desk, ANN, decision.decision_id, now=NOW)

    found = statistics(desk, now=NOW, days=28).workload

    assert (found.waiting, found.late) == (3, 2)
    assert found.minutes == pytest.approx(120)
    assert dict(zip(found.ages["age"], found.ages["cases"], strict=True)) == {
        "under 4 hours": 2,
        "4 to 24 hours": 0,
        "1 to 3 days": 1,
        "older": 0,
    }
    assert found.people.to_dict("records") == [
        {"by": "ann", "decided": 1, "minutes": pytest.approx(120), "undone": 1}
    ]
    assert found.by_day["opened"].sum() == 4
    assert found.by_day["decided"].sum() == 1


def test_without_a_single_score_there_is_nothing_but_zeros(desk: Desk) -> None:
    found = statistics(desk, now=NOW, days=28)

    assert found.whole.orders == 0
    assert found.whole.precision is None
    assert found.weeks == ()
    assert found.workload.minutes is None


def test_the_range_of_a_share_narrows_with_more_cases() -> None:
    assert wilson(0, 0) is None
    few, many = wilson(5, 10), wilson(500, 1000)
    assert few is not None
    assert many is not None
    assert few[0] < many[0] < 0.5 < many[1] < few[1]
    assert wilson(0, 4) == pytest.approx((0.0, 0.2911), abs=1e-3)
