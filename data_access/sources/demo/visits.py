"""Shopper events: searches, views, carts and purchases, with position bias in what is clicked."""

from __future__ import annotations

import numpy as np

from data_access.shop import tables as shop
from data_access.sources.demo import names, queries
from data_access.sources.demo.baskets import Lines
from data_access.sources.demo.calendar import SECOND, instants, season, time_of_day, week_start
from data_access.sources.demo.catalogue import product_codes
from data_access.sources.demo.chance import Floats, Ints, generator, pick, uniform_of
from data_access.sources.demo.columns import codes, numbers, stamps, words
from data_access.sources.demo.customers import customer_codes
from data_access.sources.demo.goods import LEAF_SHARE, LEAVES, NOUNS
from data_access.sources.demo.incidents import Incident
from data_access.sources.demo.ledger import Ledger
from data_access.sources.demo.orders import Orders, order_codes
from data_access.sources.demo.sizes import WEEKS
from data_access.sources.demo.world import World

KINDS = ("view", "search", "cart", "purchase")
VIEW, SEARCH, CART, PURCHASE = range(4)
EVENT_DAYS = 97
"""Events begin that many days before the first three years end: at least 90 before any `until`."""
_CONVERSION = 0.029
_KNOWN_VISITORS = 0.28
_NONE = np.iinfo(np.int64).min


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
    events = _Events()
    _buying(world, rng, events, orders, lines, recorded)
    _looking(world, rng, events, orders, days[days >= first_day], days, share, incidents)
    events.write(world, ledger, rng, incidents)


class _Events:
    """Events of one week, gathered by session."""

    def __init__(self) -> None:
        self.sessions = 0
        self.parts: list[dict[str, Ints]] = []

    def open(self, n: int) -> Ints:
        self.sessions += n
        return np.arange(self.sessions - n, self.sessions)

    def note(self, kind: int, session: Ints, moment: Ints, **columns: Ints) -> None:
        n = len(session)
        row = {
            name: np.asarray(columns.get(name, np.full(n, -1)), dtype=np.int64)
            for name in ("customer", "product", "query", "position", "order", "country")
        }
        self.parts.append({"kind": np.full(n, kind), "session": session, "at": moment, **row})

    def write(
        self, world: World, ledger: Ledger, rng: np.random.Generator, incidents: list[Incident]
    ) -> None:
        if not self.parts:
            return
        table = {
            name: np.concatenate([part[name] for part in self.parts]) for name in self.parts[0]
        }
        keep = np.ones(len(table["at"]), dtype=bool)
        for incident in incidents:
            if incident.kind == "tracking_gap":
                # The measuring script is blocked: events are missing, orders are not.
                begin = instants(incident.first, 0)
                end = instants(incident.last + 1, 0)
                lost = uniform_of(world.seed, "blocked", table["session"] + world.week * 10**9)
                gap = (table["at"] >= begin) & (table["at"] < end)
                keep &= ~(gap & (lost < incident.effect))
        table = {name: column[keep] for name, column in table.items()}
        order = np.lexsort((table["kind"], table["session"], table["at"]))
        table = {name: column[order] for name, column in table.items()}
        n = len(order)
        base = world.counters.get("session", 0)
        world.counters["session"] = base + self.sessions
        number = world.number("event", n)
        known = queries.vocabulary()
        texts = [*known.texts, *queries.NOTHING_FOUND]
        position = table["position"]
        ledger.add(
            shop.shopper_events,
            {
                "event_id": codes("E", number, 10),
                "session_id": codes("Z", base + table["session"], 9),
                "customer_id": customer_codes(table["customer"]),
                "kind": words(KINDS, table["kind"]),
                "happened_at": stamps(table["at"]),
                "product_id": product_codes(table["product"]),
                "query": words(texts, table["query"]),
                "position": numbers(np.where(position > 0, position, _NONE)),
                "order_id": order_codes(table["order"]),
                "country": words(names.COUNTRIES, table["country"]),
                "updated_at": stamps(table["at"]),
            },
            table["at"],
        )


def _buying(
    world: World, rng: np.random.Generator, events: _Events, orders: Orders, lines: Lines,
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
    query = _queries_for(world, rng, product)
    position = 1 + _positions(rng, len(which))
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
    other = _browsed(world, rng, world.products.leaf[_first_product(lines, orders)[recorded[also]]])
    events.note(
        VIEW, session[also], placed[also] - rng.integers(500, 1_500, len(also)) * SECOND,
        product=other, customer=who[also], country=country[also],
    )  # fmt: skip


def _first_product(lines: Lines, orders: Orders) -> Ints:
    return lines.product[np.searchsorted(lines.order, np.arange(len(orders)))]


def _looking(
    world: World, rng: np.random.Generator, events: _Events, orders: Orders, open_days: Ints,
    days: Ints, share: float, incidents: list[Incident],
) -> None:  # fmt: skip
    """Sessions without an order: most of them."""
    genuine = orders.kind < 0
    bought = np.bincount(orders.row[genuine], minlength=7)[np.searchsorted(days, open_days)]
    wobble = np.exp(rng.normal(0, 0.05, len(open_days)))
    weekend = np.where((open_days - 4) % 7 >= 5, 0.94, 1.03)
    n_by_day = rng.poisson(bought * (1 / (_CONVERSION * wobble * weekend) - 1) * share)
    for incident in incidents:
        if incident.kind == "mention":
            fading = np.exp(-(open_days - incident.first) / 2.0)
            famous = (open_days >= incident.first) & (open_days <= incident.last)
            n_by_day = n_by_day + (famous * fading * 0.35 * n_by_day).astype(np.int64)
    day = np.repeat(open_days, n_by_day)
    n = len(day)
    session = events.open(n)
    start = instants(day, time_of_day(rng, n))
    visitor = (rng.random(n) * len(world.people)).astype(np.int64)
    known = (rng.random(n) < _KNOWN_VISITORS) & (world.people.day[visitor] < days[0])
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
    product = _browsed(world, rng, wander)
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


def _browsed(world: World, rng: np.random.Generator, leaf: Ints) -> Ints:
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


def _queries_for(world: World, rng: np.random.Generator, product: Ints) -> Ints:
    """A query that could have led to each product."""
    known = queries.vocabulary()
    noun = world.products.noun[product]
    # The queries of an article follow each other, so that a draw inside its span hits one of them.
    bounds = np.concatenate([[0.0], np.cumsum(known.weight)])
    low = bounds[np.array([part[0] for part in known.of_noun])][noun]
    high = bounds[np.array([part[-1] + 1 for part in known.of_noun])][noun]
    query: Ints = np.searchsorted(bounds, low + rng.random(len(noun)) * (high - low), side="right")
    return query - 1


def _positions(rng: np.random.Generator, n: int) -> Ints:
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
        place = _positions(rng, n)
        fits = answered & (place < count) & (product < 0)
        found = order[np.minimum(bounds[noun] + place, max(len(order) - 1, 0))]
        right = queries.grade(known, np.where(answered, query, 0), world.products, found)
        taken = fits & (rng.random(n) < np.where(right == 3, 0.85, 0.30))
        product[taken], position[taken] = found[taken], place[taken] + 1
    return product, position
