"""Stock: a tired buyer, late suppliers, shelves that run empty, and the wishes that are lost."""

from __future__ import annotations

import numpy as np

from data_access.shop import tables as shop
from data_access.sources.demo import truth
from data_access.sources.demo.baskets import Lines
from data_access.sources.demo.calendar import HOUR, SECOND, instants, midnight, season
from data_access.sources.demo.catalogue import product_codes
from data_access.sources.demo.chance import Floats, Ints, generator, uniform_of
from data_access.sources.demo.columns import codes, dates, numbers, stamps, words
from data_access.sources.demo.incidents import Incident
from data_access.sources.demo.ledger import Ledger
from data_access.sources.demo.orders import Orders
from data_access.sources.demo.suppliers import lead_times
from data_access.sources.demo.world import World

KINDS = ("opening", "receipt", "sales", "return", "correction")
OPENING, RECEIPT, SALES, RETURN, CORRECTION = range(5)
_COVER_DAYS = 34
"""What the buyer orders at once."""
_FORESIGHT = 0.75
"""Share of the coming season that the buyer sees coming; of promotions he sees nothing."""
_SAFETY_DAYS = 16
_TIRED = 0.42
"""Share of weekly looks at a product that do not happen."""
_PACE_MEMORY = 0.18
"""Weight of the last week in what the buyer believes."""
_COUNTED = 0.0016
"""Share of products that are counted on a day; half of the counts differ."""


class Movements:
    """Stock changes of one week, gathered to be numbered and written at its end."""

    def __init__(self) -> None:
        self._parts: list[tuple[Ints, ...]] = []

    def note(self, kind: int, product: Ints, units: Ints, level: Ints, moment: Ints | int) -> None:
        n = len(product)
        if n:
            self._parts.append(
                (product, units, level, np.full(n, kind), np.broadcast_to(moment, n))
            )

    def write(self, world: World, ledger: Ledger) -> None:
        if not self._parts:
            return
        product, units, level, kind, moment = (
            np.concatenate([part[place] for part in self._parts]) for place in range(5)
        )
        number = world.number("stock", len(product))
        ledger.add(
            shop.stock_changes,
            {
                "change_id": codes("X", number, 9),
                "product_id": product_codes(product),
                "units": numbers(units),
                "level_after": numbers(level),
                "kind": words(KINDS, kind),
                "happened_at": stamps(moment),
                "known_at": stamps(moment),
                "updated_at": stamps(moment),
            },
            moment,
        )


def open_shelves(world: World, movements: Movements, first: int, moment: Ints | int) -> None:
    """First stock of the products from number ``first`` on."""
    index = np.arange(first, len(world.products))
    pace = world.state.pace[first:]
    draw = uniform_of(world.seed, "opening", index)
    units = 4 + np.rint(pace * (18 + 50 * draw)).astype(np.int64)
    world.state.stock[first:] = units
    movements.note(OPENING, index, units, units, moment)


def serve(
    world: World,
    ledger: Ledger,
    movements: Movements,
    days: Ints,
    orders: Orders,
    lines: Lines,
    incidents: list[Incident],
) -> np.ndarray:
    """Let the lines take from stock day by day; returns which of them were served.

    Declined orders take nothing. Lost wishes are kept as truth.
    """
    rng = generator(world.seed, "stock", world.week)
    state = world.state
    n = len(world.products)
    takes = ~orders.declined[lines.order]
    served = np.ones(len(lines.order), dtype=bool)
    large = lines.units > 5
    sequence = np.lexsort((orders.placed[lines.order], large, lines.product, lines.row))
    bounds = np.searchsorted(lines.row[sequence], np.arange(len(days) + 1))
    lost_all: list[tuple[Ints, Ints, int]] = []
    bought: list[tuple[Ints, ...]] = []
    week_units = np.zeros(n)
    days_open = np.zeros(n)
    for row, day in enumerate(days):
        _receive(world, movements, int(day))
        _take_back(world, movements, int(day))
        which = sequence[bounds[row] : bounds[row + 1]]
        which = which[takes[which]]
        product, units = lines.product[which], lines.units[which]
        total = np.cumsum(units)
        begin = np.searchsorted(product, product)
        within = total - np.where(begin > 0, total[begin - 1], 0)
        fits = within <= state.stock[product]
        served[which[~fits]] = False
        sold = np.bincount(product[fits], units[fits], n).astype(np.int64)
        lost = np.bincount(product[~fits], units[~fits], n).astype(np.int64)
        week_units += sold
        days_open += state.stock > 0
        state.stock -= sold
        moved = np.flatnonzero(sold)
        close = midnight(int(day) + 1) - 4 * 60 * SECOND
        movements.note(SALES, moved, -sold[moved], state.stock[moved], close)
        missed = np.flatnonzero(lost)
        lost_all.append((missed, lost[missed], int(day)))
        _count(world, movements, rng, int(day))
        purchase = _reorder(world, rng, int(day), incidents)
        if purchase is not None:
            bought.append(purchase)
    _write_purchases(world, ledger, bought)
    _learn(world, week_units, days_open)
    _keep_lost(world, ledger, lost_all)
    return served


