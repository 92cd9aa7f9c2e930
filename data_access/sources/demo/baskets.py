"""From lines to orders: who comes, what goes into one basket, how many of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_access.sources.demo import campaigns, goods
from data_access.sources.demo.calendar import week_start
from data_access.sources.demo.chance import Ints, generator
from data_access.sources.demo.demand import LINES_PER_ORDER, Demand
from data_access.sources.demo.world import World

MOST_LINES = 6
_COHERENT = 0.55
"""Share of further lines that stay in the category the customer came for."""
_FIRST_ORDER = 0.80
"""Share of customers who sign up because they order something."""


@dataclass(slots=True)
class Lines:
    """Wished order lines of one week, one array a property."""

    order: Ints  # place among the week's orders
    product: Ints
    row: Ints  # day of the week, 0 to 6
    units: Ints

    def kept(self, which: np.ndarray) -> Lines:
        return Lines(
            order=self.order[which],
            product=self.product[which],
            row=self.row[which],
            units=self.units[which],
        )


@dataclass(slots=True)
class Baskets:
    """Wished orders of one week: `customer` and `row` one a basket."""

    customer: Ints
    row: Ints
    lines: Lines


def fill(world: World, demand: Demand, days: Ints) -> Baskets:
    """Group the week's lines into baskets and give each to a customer."""
    rng = generator(world.seed, "baskets", world.week)
    row, product = np.nonzero(demand.lines)
    times = demand.lines[row, product]
    row, product = np.repeat(row, times), np.repeat(product, times)
    n = len(row)
    leaf = world.products.leaf[product]
    leads = rng.random(n) < 1 / LINES_PER_ORDER
    leads[np.unique(row, return_index=True)[1]] = True  # a day with lines has an order
    leaders = np.flatnonzero(leads)
    order = np.full(n, -1)
    order[leaders] = np.arange(len(leaders))
    rest = np.flatnonzero(~leads)
    order[rest] = _join(rng, row, leaf, leaders, rest)
    order, order_row = _split_large(order, row, row[leaders], rng)
    first_line = np.zeros(len(order_row), dtype=np.int64)
    first_line[order[::-1]] = np.arange(n)[::-1]
    customer = _customers(world, rng, days, order_row, leaf[first_line])

    units = 1 + (rng.random(n) < 0.16) + rng.poisson(0.07, n)
    small = goods.NOUN_PRICE[world.products.noun[product]] < 18
    units = np.where(small & (rng.random(n) < 0.35), units + rng.integers(1, 6, n), units)
    bulk = world.people.wholesale[customer[order]]
    units = np.where(bulk, 4 + rng.geometric(0.16, n), units)
    lines = Lines(order=order, product=product, row=row, units=units)
    lines = _with_partners(world, rng, lines)
    return Baskets(customer=customer, row=order_row, lines=_merged(lines))


def _join(rng: np.random.Generator, row: Ints, leaf: Ints, leaders: Ints, rest: Ints) -> Ints:
    """An order of the same day for each further line, often one of the same category."""
    n_leaf = len(goods.LEAVES)
    code = row[leaders] * n_leaf + leaf[leaders]
    sorted_leaders = np.argsort(code, kind="stable")
    low = np.searchsorted(code[sorted_leaders], row[rest] * n_leaf + leaf[rest])
    high = np.searchsorted(code[sorted_leaders], row[rest] * n_leaf + leaf[rest], side="right")
    day_low = np.searchsorted(row[leaders], row[rest])
    day_high = np.searchsorted(row[leaders], row[rest], side="right")
    near = (rng.random(len(rest)) < _COHERENT) & (high > low)
    draw = rng.random(len(rest))
    inside = low + (draw * (high - low)).astype(np.int64)
    anywhere = day_low + (draw * (day_high - day_low)).astype(np.int64)
    safe = np.minimum(inside, len(leaders) - 1)
    return np.where(near, sorted_leaders[safe], anywhere)


def _split_large(
    order: Ints, row: Ints, order_row: Ints, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Lines beyond the most that a basket holds become orders of their own."""
    place = np.lexsort((rng.random(len(order)), order))
    ranked = order[place]
    rank = np.arange(len(order)) - np.searchsorted(ranked, ranked)
    surplus = place[rank >= MOST_LINES]
    order = order.copy()
    order[surplus] = len(order_row) + np.arange(len(surplus))
    return order, np.concatenate([order_row, row[surplus]])


def _customers(world: World, rng: np.random.Generator, days: Ints, row: Ints, leaf: Ints) -> Ints:
    """A customer for each order: by personal rate, taste and whether still there."""
    people = world.people
    here = (world.gone >= days[-1]) & (people.day < days[0])
    weight = np.where(here, people.rate * campaigns.pull(world, days), 0.0)
    customer = np.zeros(len(row), dtype=np.int64)
    for place in range(len(goods.LEAVES)):
        which = np.flatnonzero(leaf == place)
        if not len(which):
            continue
        bounds = np.cumsum(weight * people.taste[:, place])
        draws = rng.random(len(which)) * bounds[-1]
        customer[which] = np.searchsorted(bounds, draws, side="right").clip(max=len(weight) - 1)
    # Most who sign up do so with an order in hand.
    new = np.flatnonzero((people.day >= days[0]) & ~people.crook)
    new = new[rng.random(len(new)) < _FIRST_ORDER]
    shuffled = np.lexsort((rng.random(len(row)), row))
    low = np.searchsorted(row[shuffled], people.day[new] - days[0])
    high = np.searchsorted(row[shuffled], people.day[new] - days[0], side="right")
    rank = np.arange(len(new)) - np.searchsorted(people.day[new], people.day[new])
    fits = low + rank < high
    customer[shuffled[(low + rank)[fits]]] = new[fits]
    return customer


def _with_partners(world: World, rng: np.random.Generator, lines: Lines) -> Lines:
    """What is bought with a product comes along in the same basket."""
    partner = world.products.partner[lines.product]
    share = world.products.partner_share[lines.product]
    along = (partner >= 0) & (rng.random(len(partner)) < share)
    which = np.flatnonzero(along)
    held = np.bincount(lines.order)
    extra = np.bincount(lines.order[which], minlength=len(held))
    which = which[(held + extra)[lines.order[which]] <= MOST_LINES]
    day = week_start(world.week) + lines.row[which]
    launch, end = world.products.launch[partner[which]], world.products.end[partner[which]]
    sold = (launch <= day) & (end >= day)
    which = which[sold]
    return Lines(
        order=np.concatenate([lines.order, lines.order[which]]),
        product=np.concatenate([lines.product, partner[which]]),
        row=np.concatenate([lines.row, lines.row[which]]),
        units=np.concatenate([lines.units, np.maximum(lines.units[which] // 2, 1)]),
    )


def _merged(lines: Lines) -> Lines:
    """One line a product and order; units add up."""
    key = lines.order * (int(lines.product.max(initial=0)) + 1) + lines.product
    _, first, place = np.unique(key, return_index=True, return_inverse=True)
    units = np.bincount(place, lines.units).astype(np.int64)
    merged = lines.kept(first)
    merged.units = units
    return merged
