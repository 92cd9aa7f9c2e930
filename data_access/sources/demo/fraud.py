"""Fraud: bursts of card tests, stolen cards, takeovers, rings, false claims, coupons, and drift."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_access.sources.demo.baskets import Baskets, Lines
from data_access.sources.demo.calendar import week_start
from data_access.sources.demo.chance import Floats, Ints, generator, pick
from data_access.sources.demo.demand import Demand
from data_access.sources.demo.sizes import WEEKS
from data_access.sources.demo.world import World

KINDS = (
    "card_testing",
    "stolen_card",
    "account_takeover",
    "reshipping_ring",
    "coupon_abuse",
    "marketplace_resale",
    "false_claim",
)
TESTING, STOLEN, TAKEOVER, RESHIPPING, COUPON, RESALE, FALSE_CLAIM = range(7)
NONE = -1

SHARE = 0.0092
"""Of all orders; the count of each week is chosen so that the total keeps to it."""
NEW_KIND_DAYS = 60
"""`marketplace_resale` begins that many days before the first three years end."""
_RING_WEEKS = 11
_LEAST_BURST = 7

CHARGEBACK = np.array([0.62, 0.86, 0.80, 0.78, 0.04, 0.72, 0.55])
"""Share of each kind's paid orders that are charged back."""
DECLINED = np.array([0.45, 0.12, 0.04, 0.06, 0.01, 0.03, 0.0])


@dataclass(slots=True)
class Fraud:
    """Fraud orders of one week: they stand behind the true ones in the baskets."""

    kind: Ints  # one a basket, -1 for true orders
    ring: Ints  # number of the ring, or -1


def shares(world: World, day: int) -> Floats:
    """Mix of kinds on a day: it drifts over the years, and one kind is new."""
    past = min((day - week_start(world.start_week)) / (WEEKS * 7), 1.6)
    fresh = day >= week_start(world.start_week + WEEKS) - NEW_KIND_DAYS
    return np.array(
        [
            0.23 - 0.07 * past,
            0.32 - 0.14 * past,
            0.10 + 0.12 * past,
            0.13 + 0.03 * past,
            0.09,
            0.34 if fresh else 0.0,
            0.13 + 0.03 * past,
        ]
    )


