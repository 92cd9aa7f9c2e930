"""No personal data in a snapshot: not in a value, not in a byte, not in the manifest."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from data_access.shop import tables as shop_tables
from data_access.snapshots import tables
from data_access.snapshots.analytics import Analytics
from data_access.snapshots.personal import cleaned, email_domains, hashed
from data_access.snapshots.store import SnapshotStore
from tests.factories.databases import Taker
from tests.factories.shop import ShopFactory

PLANTED = {
    "name": "Wilhelmina Quackenbush",
    "email": "mina.q@secretmail.example",
    "phone": "+49 170 5551234",
    "address": "Finkenweg 17b, 80331 Musterstadt",
    "city": "Musterstadt",
    "postcode": "80331",
}
TEXT = (
    "I am Wilhelmina quackenbush, write to mina.q@secretmail.example or call +49 170 5551234, "
    "0170/5551234 or (089) 555 12 34; Finkenweg 17b, 80331 Musterstadt. My card is "
    "4111 1111 1111 1111, account DE02 1203 0000 0000 2020 51, see "
    "https://profile.example/wilhelmina?id=99887766. The kettle leaks."
)
SECRETS = (
    "Wilhelmina",
    "Quackenbush",
    "mina.q",
    "5551234",
    "555 12 34",
    "Finkenweg",
    "80331",
    "Musterstadt",
    "4111",
    "99887766",
    "203.0.113.77",
    "device-of-mina",
    "card-of-mina",
)


@pytest.fixture
def planted(shop: ShopFactory) -> ShopFactory:
    shop.product("kettle")
    shop.customer("C1", **PLANTED)
    order = shop.order(
        day="2026-03-02",
        product="kettle",
        customer="C1",
        shipping_address=PLANTED["address"],
        device_id="device-of-mina",
        ip="203.0.113.77",
    )
    shop.payment(order, day="2026-03-02", card_fingerprint="card-of-mina")
    shop.review(day="2026-03-05", customer_id="C1", title=TEXT, body=TEXT)
    shop.ticket(day="2026-03-06", customer_id="C1", subject=TEXT, body=TEXT)
    shop.event(
        day="2026-03-06", session="s1", kind="search", query="mail mina.q@secretmail.example"
    )
    return shop


def test_every_personal_column_is_planted(planted: ShopFactory) -> None:
    with planted.engine.connect() as connection:
        for table in shop_tables.CANONICAL:
            for column in table.columns:
                if column.info.get("personal"):
                    found = connection.execute(
                        sa.select(sa.func.count()).where(column.is_not(None))
                    ).scalar()
                    assert found, f"{table.name}.{column.name} is empty in this test"


def test_no_part_and_no_manifest_holds_a_planted_secret(
    planted: ShopFactory, take: Taker, store: SnapshotStore
) -> None:
    take()

    for file in (f for f in store.folder.rglob("*") if f.is_file()):
        text = _decoded(file)
        for secret in SECRETS:
            assert secret.lower() not in text, f"{secret} is in {file.relative_to(store.folder)}"


def test_what_remains_of_a_text_is_what_was_said(
    planted: ShopFactory, take: Taker, analytics: Analytics
) -> None:
    body = analytics.frame(take().number, sa.select(tables.reviews.c.body))["body"][0]

    assert body.endswith("The kettle leaks.")
    assert body.startswith("I am [removed] [removed], write to [removed] or call [removed]")


def test_the_same_address_device_and_mail_link_without_being_told(
    planted: ShopFactory, take: Taker, analytics: Analytics
) -> None:
    planted.customer("C2", email="MINA.Q@secretmail.example ", address="x")
    number = take().number

    people = analytics.frame(number, sa.select(tables.customers).order_by("customer_id"))
    orders = analytics.frame(number, sa.select(tables.orders))
    assert people["email"][0] == people["email"][1]
    assert people["address"][0] == orders["shipping_address"][0]
    assert people["email_domain"].tolist() == ["secretmail.example"] * 2
    assert len(orders["device_id"][0]) == 32


def test_dropped_columns_are_in_no_table_of_a_snapshot() -> None:
    for table in shop_tables.CANONICAL:
        kept = tables.snapshot_metadata.tables[table.name].columns
        for column in table.columns:
            assert (column.name in kept) == (column.info.get("personal") != "drop")


def test_hashes_need_the_key_and_keep_purposes_apart() -> None:
    values = pa.array(["ada", "ada", None, "ADA"])

    one = hashed(values, b"k" * 32, "device").to_pylist()
    assert one[0] == one[1]
    assert one[2] is None
    assert one[3] != one[0]  # codes compare byte for byte
    assert hashed(values, b"j" * 32, "device").to_pylist()[0] != one[0]
    assert hashed(values, b"k" * 32, "card").to_pylist()[0] != one[0]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("paid 19.99 for 2 of 3, 100% ok", "paid 19.99 for 2 of 3, 100% ok"),
        ("since 2026-03-02 it leaks", "since 2026-03-02 it leaks"),
        ("size 42, 1.5 l, 20 cm", "size 42, 1.5 l, 20 cm"),
        ("order 123456789", "order [removed]"),
        ("www.me.example/x now", "[removed] now"),
        (None, None),
    ],
)
def test_ordinary_numbers_stay_in_a_text(text: str | None, left: str | None) -> None:
    nobody = pa.nulls(1, pa.string())

    assert cleaned(pa.array([text], type=pa.string()), nobody, nobody).to_pylist() == [left]


def test_a_short_name_is_removed_only_as_a_word_of_its_own() -> None:
    texts = pa.array(["Al: always a delight, said Al"])

    left = cleaned(texts, pa.array(["Al Ray"]), pa.nulls(1, pa.string())).to_pylist()

    assert left == ["[removed]: always a delight, said [removed]"]


def test_mail_domains_are_lower_case_and_missing_where_there_is_none() -> None:
    mails = pa.array(["a@Shop.Example", "no mail", None, "a@b@c.example"])

    assert email_domains(mails).to_pylist() == ["shop.example", None, None, "c.example"]


def _decoded(file: Path) -> str:
    text = file.read_bytes().decode("latin-1").lower()
    if file.suffix == ".parquet":
        text += str(pq.read_table(file).to_pylist()).lower()
    return text
