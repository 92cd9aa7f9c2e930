"""Sessions without an order: what is searched, what is clicked, and what is looked at."""

from __future__ import annotations

import numpy as np

from data_access.sources.demo import names, queries
from data_access.sources.demo.calendar import (
    SECOND,
    instants,
    season,
    time_of_day,
    week_start,
)
from data_access.sources.demo.chance import Floats, Ints, pick
from data_access.sources.demo.events import CART, SEARCH, VIEW, Events
from data_access.sources.demo.goods import LEAF_SHARE, LEAVES, NOUNS
from data_access.sources.demo.incidents import Incident
from data_access.sources.demo.orders import Orders
from data_access.sources.demo.world import World

_CONVERSION = 0.029
_KNOWN_VISITORS = 0.28


def looking(
    world: World, rng: np.random.Generator, events: Events, orders: Orders, open_days: Ints,
    days: Ints, share: float, incidents: list[Incident],
) -> None:  # fmt: skip
    """Sessions without an order: most of them."""
    genuine = orders.kind < 0
    bought = np.bincount(orders.row[genuine], minlength=7)[np.searchsorted(days, open_days)]
    wobble = np.exp(rng.normal(0, 0.05, len(open_days)))
    weekend = np.where((open_days - 4) % 7 >= 5, 0.94, 1.03)
    n_by_day = rng.poisson(bought * (1 / (_CONVERSION * wobble * weekend) - 1) * share)
    curious = _curious(world, open_days, n_by_day, incidents)
    n_by_day = n_by_day + sum(more for more, _ in curious)
    day = np.repeat(open_days, n_by_day)
    n = len(day)
    session = events.open(n)
    start = instants(day, time_of_day(rng, n))
    visitor = (rng.random(n) * len(world.people)).astype(np.int64)
    known = (rng.random(n) < _KNOWN_VISITORS) & (world.people.day[visitor] < days[0])
    known &= world.gone[visitor] >= days[0]
    customer = np.where(known & ~world.people.crook[visitor], visitor, -1)
    country = np.where(
        customer >= 0, world.people.country[visitor], pick(rng, names.COUNTRY_SHARE, n)
    )
    leaf = pick(rng, LEAF_SHARE * np.exp(season(days[3:4])[0]), n)
    taste = world.people.taste[visitor].argmax(axis=1)
    leaf = np.where((customer >= 0) & (rng.random(n) < 0.5), taste, leaf)
    by_search = rng.random(n) < 0.36
    views = rng.geometric(0.46, n).clip(max=14) - (by_search & (rng.random(n) < 0.3))
    at = np.repeat(np.arange(n), views)
    rank = np.arange(len(at)) - np.searchsorted(at, at)
    same = rng.random(len(at)) < 0.8
    wander = np.where(same, leaf[at], rng.integers(0, len(LEAVES), len(at)))
    product = browsed(world, rng, wander)
    entry = np.flatnonzero(rank == 0)
    for more, famous in curious:
        came = (
            rng.random(len(entry))
            < (more / np.maximum(n_by_day, 1))[np.searchsorted(open_days, day[at[entry]])]
        )
        product[entry[came]] = famous
    moment = start[at] + (20 + rank * 45 + rng.integers(0, 40, len(at))) * SECOND
    opening = np.flatnonzero((rank == 0) & by_search[at])
    query = np.full(n, -1)
    searched = np.flatnonzero(by_search)
    query[searched] = _typed(rng, len(searched))
    position = np.full(len(at), -1)
    clicked, places = _clicked(world, rng, query[at[opening]])
    found = clicked >= 0
    product[opening[found]] = clicked[found]
    position[opening[found]] = places[found]
    queries_at = np.where(position > 0, query[at], -1)
    unanswered = np.zeros(len(at), dtype=bool)
    unanswered[opening[~found]] = True  # a search without a hit is followed by nothing
    keep = ~unanswered
    events.note(
        SEARCH, session[searched], start[searched], query=query[searched],
        customer=customer[searched], country=country[searched],
    )  # fmt: skip
    events.note(
        VIEW, session[at[keep]], moment[keep], product=product[keep], position=position[keep],
        query=queries_at[keep], customer=customer[at[keep]], country=country[at[keep]],
    )  # fmt: skip
    carted = np.flatnonzero(keep & (rng.random(len(at)) < 0.042))
    events.note(
        CART, session[at[carted]], moment[carted] + 15 * SECOND, product=product[carted],
        customer=customer[at[carted]], country=country[at[carted]],
    )  # fmt: skip