def _receive(world: World, movements: Movements, day: int) -> None:
    due = world.deliveries.take(world.deliveries.columns["arrives"] <= day)
    if not len(due["product"]):
        return
    np.add.at(world.state.on_order, due["product"], -due["units"])
    product, place = np.unique(due["product"], return_inverse=True)
    units = np.bincount(place, due["units"]).astype(np.int64)
    world.state.stock[product] += units
    moment = int(instants(day, 6 * HOUR))
    movements.note(RECEIPT, product, units, world.state.stock[product], moment)


def _take_back(world: World, movements: Movements, day: int) -> None:
    due = world.returns.take(world.returns.columns["day"] <= day)
    if not len(due["product"]):
        return
    product, place = np.unique(due["product"], return_inverse=True)
    units = np.bincount(place, due["units"]).astype(np.int64)
    world.state.stock[product] += units
    moment = int(instants(day, 7 * HOUR + 30 * 60 * SECOND))
    movements.note(RETURN, product, units, world.state.stock[product], moment)


def _count(world: World, movements: Movements, rng: np.random.Generator, day: int) -> None:
    state = world.state
    counted = np.flatnonzero((rng.random(len(state.stock)) < _COUNTED) & (state.stock > 5))
    off = np.rint(rng.normal(-0.4, 1.1, len(counted))).astype(np.int64)
    off = np.maximum(off, -state.stock[counted])
    counted, off = counted[off != 0], off[off != 0]
    state.stock[counted] += off
    moment = midnight(day + 1) - 2 * 60 * SECOND
    movements.note(CORRECTION, counted, off, state.stock[counted], moment)


def _reorder(
    world: World, rng: np.random.Generator, day: int, incidents: list[Incident]
) -> tuple[Ints, ...] | None:
    """Each product is looked at on one weekday, if the buyer gets round to it."""
    state, products = world.state, world.products
    n = len(state.stock)
    draw = rng.random(n)
    looked = (np.arange(n) % 7 == day % 7) & (draw > _TIRED)
    looked &= (products.end > day + 30) & (products.launch < day + 7)
    which = np.flatnonzero(looked)
    lead, spread = lead_times(world.seed, products.supplier[which])
    ahead, past = season(np.array([day + 35, day - 20]))
    pace = state.pace[which] * np.exp(_FORESIGHT * (ahead - past))[products.leaf[which]]
    point = pace * (lead + _SAFETY_DAYS) + 1.5 * np.sqrt(pace * lead) + 1
    low = state.stock[which] + state.on_order[which] < point
    which, lead, spread, pace = which[low], lead[low], spread[low], pace[low]
    if not len(which):
        return None
    want = pace * (_COVER_DAYS + lead) - (state.stock[which] + state.on_order[which]) + 2
    pack = products.pack[which]
    units = np.maximum(np.ceil(np.maximum(want, 1) / pack), 1).astype(np.int64) * pack
    late = rng.normal(0, 1, len(which)) * spread + rng.exponential(1.3, len(which))
    arrives = day + np.maximum(np.rint(lead + late), 2).astype(np.int64)
    for incident in incidents:
        if incident.kind == "supplier_fails":
            hit = products.supplier[which] == incident.supplier(world.size)
            hit &= (arrives >= incident.first) & (day <= incident.last)
            arrives = np.where(hit, np.maximum(arrives, incident.last + 3 + which % 9), arrives)
    number = world.number("purchase", len(which))
    state.on_order[which] += units
    world.deliveries.add(number=number, product=which, units=units, arrives=arrives)
    promised = day + lead.astype(np.int64)
    return number, which, units, np.full(len(which), day), promised, arrives


def _write_purchases(world: World, ledger: Ledger, bought: list[tuple[Ints, ...]]) -> None:
    if not bought:
        return
    number, which, units, day, promised, arrives = (
        np.concatenate([part[place] for part in bought]) for place in range(6)
    )
    ordered = instants(day, 15 * HOUR + (which * 37 % 9_000) * SECOND)
    ledger.add(
        shop.purchase_orders,
        {
            "purchase_order_id": codes("B", number, 8),
            "supplier_id": codes("S", world.products.supplier[which], 3),
            "product_id": product_codes(which),
            "units": numbers(units),
            "ordered_at": stamps(ordered),
            "promised_on": dates(promised),
            "received_at": stamps(instants(arrives, np.full(len(which), 6 * HOUR))),
            "updated_at": stamps(ordered),
        },
        ordered,
    )


def _learn(world: World, week_units: Floats, days_open: Floats) -> None:
    state = world.state
    # The buyer knows that nothing sells from an empty shelf, but not what would have sold.
    seen = np.where(days_open > 0, week_units / np.maximum(days_open, 1), state.pace)
    state.pace += _PACE_MEMORY * days_open / 7 * (seen - state.pace)
    state.recent = np.concatenate([state.recent[:, 1:], week_units[:, None]], axis=1).astype(
        np.float32
    )


def _keep_lost(world: World, ledger: Ledger, lost: list[tuple[Ints, Ints, int]]) -> None:
    product = np.concatenate([part[0] for part in lost])
    units = np.concatenate([part[1] for part in lost])
    day = np.concatenate([np.full(len(part[0]), part[2]) for part in lost])
    moment = np.array([midnight(one + 1) for _, _, one in lost])
    known = np.repeat(moment, [len(part[0]) for part in lost])
    world.counters["lost"] = int(units.sum())
    ledger.add(
        truth.lost_units,
        {"product_id": product_codes(product), "day": dates(day), "units": numbers(units)},
        known,
    )
