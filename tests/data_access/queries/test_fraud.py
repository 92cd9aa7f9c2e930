"""Orders for fraud review, from a snapshot and from the shop itself, on each engine."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd
import pytest

from data_access.queries import fraud, fraud_live
from tests.factories.databases import HASH_KEY, Reader
from tests.factories.shop import BERLIN, ShopFactory

KEY = HASH_KEY


@pytest.fixture
def ordered(shop: ShopFactory) -> ShopFactory:
    shop.product("mug", category="mugs")
    shop.product("bowl", category="bowls")
    shop.customer("ada", email="Ada@Mail.Example ", country="AT", kind="wholesale")
    shop.order(
        day="2026-03-02",
        at="00:30",
        order_id="A1",
        lines=[("mug", 2, 10.0), ("bowl", 1, 10.0)],
        customer="ada",
        coupon="NEW",
        coupon_value=3.0,
        shipping=4.95,
        device_id="device-1",
        ip="203.0.113.7",
        shipping_address="1 Sample Lane",
        billing_country="AT",
        shipping_country="DE",
        status="declined",
    )
    shop.order(day="2026-03-03", order_id="A2", shipping_address=" 1  sample LANE")
    return shop


def pay(shop: ShopFactory, order: str, at: str, **more: Any) -> None:
    moment = shop.instant("2026-03-02", at)
    shop.payment(order, day="2026-03-02", **{"attempted_at": moment, "updated_at": moment, **more})


def live(shop: ShopFactory, *order_ids: str) -> pd.DataFrame:
    with shop.engine.connect() as connection:
        return fraud_live.orders(connection, order_ids, key=KEY, zone=BERLIN)


def test_the_shop_says_of_an_order_what_its_snapshot_says(
    ordered: ShopFactory, read: Reader
) -> None:
    pay(ordered, "A1", "00:29", succeeded=False, card_fingerprint="card-0")
    pay(ordered, "A1", "00:31", card_fingerprint="card-1", card_country="AT", avs="match")
    ordered.order(day="2026-03-04", order_id="A3", customer="bob")

    of_snapshot = read(fraud.orders()).sort_values("order_id").reset_index(drop=True)

    pd.testing.assert_frame_equal(live(ordered, "A1", "A2", "A3"), of_snapshot)


def test_a_row_says_what_was_known_when_the_order_was_placed(ordered: ShopFactory) -> None:
    pay(ordered, "A1", "00:29", succeeded=False, card_fingerprint="card-0")
    pay(ordered, "A1", "00:31", card_fingerprint="card-1", cvv="none")

    found = live(ordered, "A1").iloc[0]

    assert found["amount"] == 31.95
    assert (found["lines"], found["units"], found["hour"]) == (2, 3, 0)
    assert found["category"] == "mugs", "of two lines as dear the first one tells"
    assert (found["attempts_failed"], found["cvv"]) == (1, "none")
    assert found["email_domain"] == "mail.example"
    assert bool(found["wholesale"])
    assert bool(found["declined"])


def test_a_payment_of_later_days_was_not_known(ordered: ShopFactory, read: Reader) -> None:
    pay(ordered, "A1", "01:31", method="invoice")

    assert live(ordered, "A1")["method"].tolist() == [None]
    assert read(fraud.orders()).set_index("order_id")["method"].isna().all()


def test_equal_things_bear_equal_hashes_and_no_name_is_left(ordered: ShopFactory) -> None:
    pay(ordered, "A1", "00:31", card_fingerprint="card-1")

    found = live(ordered, "A1", "A2")

    assert found["address"].nunique() == 1
    assert found[["device", "card", "ip"]].iloc[0].str.len().tolist() == [32, 32, 32]
    text = found.to_csv()
    assert not any(name in text for name in ("ada@", "Ada@", "Sample", "203.0.113", "device-1"))


def test_an_order_that_is_not_in_the_shop_yet_is_hashed_as_one_that_is(
    ordered: ShopFactory,
) -> None:
    pay(ordered, "A1", "00:31", card_fingerprint="card-1")
    raw = {
        "order_id": "new",
        "placed_at": datetime(2026, 3, 1, 23, 30),
        "amount": 20.0,
        "device_id": "device-1",
        "card_fingerprint": "card-1",
        "shipping_address": "1 sample lane",
        "ip": "203.0.113.7",
        "email": "x@mail.example",
    }

    found = fraud_live.hashed([raw], key=KEY, zone=BERLIN)

    known = live(ordered, "A1")
    same = ["device", "card", "address", "ip", "email_domain", "hour"]
    assert found[same].iloc[0].tolist() == known[same].iloc[0].tolist()
    assert found.columns.tolist() == known.columns.tolist()


def test_what_was_written_since_is_found_by_order_and_by_payment(ordered: ShopFactory) -> None:
    ordered.chargeback("A1", day="2026-03-20", known="2026-03-25", amount=31.95)
    ordered.chargeback("A1", day="2026-03-20", known="2026-03-22", amount=1.0)
    ordered.payment("A1", day="2026-03-09")
    since = ordered.instant("2026-03-03", "11:00")

    with ordered.engine.connect() as connection:
        assert fraud_live.changed_orders(connection, since) == ["A1", "A2"]
        told = fraud_live.changed_chargebacks(connection, ordered.instant("2026-03-25", "00:00"))
        assert fraud_live.newest_change(connection) == ordered.instant("2026-03-25", "12:00")

    assert told == {"A1": ordered.instant("2026-03-22", "12:00")}


def test_linked_orders_share_a_value_or_a_coupon(ordered: ShopFactory, read: Reader) -> None:
    ordered.payment("A2", day="2026-03-03", card_fingerprint="card-1")
    everything = read(fraud.orders()).set_index("order_id")

    def linked(**values: object) -> list[str]:
        wanted = {link: [str(value)] for link, value in values.items()}
        return sorted(read(fraud.orders_linked(wanted))["order_id"])

    assert linked(customer="ada") == ["A1"]
    assert linked(address=everything.loc["A1", "address"]) == ["A1", "A2"]
    assert linked(card=everything.loc["A2", "card"]) == ["A2"]
    assert linked() == []
    since = datetime(2026, 3, 1)
    found = read(fraud.orders_linked({}, coupons=["NEW"], coupons_since=since))
    assert found["order_id"].tolist() == ["A1"]
