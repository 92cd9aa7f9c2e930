"""Promotions: planned four weeks ahead, seen in prices, felt before and after and next door."""

from __future__ import annotations

import numpy as np

from data_access.shop import tables as shop
from data_access.sources.demo import goods
from data_access.sources.demo.calendar import HOUR, as_date, instants, midnight, week_start
from data_access.sources.demo.catalogue import product_codes
from data_access.sources.demo.chance import Floats, Ints, generator, pick
from data_access.sources.demo.columns import codes, dates, joined, pa_floats, stamps, words
from data_access.sources.demo.ledger import Ledger
from data_access.sources.demo.world import World

AHEAD_WEEKS = 4
DISCOUNTS = np.array([0.10, 0.15, 0.20, 0.25, 0.30])
PRODUCT, LEAF, SHOP = 0, 1, 2
_MOST_PER_WEEK = 90.0
_DIP_DAYS = 14
_DIP, _DIP_FADES = 0.32, 5.0  # logs on the first day after; days
_SIBLINGS, _LOOKALIKES = 0.24, 0.05  # logs that variants and similar articles lose


def plan(world: World, ledger: Ledger, week: int, announced_week: int) -> None:
    """Decide what starts in ``week``; it is announced in ``announced_week``."""
    rng = generator(world.seed, "promotions", week)
    first = week_start(week)
    mean = min(world.size.products * 0.0075, _MOST_PER_WEEK)
    n = int(rng.poisson(mean))
    live = np.flatnonzero((world.products.launch < first - 30) & (world.products.end > first + 20))
    target = rng.choice(live, size=min(n, len(live)), replace=False) if len(live) else live[:0]
    n = len(target)
    kind = np.full(n, PRODUCT)
    start = first + pick(rng, np.array([5, 1, 1, 4, 3, 1, 1.0]), n)
    end = start + rng.integers(3, 11, n)
    discount = pick(rng, np.array([3, 3, 4, 2, 1.0]), n)
    if rng.random() < 0.30:
        leaf = int(rng.integers(0, len(goods.LEAVES)))
        kind, target = np.append(kind, LEAF), np.append(target, leaf)
        start, end = np.append(start, first + 3), np.append(end, first + 3 + rng.integers(3, 9))
        discount = np.append(discount, rng.integers(0, 3))
    for offset in range(7):
        occasion = _occasion(first + offset)
        if occasion is not None:
            length, step = occasion
            kind, target = np.append(kind, SHOP), np.append(target, 0)
            start, end = np.append(start, first + offset), np.append(end, first + offset + length)
            discount = np.append(discount, step)
    number = world.number("promotion", len(kind))
    world.promotions.add(start=start, end=end, kind=kind, target=target, discount=discount)
    known = instants(week_start(announced_week), rng.integers(8, 18, len(kind)) * HOUR)
    known = np.maximum(known, midnight(week_start(announced_week)))
    percent = [f"{share:.0%} off" for share in DISCOUNTS]
    what = np.where(kind == SHOP, len(goods.LEAVES), np.where(kind == LEAF, target, -1))
    subject = words(
        [leaf.name for leaf in goods.LEAVES] + ["Everything", "Weekly offer"],
        np.where(what < 0, len(goods.LEAVES) + 1, what),
    )
    ledger.add(
        shop.promotions,
        {
            "promotion_id": codes("A", number, 6),
            "name": joined(subject, ": ", words(percent, discount)),
            "product_id": product_codes(np.where(kind == PRODUCT, target, -1)),
            "category_id": words(
                [f"cat-{leaf.key}" for leaf in goods.LEAVES], np.where(kind == LEAF, target, -1)
            ),
            "discount": pa_floats(DISCOUNTS[discount]),
            "starts_on": dates(start),
            "ends_on": dates(end),
            "announced_at": stamps(known),
            "updated_at": stamps(known),
        },
        known,
    )


def _occasion(day: int) -> tuple[int, int] | None:
    """Days and step of discount of the shop-wide sales that start on this day."""
    date = as_date(day)
    if date.month == 11 and date.weekday() == 3 and 22 <= date.day <= 28:
        return 4, 2  # Thursday before Black Friday to Monday
    if (date.month, date.day) == (7, 3):
        return 9, 1
    if (date.month, date.day) == (1, 2):
        return 11, 1
    return None


def effects(world: World, days: Ints) -> tuple[Floats, Floats]:
    """Discount, and the part of log demand that is not price, by day and product."""
    products = world.products
    n = len(products)
    discount = np.zeros((len(days), n))
    effect = np.zeros((len(days), n))
    queue = world.promotions.columns
    pressure = np.zeros((len(days), len(goods.NOUNS) * 3))
    code = products.noun * 3 + products.tier
    for place in range(len(queue["start"])):
        start, end = int(queue["start"][place]), int(queue["end"][place])
        share = float(DISCOUNTS[queue["discount"][place]])
        strength = min(1.0, share / 0.20)
        on = (days >= start) & (days <= end)
        since = days - end
        after = (since > 0) & (since <= _DIP_DAYS)
        if not (on.any() or after.any()):
            continue
        target = int(queue["target"][place])
        kind = int(queue["kind"][place])
        if kind == PRODUCT:
            which = np.array([target])
        elif kind == LEAF:
            which = np.flatnonzero(products.leaf == target)
        else:
            which = np.arange(n)
        dip = np.where(after, _DIP * strength * np.exp(-since / _DIP_FADES), 0.0)
        lift = products.promotion_lift[which] * strength
        if on.any():
            rows = np.flatnonzero(on)[:, None]
            chosen = which[None, :]
            effect[rows, chosen] += np.where(discount[rows, chosen] > 0, 0.0, lift[None, :])
            discount[rows, chosen] = np.maximum(discount[rows, chosen], share)
            if kind == PRODUCT:
                group = products.group[target]
                low = int(np.searchsorted(products.group, group))
                high = int(np.searchsorted(products.group, group, side="right"))
                others = np.array([one for one in range(low, high) if one != target], dtype=int)
                effect[np.ix_(on, others)] -= _SIBLINGS * strength
                pressure[on, code[target]] += _LOOKALIKES * strength
        if after.any():
            rows = np.flatnonzero(after)[:, None]
            chosen = which[None, :]
            effect[rows, chosen] -= dip[after][:, None] * 0.5 * (1 + lift[None, :])
    if pressure.any():
        effect -= pressure[:, code] * (discount == 0)
    return discount, effect


def forget(world: World, before: int) -> None:
    """Drop promotions whose dip is over."""
    world.promotions.take(world.promotions.columns["end"] + _DIP_DAYS < before)
