"""What links orders: one thing in one spelling, and never what stands for nothing."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pyarrow as pa
import pytest
import sqlalchemy as sa

from data_access.shop import tables as shop_tables
from data_access.snapshots import tables
from data_access.snapshots.analytics import Analytics
from data_access.snapshots.personal import hashed
from data_access.snapshots.placeholders import LEAST_ACCOUNTS
from tests.factories.databases import HASH_KEY, NOW, Taker
from tests.factories.shop import ShopFactory


def links(purpose: str, *texts: str) -> list[str | None]:
    return hashed(pa.array(texts, type=pa.string()), HASH_KEY, purpose).to_pylist()


@pytest.mark.parametrize("purpose", ["device", "card", "address", "ip"])
def test_blanks_and_words_for_nothing_have_no_hash(purpose: str) -> None:
    nothing = ("", " ", "\u00a0", "\u200f", "undefined", "NULL", "n/a", "N/A", "Unknown", "-")
    zeros = ("0", "0000", "00000000-0000-0000-0000-000000000000", "0.0.0.0", "::")

    assert set(links(purpose, *nothing, *zeros)) == {None}


def test_what_says_something_keeps_its_hash() -> None:
    found = links("device", "d0", "f", "null-island", "0a", "00-01", "unknown7")

    assert None not in found
    assert len(set(found)) == 6


def test_white_space_and_invisible_marks_do_not_tell_two_addresses_apart() -> None:
    found = links(
        "address",
        *("12 Main St, Flat 4", "12 MAIN  St,\nFlat 4 ", "12\u00a0Main St,\u200f Flat\t4"),
        "12 Main St, Flat 5",
    )

    assert len(set(found[:3])) == 1
    assert found[3] != found[0]


def test_an_address_on_the_net_is_one_in_all_its_spellings() -> None:
    six = links(
        "ip",
        *("2001:db8:0:0::2", "2001:0db8::2", "2001:DB8::2", "2001:db8::0002", "[2001:db8::2]"),
        "2001:db8:0000:0000:0000:0000:0000:0002",
    )
    near, far = links("ip", "2001:db8::ffff:1", "2001:db8:0:1::2")
    four = links("ip", "198.51.100.7", "::ffff:198.51.100.7", " 198.51.100.7")

    assert set(six) == {near}, "one connection holds 64 bits"
    assert far != near
    assert len(set(four)) == 1
    assert links("ip", "198.51.100.8") != four[:1]


def test_blank_is_unknown_in_every_table_and_is_told_with_its_share(
    shop: ShopFactory, take: Taker, analytics: Analytics
) -> None:
    for number in range(4):
        shop.order(
            day="2026-03-20",
            order_id=f"A{number}",
            device_id=("", " ", "undefined", "d1")[number],
            ip="",
            shipping_address="  ",
            coupon="",
        )
    shop.change(shop_tables.orders, {"order_id": "A0"}, now=NOW, customer_id=" ")

    manifest = take()

    found = analytics.frame(manifest.number, sa.select(tables.orders))
    assert found[["ip", "shipping_address", "coupon", "customer_id"]].isna().all(axis=None)
    assert found["device_id"].notna().sum() == 1
    told = next(c for c in manifest.checks if c.name == "orders.device_id stands for something")
    assert not told.passed
    assert "3 of 4 values" in told.detail
    assert "75.0%" in told.detail


def month_of_orders(shop: ShopFactory, accounts: int, **more: str) -> None:
    """An order a day of one account more, each with an address and a device of its own."""
    for number in range(accounts):
        day = date(2026, 3, 1) + timedelta(days=number % 28)
        own = {"shipping_address": f"{number} Main St", "device_id": uuid4().hex} | more
        shop.order(day=day.isoformat(), order_id=f"O{number:03d}", customer=f"c{number}", **own)


@pytest.mark.parametrize("shop_engine", ["sqlite"], indirect=True)
def test_a_value_that_joins_unrelated_accounts_is_found_without_a_list(
    shop: ShopFactory, take: Taker
) -> None:
    month_of_orders(shop, LEAST_ACCOUNTS, device_id="web-client/2")

    manifest = take()

    assert list(manifest.placeholders) == ["device"]
    assert manifest.placeholders["device"] == tuple(links("device", "web-client/2"))
    told = next(c for c in manifest.warnings if c.name == "values that link orders")
    assert "a device in 50 of 50 orders (100.0%) of 50 accounts, such as order O000" in told.detail
    assert told.remedy
    shop.order(day="2026-03-30")
    later = take(full=False)
    assert later.kind == "incremental"
    assert later.placeholders == manifest.placeholders
    assert type(manifest).from_json(manifest.to_json()) == manifest


@pytest.mark.parametrize("shop_engine", ["sqlite"], indirect=True)
def test_few_accounts_or_a_ring_that_is_charged_back_are_no_placeholder(
    shop: ShopFactory, take: Taker
) -> None:
    month_of_orders(shop, LEAST_ACCOUNTS - 1, ip="198.51.100.7")
    assert take().placeholders == {}

    shop.order(day="2026-03-29", order_id="last", customer="last", ip="198.51.100.7",
               shipping_address="far away", device_id="own")  # fmt: skip
    for number in range(3):
        shop.chargeback(f"O{number:03d}", day="2026-03-29", known="2026-03-29", amount=1.0)
    assert take(full=True).placeholders == {}
