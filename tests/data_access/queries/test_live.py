"""Single records from the shop itself, on each engine."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from data_access.queries import live
from tests.factories.shop import ShopFactory


def answer(shop: ShopFactory, statement: sa.Select) -> list[dict]:
    with shop.engine.connect() as connection:
        return [dict(row) for row in connection.execute(statement).mappings()]


@pytest.fixture
def ordered(shop: ShopFactory) -> ShopFactory:
    shop.product("mug", name="Enamel mug")
    shop.order(
        day="2026-03-02",
        order_id="A1",
        lines=[("mug", 2, 10.0), ("pot", 1, 5.0)],
        customer="ada",
        ip="203.0.113.7",
        status="shipped",
    )
    shop.order(day="2026-03-02", order_id="a1", product="pot")
    shop.payment("A1", day="2026-03-02", amount=25.0, card_fingerprint="card")
    shop.refund("A1", day="2026-03-09", amount=5.0)
    return shop


def test_one_order_by_its_exact_code(ordered: ShopFactory) -> None:
    assert [r["order_id"] for r in answer(ordered, live.one_order("A1"))] == ["A1"]
    assert [r["order_id"] for r in answer(ordered, live.one_order("a1"))] == ["a1"]
    assert answer(ordered, live.one_order("A2")) == []


def test_personal_columns_come_only_when_asked_for(ordered: ShopFactory) -> None:
    assert "ip" not in answer(ordered, live.one_order("A1"))[0]
    assert answer(ordered, live.one_order("A1", personal=True))[0]["ip"] == "203.0.113.7"
    assert "name" not in answer(ordered, live.one_customer("ada"))[0]
    assert answer(ordered, live.one_customer("ada", personal=True))[0]["name"] == "Ada Example"
    assert "card_fingerprint" not in answer(ordered, live.payments_of_order("A1"))[0]


def test_what_belongs_to_an_order(ordered: ShopFactory) -> None:
    lines = answer(ordered, live.lines_of_order("A1"))

    assert [(r["line"], r["product"], r["units"]) for r in lines] == [
        (1, "Enamel mug", 2),
        (2, "Pot", 1),
    ]
    assert [r["status"] for r in answer(ordered, live.history_of_order("A1"))] == ["shipped"]
    assert [r["amount"] for r in answer(ordered, live.payments_of_order("A1"))] == [250_000]
    assert [r["amount"] for r in answer(ordered, live.refunds_of_order("A1"))] == [50_000]
