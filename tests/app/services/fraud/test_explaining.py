"""Why a score is what it is: the order, its customer and what is linked, its payment."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from app.context import Desk
from app.services.fraud import explaining
from app.services.fraud.views import FraudError
from data_access.state.fraud_tables import FraudEvent, FraudScore
from tests.factories.fraud_cases import NOW, add_case
from tests.factories.fraud_models import add_version


def seen(desk: Desk, order_id: str, *, customer: str, device: str, days_ago: float = 0) -> None:
    """An order in the event store."""
    with desk.state.write() as session:
        session.add(
            FraudEvent(
                order_id=order_id,
                placed_at=NOW - timedelta(days=days_ago),
                customer=customer,
                device=device,
                row={"order_id": order_id, "amount": 100.0},
            )
        )


def reasons(desk: Desk, order_id: str, **contributions: float) -> None:
    """What a score was made of."""
    told = [
        {"feature": name, "label": name, "contribution": value, "sentence": f"about {name}"}
        for name, value in contributions.items()
    ]
    with desk.state.write() as session:
        session.execute(
            update(FraudScore)
            .where(FraudScore.order_id == order_id)
            .values(factors={"base": 0.01, "factors": told})
        )


def test_a_customers_risk_counts_the_account_and_half_of_who_shares_its_device(
    desk: Desk,
) -> None:
    add_case(desk, "mine", score=0.2)
    add_case(desk, "other", score=0.4)
    add_case(desk, "stranger", score=0.9)
    seen(desk, "mine", customer="eve", device="d1")
    seen(desk, "other", customer="bob", device="d1")
    seen(desk, "stranger", customer="ann", device="d2")

    found = explaining.of_order(desk, "mine")

    assert found is not None
    assert found.customer is not None
    assert found.customer_orders == 2
    # One that is fraud is enough; the other account's order counts half.
    assert found.customer.score == pytest.approx(1 - (1 - 0.2) * (1 - 0.4 * 0.5))
    assert found.customer.level == "review"


def test_a_payments_risk_is_what_its_checks_add_to_the_usual_order(desk: Desk) -> None:
    add_case(desk, "o1", score=0.5)
    reasons(desk, "o1", cvv=0.19, avs=0.10, night=0.20)

    found = explaining.of_order(desk, "o1")

    assert found is not None
    assert found.payment.score == pytest.approx(0.01 + 0.19 + 0.10)
    assert found.payment.level == "review"
    assert found.payment.sentences == ("about cvv", "about avs")
    assert found.customer is None


def test_what_matters_to_the_model_is_shared_out_over_its_newest_scores(desk: Desk) -> None:
    version = add_version(desk, decides=True)
    add_case(desk, "o1", model_version=version.number)
    add_case(desk, "o2", model_version=version.number)
    reasons(desk, "o1", cvv=0.3, night=-0.1)
    reasons(desk, "o2", cvv=0.1, night=0.1)

    found = explaining.whole(desk)

    assert found.version == version.number
    assert found.scores == 2
    assert found.matters["label"].tolist() == ["Security code", "Placed at night"]
    assert found.matters["share"].tolist() == pytest.approx([4 / 6, 2 / 6])
    assert found.auc == pytest.approx((0.9, 0.85, 0.94))


def test_without_a_model_the_plain_rules_are_told(desk: Desk) -> None:
    found = explaining.whole(desk)

    assert found.version == 0
    assert found.matters.empty
    assert explaining.riskiest(desk) is None


def test_an_order_that_was_never_scored_and_one_that_is_none(desk: Desk) -> None:
    assert explaining.of_order(desk, "nowhere") is None
    with pytest.raises(FraudError):
        explaining.of_order(desk, "x" * 65)


def test_what_waits_with_most_at_stake_is_explained_first(desk: Desk) -> None:
    add_case(desk, "small", score=0.9, amount=10)
    add_case(desk, "large", score=0.3, amount=1_000)
    add_case(desk, "closed", score=0.9, amount=5_000, state="closed")

    assert explaining.riskiest(desk) == "large"
