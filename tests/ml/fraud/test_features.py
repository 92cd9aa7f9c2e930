"""Features against an oracle that walks every order, on shops that hypothesis invents."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.errors import WrongFrame
from ml.fraud.features import ALL_ORDERS, USUAL, compute, missing_columns
from ml.fraud.schema import FEATURES, LINKS, NAMES
from tests.ml.fraud import oracle
from tests.ml.fraud.shops import FIRST, frame, shops, told

Row = dict[str, Any]
EVENTS = ("order_id", "placed_at", "amount", "coupon", *LINKS)


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one, other, check_exact=True)


@settings(max_examples=60, deadline=None)
@given(shops())
def test_every_feature_is_what_walking_through_the_orders_gives(
    shop: tuple[list[Row], list[Row]],
) -> None:
    orders, chargebacks = shop

    found = compute(frame(orders), chargebacks=told(chargebacks))

    pd.testing.assert_frame_equal(
        found, oracle.features(orders, chargebacks), check_exact=False, rtol=1e-12
    )


@settings(max_examples=25, deadline=None)
@given(shops(), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_how_words_are_kept_change_nothing(
    shop: tuple[list[Row], list[Row]], chance: Any
) -> None:
    orders, chargebacks = shop
    shuffled = frame(chance.sample(orders, len(orders)))
    for name in (*LINKS, "category", "coupon", "method", "billing_country", "shipping_country"):
        shuffled[name] = shuffled[name].astype("category")

    found = compute(shuffled, chargebacks=told(chargebacks))

    plain = compute(frame(orders), chargebacks=told(chargebacks))
    same(found.loc[plain.index], plain)


@settings(max_examples=25, deadline=None)
@given(shops(), st.data())
def test_what_comes_later_changes_nothing(
    shop: tuple[list[Row], list[Row]], data: st.DataObject
) -> None:
    orders, chargebacks = shop
    order = data.draw(st.sampled_from(orders))
    past = [*oracle.earlier(order, orders), order]
    known = [one for one in chargebacks if one["known_at"] <= order["placed_at"]]

    then = compute(frame(past), of=[order["order_id"]], chargebacks=told(known))

    now = compute(frame(orders), of=[order["order_id"]], chargebacks=told(chargebacks))
    same(then, now)


@settings(max_examples=60, deadline=None)
@given(shops(), st.data())
def test_linked_orders_and_profiles_say_the_same_as_all_orders(
    shop: tuple[list[Row], list[Row]], data: st.DataObject
) -> None:
    orders, chargebacks = shop
    order = data.draw(st.sampled_from(orders))
    parted = oracle.usual_until(order) - timedelta(days=data.draw(st.integers(0, 7)))
    held = [one for one in orders if one["placed_at"] >= parted]
    gone = [one for one in orders if one["placed_at"] < parted]
    linked = [
        {name: one[name] for name in EVENTS}
        for one in held
        if one is not order
        and (
            _linked(one, order) or (one["coupon"] is not None and one["coupon"] == order["coupon"])
        )
    ]
    links = {one["order_id"]: {link: one[link] for link in LINKS} for one in orders}
    marked = frame_of([one | links[one["order_id"]] for one in chargebacks])

    found = compute(
        frame([order, *linked]),
        of=[order["order_id"]],
        chargebacks=marked,
        profiles=profiles(order, orders, gone),
    )

    same(found, compute(frame(orders), of=[order["order_id"]], chargebacks=told(chargebacks)))


def test_an_order_scored_again_sees_the_chargebacks_known_by_then_but_not_its_own() -> None:
    base = {"amount": 10.0, "device": "d1"}
    orders = pd.DataFrame(
        [
            base | {"order_id": "a", "placed_at": FIRST},
            base | {"order_id": "b", "placed_at": FIRST + timedelta(days=1)},
            base | {"order_id": "c", "placed_at": FIRST + timedelta(days=2)},
        ]
    )
    chargebacks = told(
        [
            {"order_id": "a", "known_at": FIRST + timedelta(days=30)},
            {"order_id": "b", "known_at": FIRST + timedelta(days=30)},
            {"order_id": "c", "known_at": FIRST + timedelta(days=50)},
        ]
    )

    then = compute(orders, of=["b"], chargebacks=chargebacks)
    again = compute(
        orders, of=["b"], chargebacks=chargebacks, known_by=pd.Timestamp(FIRST + timedelta(days=40))
    )

    assert then["linked_chargebacks"].tolist() == [0]
    assert again["linked_chargebacks"].tolist() == [1]
    assert again["device_chargeback_share"].tolist() == [1.0]


def test_a_shop_that_knows_only_amounts_gets_what_these_allow_and_is_told_the_rest() -> None:
    orders = pd.DataFrame(
        {
            "order_id": ["a", "b"],
            "placed_at": pd.to_datetime(["2026-03-01", "2026-03-02"]),
            "amount": [10.0, 30.0],
        }
    )

    found = compute(orders)

    assert found["amount"].tolist() == [10.0, 30.0]
    assert found.columns.tolist() == list(NAMES)
    assert found.drop(columns="amount").isna().all(axis=None)
    assert missing_columns(orders) == list(dict.fromkeys(c for f in FEATURES for c in f.needs))


def test_no_orders_make_no_features() -> None:
    orders = frame([{"order_id": "a", "placed_at": FIRST, "signed_up_at": None, "amount": 1.0}])

    assert compute(orders.iloc[:0]).shape == (0, len(NAMES))


def test_an_order_that_is_not_there_is_named() -> None:
    orders = frame([{"order_id": "a", "placed_at": FIRST, "signed_up_at": None, "amount": 1.0}])

    with pytest.raises(WrongFrame, match="such as b"):
        compute(orders, of=["a", "b"])
    with pytest.raises(WrongFrame, match="no column amount"):
        compute(orders.drop(columns="amount"))


def frame_of(chargebacks: list[Row]) -> pd.DataFrame:
    found = pd.DataFrame(chargebacks, columns=["order_id", "known_at", *LINKS])
    return found.astype({"known_at": "datetime64[ns]"})


def profiles(order: Row, orders: list[Row], gone: list[Row]) -> pd.DataFrame:
    """What a store keeps for an order: its links' orders that are gone, and what is usual."""
    rows: list[Row] = []
    for link in LINKS:
        same_link = [one for one in gone if one[link] is not None and one[link] == order[link]]
        if same_link:
            rows.append(_sums(link, order[link], None, same_link))
    until = oracle.usual_until(order)
    old = [one for one in orders if one["placed_at"] < until]
    rows.append(_sums(*ALL_ORDERS, until, old))
    for kind in USUAL:
        alike = [one for one in old if one[kind] is not None and one[kind] == order[kind]]
        rows.append(_sums(kind, order[kind], until, alike))
    return pd.DataFrame(rows).astype({"before": "datetime64[ns]", "last_at": "datetime64[ns]"})


def _sums(kind: str, key: str | None, before: Any, orders: list[Row]) -> Row:
    return {
        "kind": kind,
        "key": key,
        "before": before,
        "orders": len(orders),
        "amount": float(np.sum([one["amount"] for one in orders])),
        "last_at": max((one["placed_at"] for one in orders), default=None),
    }


def _linked(one: Row, order: Row) -> bool:
    return any(one[link] is not None and one[link] == order[link] for link in LINKS)
