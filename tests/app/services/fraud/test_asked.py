"""What a program has asked for is known to the next order at once, before the worker looks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.context import Desk
from app.services.fraud import events, scoring
from app.services.snapshots import take_snapshot
from data_access.shop.engines import make_engine
from data_access.state import fraud_scores
from data_access.state.fraud_tables import FraudAsked, FraudEvent
from tests.factories.fraud_cases import NOW
from tests.factories.shop import ShopFactory

DAY = timedelta(days=1)


@pytest.fixture
def shop(any_desk: Desk) -> ShopFactory:
    """A shop with one order, of which there is a snapshot and the event store is filled."""
    factory = ShopFactory(make_engine(any_desk.settings.shop_url))
    factory.order(day=day(5), order_id="early")
    take_snapshot(any_desk, full=True, now=NOW, progress=lambda step, share: None)
    advance(any_desk)
    return factory


def day(before: int) -> str:
    """The day so many days before now."""
    return (NOW.date() - timedelta(days=before)).isoformat()


def advance(desk: Desk, now: datetime = NOW) -> list[str]:
    return events.advance(desk, now=now)


def count(desk: Desk, table: type) -> int:
    with desk.state.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def burst(shop: ShopFactory, number: int) -> str:
    """One order of a burst: the same card, device and IP, a second after the one before."""
    order = shop.order(
        day=day(1),
        at=f"12:00:{number:02d}",
        order_id=f"B{number:02d}",
        device_id="d",
        ip="192.0.2.1",
    )
    shop.payment(order, day=day(1), card_fingerprint="c")
    return order


def test_an_order_of_a_burst_knows_those_that_were_asked_for_before_it(
    any_desk: Desk, shop: ShopFactory
) -> None:
    for number in range(8):
        scoring.score_orders(any_desk, [burst(shop, number)], cause="asked", now=NOW)

    with any_desk.state.read() as session:
        score = fraud_scores.newest_score(session, "B07")
    assert score is not None
    assert score.features["device_orders_hour"] == 7
    assert score.features["card_orders_hour"] == 7
    assert advance(any_desk) == [], "they were taken in when they were asked for"
    assert events.seen_since(any_desk, NOW - 2 * DAY) == [f"B{n:02d}" for n in range(8)]


def whole(number: int) -> dict[str, Any]:
    placed = NOW - timedelta(minutes=30 - number)
    return {"order_id": f"W{number}", "amount": 9.0, "device_id": "d", "placed_at": placed}


def asked_before(desk: Desk, order_id: str) -> float | None:
    with desk.state.read() as session:
        score = fraud_scores.newest_score(session, order_id)
    assert score is not None
    return score.features["device_orders_hour"]


def test_whole_orders_sent_one_by_one_know_each_other(any_desk: Desk, shop: ShopFactory) -> None:
    for number in range(5):
        scoring.score_unseen(any_desk, [whole(number)], now=NOW)
    scoring.score_unseen(any_desk, [whole(4)], now=NOW)  # asked again: it is one order still

    assert [asked_before(any_desk, f"W{n}") for n in range(5)] == [0, 1, 2, 3, 4]
    assert count(any_desk, FraudEvent) == 1, "the shop has none of them yet"


def test_a_whole_order_counts_once_when_the_shop_has_it_and_is_forgotten_when_it_never_does(
    any_desk: Desk, shop: ShopFactory
) -> None:
    for number in range(3):
        scoring.score_unseen(any_desk, [whole(number)], now=NOW)
    placed = whole(0)["placed_at"].replace(tzinfo=UTC).astimezone(shop.zone)
    shop.order(
        day=placed.date().isoformat(), at=f"{placed:%H:%M}", order_id="W0", device_id="d",
        updated_at=NOW,
    )  # fmt: skip

    assert advance(any_desk) == ["W0"]
    scoring.score_unseen(any_desk, [whole(4)], now=NOW)
    assert asked_before(any_desk, "W4") == 3
    assert count(any_desk, FraudAsked) == 3

    scoring.score_unseen(any_desk, [whole(5)], now=NOW + events.ASKED + timedelta(seconds=1))
    assert asked_before(any_desk, "W5") == 1, "the shop has one of those before it"
    assert count(any_desk, FraudAsked) == 1
