"""Orders of one week: when and from where they were placed, how they were paid."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from data_access.shop import tables as shop
from data_access.sources.demo import fraud as kinds
from data_access.sources.demo import names, truth
from data_access.sources.demo.baskets import Baskets, Lines
from data_access.sources.demo.calendar import (
    DAY,
    HOUR,
    NIGHT_HOURS,
    OFFICE_HOURS,
    SECOND,
    instants,
    time_of_day,
    week_start,
)
from data_access.sources.demo.catalogue import product_codes
from data_access.sources.demo.chance import (
    Floats,
    Ints,
    generator,
    pick_rows,
    uniform_of,
)
from data_access.sources.demo.columns import Arrow, codes, numbers, stamps, to_cents, words
from data_access.sources.demo.customers import customer_codes, home_of
from data_access.sources.demo.demand import Demand
from data_access.sources.demo.fraud import Fraud
from data_access.sources.demo.ledger import Ledger
from data_access.sources.demo.sizes import WEEKS
from data_access.sources.demo.world import World

CHANNELS = ("web", "app", "mail")
COUPONS = ("WELCOME10", "NEWS5", "FRIENDS15")
_COUPON_SHARE = np.array([0.10, 0.05, 0.15])
FREE_SHIPPING = 59 * 10_000
SHIPPING_FEE = 49_500
WHOLESALE_REBATE = 0.15
_METHOD_SHARE = np.array(
    # card, wallet, invoice, transfer, voucher by country
    [
        [0.30, 0.33, 0.26, 0.07, 0.04],
        [0.36, 0.27, 0.24, 0.09, 0.04],
        [0.22, 0.20, 0.09, 0.46, 0.03],
        [0.68, 0.25, 0.00, 0.03, 0.04],
        [0.52, 0.38, 0.00, 0.06, 0.04],
        [0.66, 0.29, 0.00, 0.01, 0.04],
    ]
)
CARD, WALLET = 0, 1


@dataclass(slots=True)
class Orders:
    """One row an order, in the order in which they were placed."""

    number: Ints
    customer: Ints
    row: Ints  # day of the week, 0 to 6
    placed: Ints  # instant
    channel: Ints
    coupon: Ints  # or -1
    method: Ints
    card: Ints  # number of the card
    card_country: Ints
    country: Ints  # of billing
    ship_country: Ints
    home: Ints  # number of the home it is sent to
    device: Ints
    line: Ints  # internet line it came from
    proxied: np.ndarray
    ip_country: Ints
    kind: Ints  # of fraud, or -1
    ring: Ints
    declined: np.ndarray
    total: Ints  # of the lines, ten-thousandths
    discount: Ints
    shipping: Ints

    def __len__(self) -> int:
        return len(self.customer)

    def kept(self, which: np.ndarray) -> Orders:
        return Orders(**{one.name: getattr(self, one.name)[which] for one in fields(self)})

    @property
    def amount(self) -> Ints:
        return self.total - self.discount + self.shipping

    @property
    def codes(self) -> Arrow:
        return order_codes(self.number)


def order_codes(number: Ints) -> Arrow:
    return codes("O", number, 8)


def compose(world: World, baskets: Baskets, fraud: Fraud, days: Ints) -> Orders:
    """All that is known of an order before its payment."""
    rng = generator(world.seed, "orders", world.week)
    seed, people, who = world.seed, world.people, baskets.customer
    n = len(who)
    kind = fraud.kind
    injected = (kind >= 0) & (kind != kinds.FALSE_CLAIM)
    placed = _placed(world, rng, baskets, kind, days)
    country = people.country[who]
    home = home_of(seed, who)
    elsewhere = rng.random(n) < 0.07  # gifts and offices
    home = np.where(elsewhere, 50_000_000 + who, home)
    ship_country = country.copy()
    app = uniform_of(seed, "uses-app", who) < 0.30
    channel = np.where(rng.random(n) < 0.07, 2, (app & (rng.random(n) < 0.8)).astype(np.int64))
    device = who * 4 + np.where(rng.random(n) < 0.75, 0, rng.integers(1, 3, n))
    line = np.where(rng.random(n) < 0.72, who, 100_000_000 + who * 8 + rng.integers(0, 8, n))
    card = who * 3 + (rng.random(n) < 0.12) + (placed // (550 * DAY)) % 2 * 1_000_000_007
    abroad = rng.random(n) < 0.025
    card_country = np.where(abroad, (country + rng.integers(1, 6, n)) % 6, country)
    ip_country = np.where(rng.random(n) < 0.03, rng.integers(0, 6, n), country)
    proxied = rng.random(n) < 0.012
    method = pick_rows(rng, _METHOD_SHARE[country])
    method = np.where(people.wholesale[who] & (rng.random(n) < 0.8), 2, method)
    first = world.first_order[who] == 0
    coupon = np.where(first & (rng.random(n) < 0.22), 0, -1)
    coupon = np.where((coupon < 0) & (rng.random(n) < 0.045), 1, coupon)
    coupon = np.where((coupon < 0) & (rng.random(n) < 0.010), 2, coupon)
    coupon = np.where(people.wholesale[who], -1, coupon)

    ring = fraud.ring
    for one in np.unique(kind[injected]):
        w = np.flatnonzero(kind == one)
        m = len(w)
        fresh = 200_000_000 + (rng.random(m) * 700_000_000).astype(np.int64)
        shared = 950_000_000 + (ring[w] % 1_000_000) * 8
        method[w] = CARD
        if one == kinds.TESTING:
            device[w] = shared + rng.integers(0, 2, m)
            line[w] = shared + rng.integers(0, 3, m)
            card[w], proxied[w] = fresh, rng.random(m) < 0.6
            card_country[w] = rng.integers(0, 8, m)
        elif one == kinds.STOLEN:
            device[w], line[w], card[w] = fresh, fresh + 1, fresh + 2
            proxied[w] = rng.random(m) < 0.45
            card_country[w] = np.where(rng.random(m) < 0.55, rng.integers(0, 8, m), country[w])
            home[w] = np.where(rng.random(m) < 0.6, fresh, home[w])
        elif one == kinds.TAKEOVER:
            device[w], line[w], home[w] = fresh, fresh + 1, fresh + 2
            ip_country[w] = rng.integers(0, 6, m)
            proxied[w] = rng.random(m) < 0.30
        elif one == kinds.RESHIPPING:
            device[w] = shared + rng.integers(0, 5, m)
            line[w] = shared + rng.integers(0, 6, m)
            home[w], card[w] = shared + rng.integers(0, 3, m), fresh
            ship_country[w] = ring[w] % 6
            card_country[w] = rng.integers(0, 8, m)
        elif one == kinds.COUPON:
            device[w], home[w] = shared + rng.integers(0, 2, m), shared
            line[w], coupon[w] = shared, 0
        elif one == kinds.RESALE:
            # New: paid by wallet from an app, sent to true homes, many devices on few lines.
            method[w], channel[w] = WALLET, 1
            device[w], line[w] = fresh, shared + rng.integers(0, 4, m)
            home[w] = fresh % 40_000_000
            card[w] = fresh
    blank = np.zeros(n, dtype=np.int64)
    return Orders(
        number=blank, customer=who, row=baskets.row, placed=placed, channel=channel, coupon=coupon,
        method=method, card=card, card_country=card_country, country=country,
        ship_country=ship_country, home=home, device=device, line=line, proxied=proxied,
        ip_country=ip_country, kind=kind, ring=ring, declined=np.zeros(n, dtype=bool),
        total=blank, discount=blank, shipping=blank,
    )  # fmt: skip


def _placed(
    world: World, rng: np.random.Generator, baskets: Baskets, kind: Ints, days: Ints
) -> Ints:
    people, who = world.people, baskets.customer
    n = len(who)
    office = time_of_day(rng, n, OFFICE_HOURS)
    night = time_of_day(rng, n, NIGHT_HOURS)
    usual = time_of_day(rng, n)
    thief = np.isin(kind, (kinds.STOLEN, kinds.TAKEOVER, kinds.RESHIPPING)) & (rng.random(n) < 0.6)
    moment = np.where(people.wholesale[who], office, np.where(thief, night, usual))
    burst = kind == kinds.TESTING
    if burst.any():
        start = 19 * HOUR + rng.integers(0, 3 * 3_600) * SECOND
        moment[burst] = start + rng.integers(0, 5_400, int(burst.sum())) * SECOND
    placed = instants(days[baskets.row], moment)
    # Who signs up with an order in hand orders some minutes later, on the same day.
    new = (people.day[who] == days[baskets.row]) & (kind < 0)
    soon = people.signed_up[who] + rng.integers(90, 1_500, n) * SECOND
    last = instants(days[baskets.row], 23 * HOUR + 59 * 60 * SECOND)
    placed = np.where(new, np.minimum(soon, last), placed)
    return np.maximum(placed, np.where(new, people.signed_up[who] + SECOND, 0))


def settle(
    world: World, orders: Orders, lines: Lines, demand: Demand
) -> tuple[Orders, Lines, Ints, Ints]:
    """Drop empty orders, number the others as they were placed, and add up.

    Returns
    -------
    orders, lines (sorted by order), paid price and list price of each line (ten-thousandths).
    """
    filled = np.bincount(lines.order, minlength=len(orders)) > 0
    sequence = np.flatnonzero(filled)
    sequence = sequence[np.argsort(orders.placed[sequence], kind="stable")]
    place = np.full(len(orders), -1)
    place[sequence] = np.arange(len(sequence))
    orders = orders.kept(sequence)
    orders.number = world.number("order", len(orders))
    lines.order = place[lines.order]
    lines = lines.kept(np.lexsort((lines.product, lines.order)))
    listed = demand.price[lines.row, lines.product]
    rebate = np.where(
        world.people.wholesale[orders.customer[lines.order]],
        WHOLESALE_REBATE,
        demand.discount[lines.row, lines.product],
    )
    paid = to_cents(listed * (1 - rebate))
    n = len(orders)
    orders.total = np.bincount(lines.order, (paid * lines.units).astype(np.float64), n).astype(
        np.int64
    )
    share: Floats = np.where(orders.coupon >= 0, _COUPON_SHARE[np.maximum(orders.coupon, 0)], 0.0)
    orders.discount = to_cents(orders.total.astype(np.float64) * share)
    orders.shipping = np.where(orders.total - orders.discount < FREE_SHIPPING, SHIPPING_FEE, 0)
    first = np.unique(orders.customer, return_index=True)[1]
    who = orders.customer[first]
    new = world.first_order[who] == 0
    world.first_order[who[new]] = week_start(world.week) + orders.row[first[new]]
    return orders, lines, paid, listed


def write(
    world: World, ledger: Ledger, orders: Orders, lines: Lines, paid: Ints, listed: Ints
) -> None:
    seed = world.seed
    ledger.add(
        shop.orders,
        {
            "order_id": orders.codes,
            "customer_id": customer_codes(orders.customer),
            "placed_at": stamps(orders.placed),
            "channel": words(CHANNELS, orders.channel),
            "coupon": words(COUPONS, orders.coupon),
            "shipping_fee": numbers(orders.shipping),
            "discount_total": numbers(orders.discount),
            "billing_country": words(names.COUNTRIES, orders.country),
            "shipping_country": words(names.COUNTRIES, orders.ship_country),
            "shipping_address": names.addresses(seed, orders.home, orders.ship_country),
            "device_id": codes("D", orders.device, 10),
            "ip": names.ips(seed, orders.line, orders.ip_country, orders.proxied),
            "updated_at": stamps(orders.placed),
        },
        orders.placed,
    )
    first = np.searchsorted(lines.order, lines.order)
    moment = orders.placed[lines.order]
    ledger.add(
        shop.order_items,
        {
            "order_id": order_codes(orders.number[lines.order]),
            "line": numbers(np.arange(len(first)) - first + 1),
            "product_id": product_codes(lines.product),
            "units": numbers(lines.units),
            "unit_price": numbers(paid),
            "list_price": numbers(listed),
            "updated_at": stamps(moment),
        },
        moment,
    )
    which = orders.kept(orders.kind >= 0)
    ledger.add(
        truth.fraud,
        {
            "order_id": which.codes,
            "kind": words(kinds.KINDS, which.kind),
            "ring": codes("R", which.ring, 9),
        },
        which.placed,
    )


def years_past(world: World) -> float:
    """Share of the first three years that has passed; above one afterwards."""
    return (world.week - world.start_week) / WEEKS
