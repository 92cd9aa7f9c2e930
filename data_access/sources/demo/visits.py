"""Shopper events: searches, views, carts and purchases, with position bias in what is clicked."""

from __future__ import annotations

import numpy as np

from data_access.sources.demo.baskets import Lines
from data_access.sources.demo.browsing import browsed, looking, positions, queries_for
from data_access.sources.demo.calendar import SECOND, week_start
from data_access.sources.demo.chance import Ints, generator, uniform_of
from data_access.sources.demo.events import CART, PURCHASE, SEARCH, VIEW, Events
from data_access.sources.demo.incidents import Incident
from data_access.sources.demo.ledger import Ledger
from data_access.sources.demo.orders import Orders
from data_access.sources.demo.sizes import WEEKS
from data_access.sources.demo.world import World

EVENT_DAYS = 97
"""Events begin that many days before the first three years end: at least 90 before any `until`."""


def write(
    world: World, ledger: Ledger, orders: Orders, lines: Lines, days: Ints,
    incidents: list[Incident],
) -> None:  # fmt: skip
    first_day = week_start(world.start_week + WEEKS) - EVENT_DAYS
    if days[-1] < first_day:
        return
    rng = generator(world.seed, "visits", world.week)
    share = world.size.events_share
    if days[0] < first_day:
        inside = days[orders.row] >= first_day
    else:
        inside = np.ones(len(orders), dtype=bool)
    recorded = np.flatnonzero(inside & (uniform_of(world.seed, "recorded", orders.number) < share))
    events = Events()
    _buying(world, rng, events, orders, lines, recorded)
    looking(world, rng, events, orders, days[days >= first_day], days, share, incidents)
    events.write(world, ledger, rng, incidents)


def _buying(
    world: World, rng: np.random.Generator, events: Events, orders: Orders, lines: Lines,
    recorded: Ints,
) -> None:  # fmt: skip
    """Sessions that end with an order: each line is seen and put into the cart first."""
    n = len(recorded)
    session = events.open(n)
    place = np.full(len(orders), -1)
    place[recorded] = np.arange(n)
    which = np.flatnonzero(place[lines.order] >= 0)
    at = place[lines.order[which]]
    first = np.searchsorted(lines.order, lines.order)[which]
    rank = which - first
    placed = orders.placed[recorded]
    who, country = orders.customer[recorded], orders.country[recorded]
    product = lines.product[which]
    count = np.bincount(at, minlength=n)
    back = (count[at] - rank) * 70 + rng.integers(5, 60, len(which))
    seen = placed[at] - (back + 60) * SECOND
    carted = placed[at] - back * SECOND
    by_search = rng.random(len(which)) < 0.38
    query = queries_for(world, rng, product)
    position = 1 + positions(rng, len(which))
    own = {"customer": who[at], "country": country[at]}
    searched = np.flatnonzero(by_search)
    events.note(
        SEARCH, session[at[searched]], seen[searched] - 9 * SECOND, query=query[searched],
        customer=who[at[searched]], country=country[at[searched]],
    )  # fmt: skip
    events.note(
        VIEW, session[at], seen, product=product, position=np.where(by_search, position, -1),
        query=np.where(by_search, query, -1), **own,
    )  # fmt: skip
    events.note(CART, session[at], carted, product=product, **own)
    done = np.flatnonzero(~orders.declined[recorded])
    events.note(
        PURCHASE, session[done], placed[done], order=orders.number[recorded][done],
        customer=who[done], country=country[done],
    )  # fmt: skip
    also = np.flatnonzero(rng.random(n) < 0.7)
    other = browsed(world, rng, world.products.leaf[_first_product(lines, orders)[recorded[also]]])
    events.note(
        VIEW, session[also], placed[also] - rng.integers(500, 1_500, len(also)) * SECOND,
        product=other, customer=who[also], country=country[also],
    )  # fmt: skip


def _first_product(lines: Lines, orders: Orders) -> Ints:
    return lines.product[np.searchsorted(lines.order, np.arange(len(orders)))]