def add(world: World, baskets: Baskets, demand: Demand, days: Ints) -> Fraud:
    """Add the week's fraud orders to the baskets and mark false claims among the true ones."""
    rng = generator(world.seed, "fraud", world.week)
    n_true = len(baskets.customer)
    seen = world.counters.get("order", 0) + n_true
    due = SHARE * seen - world.counters.get("fraud", 0)
    n = int(max(0.0, due) + rng.random())
    by_kind = rng.multinomial(n, (mix := shares(world, int(days[3]))) / mix.sum())
    debt = world.counters.get("testing_debt", 0) + int(by_kind[TESTING])
    burst = debt if debt >= _LEAST_BURST + int(rng.integers(0, 5)) else 0
    world.counters["testing_debt"] = debt - burst
    by_kind[TESTING] = burst
    world.counters["fraud"] = world.counters.get("fraud", 0) + n

    kind = np.concatenate(
        [np.full(n_true, NONE), *(np.full(by_kind[one], one) for one in range(FALSE_CLAIM))]
    )
    ring = np.full(len(kind), NONE)
    customer, row, lines = [baskets.customer], [baskets.row], [baskets.lines]
    at = n_true
    for one in range(FALSE_CLAIM):
        count = int(by_kind[one])
        if not count:
            continue
        who, own_ring = _who(world, rng, one, count, days)
        when = np.sort(rng.integers(0, 7, count))
        if one == TESTING:
            # Bursts of up to forty attempts, each on one evening.
            when = np.sort(rng.integers(0, 7, 1 + count // 40)[np.arange(count) // 40])
            own_ring = world.week * 10 + np.arange(count) // 40
        ring[at : at + count] = own_ring
        customer.append(who)
        row.append(when)
        lines.append(_lines(world, rng, one, at, when, demand))
        at += count
    baskets.customer = np.concatenate(customer)
    baskets.row = np.concatenate(row)
    baskets.lines = Lines(
        order=np.concatenate([part.order for part in lines]),
        product=np.concatenate([part.product for part in lines]),
        row=np.concatenate([part.row for part in lines]),
        units=np.concatenate([part.units for part in lines]),
    )
    _false_claims(world, rng, baskets, kind, int(by_kind[FALSE_CLAIM]), n_true)
    return Fraud(kind=kind, ring=ring)


def _who(
    world: World, rng: np.random.Generator, kind: int, n: int, days: Ints
) -> tuple[Ints, Ints]:
    """Accounts that order, and the ring they belong to."""
    people = world.people
    if kind == TAKEOVER:
        old = np.flatnonzero(
            (people.day < days[0] - 200) & (world.first_order > 0) & ~people.wholesale
        )
        pool = old if len(old) else np.arange(len(people))
        return pool[(rng.random(n) * len(pool)).astype(np.int64)], np.full(n, NONE)
    crooks = np.flatnonzero(people.crook & (people.day < days[0] + 1))
    span = {STOLEN: 12, RESHIPPING: 60, COUPON: 30, TESTING: 15, RESALE: 45}[kind]
    recent = crooks[people.day[crooks] >= days[0] - span]
    pool = recent if len(recent) else crooks[-3:]
    if not len(pool):
        pool = np.array([len(people) - 1])
    who = pool[(rng.random(n) * len(pool)).astype(np.int64)]
    ring_of_time = world.week // _RING_WEEKS
    if kind in (RESHIPPING, COUPON, RESALE):
        n_rings = max(1, world.size.orders // 150_000)
        return who, kind * 1_000_000 + ring_of_time * 100 + rng.integers(0, n_rings, n)
    return who, np.full(n, NONE)


def _lines(
    world: World, rng: np.random.Generator, kind: int, first: int, when: Ints, demand: Demand
) -> Lines:
    """What thieves like: dear things that sell again; testers: the cheapest."""
    monday = week_start(world.week)
    products = world.products
    live = np.flatnonzero((products.launch <= monday) & (products.end > monday + 7))
    price = demand.price[0, live] / 10_000
    pace = world.state.pace[live] + 1e-3
    taste = {
        TESTING: pace * (price < np.quantile(price, 0.12)),
        STOLEN: pace * price**1.6,
        TAKEOVER: pace * price**1.8,
        RESHIPPING: pace * price**1.2,
        COUPON: pace * price**0.5,
        RESALE: pace * np.exp(-0.5 * (np.log(price / 75) / 0.35) ** 2),
    }[kind]
    n = len(when)
    count = np.ones(n, dtype=np.int64)
    if kind in (STOLEN, TAKEOVER, RESHIPPING):
        count += rng.poisson(0.9, n).clip(max=3)
    order = np.repeat(np.arange(first, first + n), count)
    product = live[pick(rng, taste, len(order))]
    key = order * len(products) + product
    _, keep = np.unique(key, return_index=True)
    units = np.where(rng.random(len(keep)) < (0.35 if kind in (STOLEN, RESHIPPING) else 0.08), 2, 1)
    return Lines(
        order=order[keep], product=product[keep], row=when[order[keep] - first], units=units
    )


def _false_claims(
    world: World, rng: np.random.Generator, baskets: Baskets, kind: Ints, n: int, n_true: int
) -> None:
    """True customers who claim that nothing came; some do it again and again."""
    if not n or not n_true:
        return
    customer = baskets.customer[:n_true]
    habit = np.where((customer % 97) == 13, 40.0, 1.0) * ~world.people.wholesale[customer]
    chosen = np.unique(pick(rng, habit, n))
    kind[chosen] = FALSE_CLAIM
