"""The event store: filled from a snapshot, kept up with the shop, rolled up, on each engine."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import func, select

from app.context import Desk
from app.services.fraud import events, filling, inputs
from app.services.snapshots import take_snapshot
from data_access.shop.engines import make_engine
from data_access.snapshots.placeholders import LEAST_ACCOUNTS
from data_access.state import fraud_events as store
from data_access.state.fraud_tables import (
    FraudChargeback,
    FraudDecision,
    FraudEvent,
    FraudProfile,
)
from ml.fraud.features import compute
from tests.factories.fraud_cases import NOW, add_case
from tests.factories.shop import ShopFactory

DAY = timedelta(days=1)


@pytest.fixture
def shop(any_desk: Desk) -> ShopFactory:
    return ShopFactory(make_engine(any_desk.settings.shop_url))


def day(before: int) -> str:
    """The day so many days before now."""
    return (NOW.date() - timedelta(days=before)).isoformat()


def snapshot(desk: Desk) -> None:
    take_snapshot(desk, full=True, now=NOW, progress=lambda step, share: None)


def advance(desk: Desk, now: datetime = NOW) -> list[str]:
    return events.advance(desk, now=now)


def features(desk: Desk, *order_ids: str) -> pd.DataFrame:
    orders, chargebacks, profiles = events.rows_for(desk, order_ids)
    return compute(orders, of=order_ids, chargebacks=chargebacks, profiles=profiles)


def count(desk: Desk, table: type) -> int:
    with desk.state.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_without_a_snapshot_nothing_happens(any_desk: Desk) -> None:
    assert not events.anything_new(any_desk)
    assert advance(any_desk) == []


def test_the_first_call_fills_the_store_and_the_next_ones_bring_what_is_new(
    any_desk: Desk, shop: ShopFactory
) -> None:
    shop.order(day=day(100), order_id="old", customer="ada")
    shop.order(day=day(3), order_id="late", customer="ada")
    snapshot(any_desk)
    assert events.anything_new(any_desk)

    assert advance(any_desk) == []
    assert events.seen_since(any_desk, NOW - 30 * DAY) == ["late"]
    assert not events.anything_new(any_desk)

    shop.order(day=day(1), order_id="new", customer="ada")
    assert events.anything_new(any_desk)
    assert advance(any_desk) == ["new"]
    assert advance(any_desk) == []
    assert features(any_desk, "new")["customer_orders"].tolist() == [2]


def test_orders_that_grow_old_are_summed_and_forgotten_once(
    any_desk: Desk, shop: ShopFactory
) -> None:
    shop.order(day=day(2), order_id="first", customer="ada", price=30.0, units=1)
    snapshot(any_desk)
    advance(any_desk)
    later = NOW + (filling.KEPT_DAYS + 5) * DAY
    for number, gone in enumerate((10, 30, filling.KEPT_DAYS + 5)):
        moment = NOW + gone * DAY
        placed = moment.date().isoformat()
        shop.order(day=placed, order_id=f"next-{number}", customer="ada", price=10.0)
        advance(any_desk, now=later)

    found = features(any_desk, "next-2")

    assert count(any_desk, FraudEvent) == 3, "the first order has been rolled up"
    assert found["customer_orders"].tolist() == [3]
    assert found["amount_to_customer"].tolist() == pytest.approx([0.6])
    assert found["days_since_order"].tolist() == [filling.KEPT_DAYS + 5 - 30]


def test_an_order_that_changes_is_kept_as_it_is_now(any_desk: Desk, shop: ShopFactory) -> None:
    shop.order(day=day(1), order_id="A1", customer="ada")
    snapshot(any_desk)
    advance(any_desk)
    shop.payment("A1", day=day(1), cvv="none", updated_at=NOW)

    assert advance(any_desk) == [], "it is not new"

    assert features(any_desk, "A1")["cvv"].tolist() == [1]


def test_a_chargeback_marks_what_its_order_shares_with_others(
    any_desk: Desk, shop: ShopFactory
) -> None:
    for number in range(3):
        shop.order(day=day(90 + number), order_id=f"old-{number}", customer="ada", device_id="d")
    shop.order(day=day(1), order_id="before", customer="bob", device_id="d")
    snapshot(any_desk)
    advance(any_desk)
    assert features(any_desk, "before")["device_chargeback_share"].tolist() == [0]
    shop.chargeback("old-0", day=day(0), amount=10.0)
    shop.order(day=(NOW + DAY).date().isoformat(), order_id="after", customer="cy", device_id="d")

    assert advance(any_desk, now=NOW + 2 * DAY) == ["after"]

    found = features(any_desk, "before", "after")
    assert found["device_chargeback_share"].tolist() == [0, 0.25]
    assert found["linked_chargebacks"].tolist() == [0, 1]
    assert count(any_desk, FraudChargeback) == 1


def test_an_order_that_arrives_later_than_the_store_reaches_is_left_out(
    any_desk: Desk, shop: ShopFactory
) -> None:
    shop.order(day=day(1), order_id="A1")
    snapshot(any_desk)
    advance(any_desk)
    shop.order(day=day(200), order_id="from long ago", updated_at=NOW)

    assert advance(any_desk) == []
    assert events.seen_since(any_desk, NOW - 400 * DAY) == ["A1"]


def test_an_order_of_the_future_does_not_push_the_others_out(
    any_desk: Desk, shop: ShopFactory
) -> None:
    shop.order(day=day(1), order_id="A1")
    snapshot(any_desk)
    advance(any_desk)
    shop.order(day="2031-01-01", order_id="slip", updated_at=NOW)

    assert advance(any_desk) == ["slip"]
    assert events.seen_since(any_desk, NOW - 30 * DAY) == ["A1", "slip"]


def test_a_filling_that_broke_off_is_begun_again(
    any_desk: Desk, shop: ShopFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.order(day=day(100), order_id="old", customer="ada")
    shop.order(day=day(1), order_id="A1", customer="ada")
    snapshot(any_desk)
    with monkeypatch.context() as patch:
        patch.setattr(store, "add_chargebacks", _fails)
        patch.setattr(store, "set_mark", _fails)
        with pytest.raises(RuntimeError):
            advance(any_desk)

    advance(any_desk)

    assert features(any_desk, "A1")["customer_orders"].tolist() == [1]
    assert count(any_desk, FraudProfile) > 0


def test_another_key_of_hashes_fills_the_store_anew(
    any_desk: Desk, shop: ShopFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.order(day=day(1), order_id="A1", customer="ada", device_id="d")
    snapshot(any_desk)
    advance(any_desk)
    with any_desk.state.write() as session:
        store.set_mark(session, "of somebody else", NOW)
    before = events.rows_for(any_desk, ["A1"])[0]
    monkeypatch.setitem(any_desk.__dict__, "hash_key", b"another key of as many bytes 1234")
    snapshot(any_desk)

    assert advance(any_desk) == []

    after = events.rows_for(any_desk, ["A1"])[0]
    assert after["device"].tolist() != before["device"].tolist()
    with any_desk.state.read() as session:
        assert store.mark(session, "of somebody else") is not None


def test_orders_that_the_worker_has_not_seen_and_such_that_the_shop_has_not_are_scored_too(
    any_desk: Desk, shop: ShopFactory
) -> None:
    shop.order(day=day(1), order_id="A1", customer="ada", device_id="d")
    snapshot(any_desk)
    advance(any_desk)
    shop.order(day=day(0), at="08:00", order_id="unseen", customer="bob", device_id="d")
    raw = {"order_id": "raw", "placed_at": NOW, "amount": 5.0, "customer_id": "x", "device_id": "d"}

    more = events.hashed_rows(any_desk, [raw])
    orders, chargebacks, profiles = events.rows_for(any_desk, ["unseen", "nobody"], more=more)
    found = compute(orders, of=["unseen", "raw"], chargebacks=chargebacks, profiles=profiles)

    assert "nobody" not in set(orders["order_id"])
    assert found["device_accounts_month"].tolist() == [2, 3]


def test_the_store_holds_no_personal_data(any_desk: Desk, shop: ShopFactory) -> None:
    shop.order(
        day=day(1), order_id="A1", customer="ada", ip="203.0.113.7", shipping_address="1 Lane"
    )
    snapshot(any_desk)
    advance(any_desk)

    with any_desk.state.read() as session:
        row = session.scalars(select(FraudEvent)).one()
        kept = f"{row.row} {row.address} {row.ip}"

    assert not any(word in kept for word in ("203.0.113", "1 Lane", "ada@", "Ada"))


def test_the_frames_hold_chargebacks_and_the_verdicts_that_stand(
    any_desk: Desk, shop: ShopFactory
) -> None:
    for number in range(3):
        shop.order(day=day(9), order_id=f"O{number}")
    shop.chargeback("O0", day=day(5), amount=12.5)
    snapshot(any_desk)
    case = add_case(any_desk, "O1")
    with any_desk.state.write() as session:
        for act, undone in (("decline", None), ("approve", NOW), ("ask", None)):
            session.add(
                FraudDecision(
                    case_id=case, order_id="O1", act=act, case_version=1, score=0.5, note=None,
                    model_version=1, reason="stolen_card", by="ann", at=NOW, before={},
                    undone_at=undone,
                )
            )  # fmt: skip
    manifest = any_desk.store.newest()
    assert manifest is not None

    frames = inputs.frames(any_desk, manifest)

    labels = frames["labels"].set_index("source")
    assert labels["order_id"].to_dict() == {"chargeback": "O0", "verdict": "O1"}
    assert labels["fraud"].tolist() == [True, True]
    assert labels.loc["chargeback", "amount"] == 12.5
    assert len(frames["orders"]) == 3
    assert inputs.as_of(any_desk, manifest) == date.fromisoformat(day(1))


def test_a_shop_is_told_what_each_missing_column_would_add(
    any_desk: Desk, shop: ShopFactory
) -> None:
    shop.order(day=day(9), order_id="A1", billing_country="DE", shipping_country="DE")
    snapshot(any_desk)
    manifest = any_desk.store.newest()
    assert manifest is not None

    found = dict(inputs.missing(inputs.frames(any_desk, manifest)))

    assert "Orders on this device, last hour" in found["a device id"]
    assert found["the bank's address check"] == "Would add: Address check of the bank."
    assert "chargebacks" in found
    assert "the billing country" not in found


def test_orders_read_in_pieces_are_the_orders_read_at_once(
    any_desk: Desk, shop: ShopFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        shop.order(day=day(90 - number * 7), order_id=f"O{number:02}", customer=f"c{number % 3}")
    snapshot(any_desk)
    manifest = any_desk.store.newest()
    assert manifest is not None
    at_once = inputs.orders(any_desk, manifest).sort_values("order_id", ignore_index=True)
    monkeypatch.setattr(inputs, "ROWS_A_PIECE", 3)

    in_pieces = inputs.orders(any_desk, manifest).sort_values("order_id", ignore_index=True)

    pd.testing.assert_frame_equal(in_pieces, at_once, check_categorical=False)


def _fails(*arguments: object, **more: object) -> None:
    raise RuntimeError("broken off")


def test_a_value_that_joins_unrelated_accounts_links_nothing_both_ways(
    any_desk: Desk, shop: ShopFactory
) -> None:
    for number in range(LEAST_ACCOUNTS):
        shop.order(
            day=day(2 + number % 25),
            order_id=f"O{number:02d}",
            customer=f"c{number}",
            device_id="web-client/2",
            shipping_address=f"{number} Main St",
            ip=f"198.51.{number}.7",
        )
    snapshot(any_desk)
    advance(any_desk)
    manifest = any_desk.store.newest()
    assert manifest is not None
    shop.order(day=day(1), order_id="new", customer="c1", device_id="web-client/2", ip="")

    assert advance(any_desk) == ["new"]

    found = features(any_desk, "new", "O01")
    frames = inputs.frames(any_desk, manifest)
    learned = compute(frames["orders"], of=["O01"], chargebacks=frames["labels"])
    assert found["device_accounts_month"].isna().all()
    assert found.loc["new", "customer_orders"] == 1, "other links hold"
    pd.testing.assert_frame_equal(found.loc[["O01"]], learned)


def test_a_store_is_not_filled_from_a_snapshot_that_was_hashed_in_another_way(
    any_desk: Desk, shop: ShopFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.order(day=day(1), order_id="A1", device_id="d")
    with monkeypatch.context() as before:
        before.setattr("data_access.snapshots.personal.HASHING", 1)
        snapshot(any_desk)

    assert advance(any_desk) == []
    assert count(any_desk, FraudEvent) == 0

    snapshot(any_desk)
    advance(any_desk)
    assert count(any_desk, FraudEvent) == 1