def _curious(
    world: World, open_days: Ints, n_by_day: Ints, incidents: list[Incident]
) -> list[tuple[Ints, int]]:
    """Further sessions a day of people who come because of a mention, and what they look at."""
    found = []
    for incident in incidents:
        if incident.kind == "mention":
            fading = np.exp(-(open_days - incident.first) / 2.0)
            famous = (open_days >= incident.first) & (open_days <= incident.last)
            more = (famous * fading * 0.35 * n_by_day).astype(np.int64)
            found.append((more, incident.product(world)))
    return found


def browsed(world: World, rng: np.random.Generator, leaf: Ints) -> Ints:
    """A product of the category, by how well it sells."""
    product = np.zeros(len(leaf), dtype=np.int64)
    weight = _shown(world)
    for place in range(len(LEAVES)):
        which = np.flatnonzero(leaf == place)
        if len(which):
            pool = np.flatnonzero(world.products.leaf == place)
            product[which] = pool[pick(rng, weight[pool] + 1e-9, len(which))]
    return product


def _shown(world: World) -> Floats:
    monday = week_start(world.week)
    there = (world.products.launch <= monday) & (world.products.end > monday + 6)
    return np.where(there, world.state.pace**0.7 + 0.02, 0.0)


def _typed(rng: np.random.Generator, n: int) -> Ints:
    known = queries.vocabulary()
    query = pick(rng, known.weight, n)
    nothing = len(known.texts) + rng.integers(0, len(queries.NOTHING_FOUND), n)
    return np.where(rng.random(n) < 0.035, nothing, query)


def queries_for(world: World, rng: np.random.Generator, product: Ints) -> Ints:
    """A query that could have led to each product."""
    known = queries.vocabulary()
    noun = world.products.noun[product]
    # The queries of an article follow each other, so that a draw inside its span hits one of them.
    bounds = np.concatenate([[0.0], np.cumsum(known.weight)])
    low = bounds[np.array([part[0] for part in known.of_noun])][noun]
    high = bounds[np.array([part[-1] + 1 for part in known.of_noun])][noun]
    query: Ints = np.searchsorted(bounds, low + rng.random(len(noun)) * (high - low), side="right")
    return query - 1


def positions(rng: np.random.Generator, n: int) -> Ints:
    """Places from 0 on: the first ones are clicked most, whatever stands there."""
    return np.minimum(rng.geometric(0.30, n) - 1, 23)


def _clicked(world: World, rng: np.random.Generator, query: Ints) -> tuple[Ints, Ints]:
    """Product and place that were clicked in the list that a search showed; -1 for none."""
    known = queries.vocabulary()
    n = len(query)
    answered = query < len(known.texts)
    noun = known.noun[np.where(answered, query, 0)]
    weight = _shown(world)
    there = np.flatnonzero(weight > 0)
    order = there[np.lexsort((-weight[there], world.products.noun[there]))]
    bounds = np.searchsorted(world.products.noun[order], np.arange(len(NOUNS) + 1))
    count = np.diff(bounds)[noun]
    product, position = np.full(n, -1), np.full(n, -1)
    for _ in range(3):  # what does not fit is looked at and passed over, at most twice
        place = positions(rng, n)
        fits = answered & (place < count) & (product < 0)
        found = order[np.minimum(bounds[noun] + place, max(len(order) - 1, 0))]
        right = queries.grade(known, np.where(answered, query, 0), world.products, found)
        taken = fits & (rng.random(n) < np.where(right == 3, 0.85, 0.30))
        product[taken], position[taken] = found[taken], place[taken] + 1
    return product, position
