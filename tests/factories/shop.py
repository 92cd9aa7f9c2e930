"""A real small shop, written row by row in the words of a test.

    shop = ShopFactory(engine)
    shop.order(day="2026-03-02", product="mug", units=3)
    shop.order(day="2026-03-02", product="mug", units=5, status="cancelled")

Money is given in currency (12.5), days in the shop's zone (Europe/Berlin unless told), and an
order is placed at local noon unless `at` says otherwise. What is named and not yet there
(product, category, customer) is made.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from data_access.shop import tables as shop

BERLIN = ZoneInfo("Europe/Berlin")
LONG_AGO = datetime(2020, 1, 1)


def money(value: float | None) -> int | None:
    """Ten-thousandths of the currency."""
    return None if value is None else round(value * shop.MONEY_SCALE)


class ShopFactory:
    """Writes canonical rows into a database that it makes the tables of."""

    def __init__(self, engine: sa.Engine, *, zone: ZoneInfo = BERLIN) -> None:
        self.engine = engine
        self.zone = zone
        self._counts: dict[str, int] = {}
        shop.metadata.create_all(engine)
        self._known: set[tuple[str, str]] = set()

    # ── catalogue ──

    def category(
        self, category_id: str, *, name: str | None = None, parent: str | None = None
    ) -> str:
        if parent is not None:
            self._ensure("category", parent, self.category)
        return self._add(
            "category",
            category_id,
            shop.categories,
            name=name or category_id.title(),
            parent_id=parent,
        )

    def product(
        self,
        product_id: str,
        *,
        name: str | None = None,
        category: str | None = "kitchen",
        price: float = 10.0,
        cost: float | None = 4.0,
        launched: str = "2020-01-01",
        **more: Any,
    ) -> str:
        if category is not None:
            self._ensure("category", category, self.category)
        self._add(
            "product",
            product_id,
            shop.products,
            name=name or product_id.title(),
            category_id=category,
            unit_cost=money(cost),
            launched_on=date.fromisoformat(launched),
            **more,
        )
        self.price(product_id, price, since=launched)
        return product_id

    def price(self, product: str, price: float, *, since: str, reason: str | None = None) -> None:
        """A list price from the beginning of a local day."""
        self._insert(
            shop.price_history,
            product_id=product,
            valid_from=self.instant(since, "00:00"),
            price=money(price),
            reason=reason,
            updated_at=max(self.instant(since, "00:00"), LONG_AGO),
        )

    def promotion(
        self,
        *,
        first: str,
        last: str,
        product: str | None = None,
        category: str | None = None,
        discount: float = 0.2,
        name: str = "Sale",
        announced: str | None = None,
    ) -> str:
        promotion_id = self._next("R")
        at = self.instant(announced or first, "00:00")
        self._insert(
            shop.promotions,
            promotion_id=promotion_id,
            name=name,
            product_id=product,
            category_id=category,
            discount=discount,
            starts_on=date.fromisoformat(first),
            ends_on=date.fromisoformat(last),
            announced_at=at,
            updated_at=at,
        )
        return promotion_id

    def stock(self, product: str, *, day: str, units: int, level: int, at: str = "23:00") -> str:
        """A change of stock and the level after it."""
        self._ensure("product", product, self.product)
        change_id = self._next("S")
        instant = self.instant(day, at)
        kind = "receipt" if units > 0 else "sales"
        self._insert(
            shop.stock_changes,
            change_id=change_id,
            product_id=product,
            units=units,
            level_after=level,
            kind=kind,
            happened_at=instant,
            known_at=instant,
            updated_at=instant,
        )
        return change_id

    # ── people and orders ──

    def customer(self, customer_id: str, *, day: str = "2020-01-01", **more: Any) -> str:
        at = self.instant(day)
        defaults = {
            "name": f"{customer_id.title()} Example",
            "email": f"{customer_id}@mail.example",
            "kind": "private",
            "signed_up_at": at,
            "country": "DE",
        }
        return self._add(
            "customer", customer_id, shop.customers, **{"updated_at": at, **defaults, **more}
        )

    def order(
        self,
        *,
        day: str,
        at: str = "12:00",
        product: str = "mug",
        units: int = 1,
        price: float = 10.0,
        lines: list[tuple[str, int, float]] | None = None,
        customer: str | None = None,
        status: str = "placed",
        status_day: str | None = None,
        order_id: str | None = None,
        coupon_value: float = 0.0,
        shipping: float = 0.0,
        **more: Any,
    ) -> str:
        """An order of one line (product, units, price) or of `lines` of (product, units, price)."""
        if customer is not None:
            self._ensure("customer", customer, self.customer)
        order_id = order_id or self._next("O")
        placed = self.instant(day, at)
        self._insert(
            shop.orders,
            order_id=order_id,
            customer_id=customer,
            placed_at=placed,
            channel=more.pop("channel", "web"),
            discount_total=money(coupon_value),
            shipping_fee=money(shipping),
            updated_at=more.pop("updated_at", placed),
            **more,
        )
        for number, (name, count, paid) in enumerate(lines or [(product, units, price)], start=1):
            self._ensure("product", name, self.product)
            self._insert(
                shop.order_items,
                order_id=order_id,
                line=number,
                product_id=name,
                units=count,
                unit_price=money(paid),
                list_price=money(paid),
                updated_at=placed,
            )
        if status != "placed":
            self.status(order_id, status, day=status_day or day, at=at)
        return order_id

    def status(self, order_id: str, status: str, *, day: str, at: str = "12:00") -> None:
        instant = self.instant(day, at) + timedelta(minutes=1)
        self._insert(
            shop.order_status_changes,
            order_id=order_id,
            status=status,
            happened_at=instant,
            known_at=instant,
            updated_at=instant,
        )

    def payment(self, order_id: str, *, day: str, amount: float = 10.0, **more: Any) -> str:
        at = self.instant(day)
        return self._event(
            shop.payments,
            "payment_id",
            "Y",
            order_id=order_id,
            amount=money(amount),
            **{
                "method": "card",
                "succeeded": True,
                "attempted_at": at,
                "updated_at": at,
                **more,
            },
        )

    def refund(self, order_id: str, *, day: str, amount: float, **more: Any) -> str:
        at = self.instant(day)
        return self._event(
            shop.refunds,
            "refund_id",
            "F",
            order_id=order_id,
            amount=money(amount),
            **{"happened_at": at, "known_at": at, "updated_at": at, **more},
        )

    def chargeback(
        self, order_id: str, *, day: str, amount: float, known: str | None = None
    ) -> str:
        at, known_at = self.instant(day), self.instant(known or day)
        return self._event(
            shop.chargebacks,
            "chargeback_id",
            "B",
            order_id=order_id,
            amount=money(amount),
            reason="fraud",
            happened_at=at,
            known_at=known_at,
            updated_at=known_at,
        )

    def review(self, *, day: str, stars: int = 5, **more: Any) -> str:
        at = self.instant(day)
        return self._event(
            shop.reviews,
            "review_id",
            "V",
            stars=stars,
            **{"happened_at": at, "known_at": at, "updated_at": at, **more},
        )

    def ticket(self, *, day: str, **more: Any) -> str:
        at = self.instant(day)
        return self._event(
            shop.tickets, "ticket_id", "T", **{"opened_at": at, "updated_at": at, **more}
        )

    def event(
        self, *, day: str, session: str, kind: str = "view", at: str = "12:00", **more: Any
    ) -> str:
        instant = self.instant(day, at)
        return self._event(
            shop.shopper_events,
            "event_id",
            "E",
            session_id=session,
            kind=kind,
            happened_at=instant,
            updated_at=instant,
            **more,
        )

    # ── changes ──

    def change(self, table: sa.Table, key: dict[str, Any], *, now: datetime, **values: Any) -> None:
        """Change a row as a shop would: `updated_at` rises to `now` (naive UTC)."""
        where = sa.and_(*(table.c[name] == value for name, value in key.items()))
        with self.engine.begin() as connection:
            connection.execute(sa.update(table).where(where).values(updated_at=now, **values))

    def delete(self, table: sa.Table, key: dict[str, Any]) -> None:
        where = sa.and_(*(table.c[name] == value for name, value in key.items()))
        with self.engine.begin() as connection:
            connection.execute(sa.delete(table).where(where))

    def instant(self, day: str, at: str = "12:00") -> datetime:
        """The naive UTC instant of a local day and time."""
        local = datetime.combine(date.fromisoformat(day), time.fromisoformat(at), self.zone)
        return local.astimezone(UTC).replace(tzinfo=None)

    # ── within ──

    def _event(self, table: sa.Table, key: str, letter: str, /, **values: Any) -> str:
        identifier = values.pop(key, None) or self._next(letter)
        self._insert(table, **{key: identifier, **values})
        return str(identifier)

    def _add(self, what: str, identifier: str, table: sa.Table, /, **values: Any) -> str:
        key = next(iter(table.primary_key.columns)).name
        self._insert(table, **{key: identifier, "updated_at": LONG_AGO, **values})
        self._known.add((what, identifier))
        return identifier

    def _ensure(self, kind: str, identifier: str, make: Any) -> None:
        if (kind, identifier) not in self._known:
            make(identifier)

    def _insert(self, table: sa.Table, /, **values: Any) -> None:
        with self.engine.begin() as connection:
            connection.execute(sa.insert(table).values(**values))

    def _next(self, letter: str) -> str:
        self._counts[letter] = self._counts.get(letter, 0) + 1
        return f"{letter}{self._counts[letter]:05d}"
