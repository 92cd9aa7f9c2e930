"""Refunds and chargebacks: faults, wrong sizes, late parcels, claims true and false."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_access.shop import tables as shop
from data_access.sources.demo import fraud as kinds
from data_access.sources.demo import truth
from data_access.sources.demo.baskets import Lines
from data_access.sources.demo.calendar import DAY, HOUR, SECOND
from data_access.sources.demo.catalogue import product_codes
from data_access.sources.demo.chance import Ints, generator
from data_access.sources.demo.columns import NONE, codes, joined, numbers, stamps, to_cents, words
from data_access.sources.demo.delivery import Fate
from data_access.sources.demo.incidents import Incident
from data_access.sources.demo.ledger import Ledger
from data_access.sources.demo.orders import Orders, order_codes
from data_access.sources.demo.world import World

REASONS = ("fault", "size", "late", "cancelled", "other")
CAUSES = (*REASONS, "batch", "false_claim")
FAULT, SIZE, LATE, CANCELLED, OTHER, BATCH, FALSE_CLAIM = range(7)
CHARGEBACK_REASONS = ("fraud", "not_received", "not_as_described")
_GOOD_CHARGEBACK = 0.0006


@dataclass(slots=True)
class Complaints:
    """What is wrong with each line that arrived."""

    fault: np.ndarray
    batch: np.ndarray
    misfit: np.ndarray


def complaints(
    world: World, orders: Orders, lines: Lines, fate: Fate, days: Ints, incidents: list[Incident]
) -> Complaints:
    rng = generator(world.seed, "complaints", world.week)
    n = len(lines.order)
    arrived = fate.arrived[lines.order]
    products = world.products
    batch = np.zeros(n, dtype=bool)
    for incident in incidents:
        if incident.kind == "faulty_batch":
            day = days[lines.row]
            hit = lines.product == incident.product(world)
            hit &= (day >= incident.first) & (day <= incident.last)
            batch |= hit & (rng.random(n) < incident.effect)
    fault = rng.random(n) < products.fault[lines.product]
    misfit = (rng.random(n) < products.misfit[lines.product]) & ~fault & ~batch
    return Complaints(
        fault=(fault | batch) & arrived, batch=batch & arrived, misfit=misfit & arrived
    )


def write(
    world: World, ledger: Ledger, orders: Orders, lines: Lines, paid: Ints, fate: Fate,
    wrong: Complaints,
) -> None:  # fmt: skip
    """Refunds of lines and of whole orders; what comes back unharmed returns to stock."""
    rng = generator(world.seed, "refunds", world.week)
    n = len(lines.order)
    draw = rng.random(n)
    fault = wrong.fault & (draw < 0.72)
    size = wrong.misfit & (draw < 0.85)
    other = fate.arrived[lines.order] & ~fault & ~size & (rng.random(n) < 0.007)
    which = np.flatnonzero(fault | size | other)
    reason = np.where(fault[which], FAULT, np.where(size[which], SIZE, OTHER))
    cause = np.where(wrong.batch[which], BATCH, reason)
    order = lines.order[which]
    share = orders.discount[order] / np.maximum(orders.total[order], 1)
    amount = to_cents(paid[which] * lines.units[which] * (1 - share))
    wait = (2 + rng.gamma(2.0, 3.0, len(which))) * DAY
    happened = fate.delivered[order] + wait.astype(np.int64)
    first = np.searchsorted(lines.order, lines.order)
    number = np.arange(n)[which] - first[which] + 1
    _rows(
        ledger, rng, orders.number[order], number, lines.product[which], lines.units[which],
        amount, reason, cause, happened,
    )  # fmt: skip
    unharmed = np.flatnonzero(~fault[which])
    back = which[unharmed]
    world.returns.add(
        product=lines.product[back],
        units=lines.units[back],
        day=happened[unharmed] // DAY + 4,
    )
    _whole_orders(world, ledger, rng, orders, lines, fate)


def _whole_orders(
    world: World, ledger: Ledger, rng: np.random.Generator, orders: Orders, lines: Lines, fate: Fate
) -> None:
    n = len(orders)
    cancelled = fate.cancelled < 2**61
    late = (fate.late_days > 4) & (rng.random(n) < 0.20)
    lost = (fate.late_days >= 21) & ~fate.arrived
    false = (orders.kind == kinds.FALSE_CLAIM) & ~orders.declined & (rng.random(n) < 0.5)
    which = np.flatnonzero(cancelled | late | lost | false)
    full = (cancelled | lost | false)[which]
    goodwill = to_cents(np.minimum(orders.amount[which] * 0.15, 120_000))
    amount = np.where(full, orders.amount[which], np.maximum(goodwill, 10_000))
    amount = np.minimum(amount, orders.amount[which])
    reason = np.where(cancelled[which], CANCELLED, LATE)
    cause = np.where(false[which], FALSE_CLAIM, reason)
    wait = ((1 + rng.gamma(2.0, 1.6, len(which))) * DAY).astype(np.int64)
    shipped = np.where(fate.shipped[which] < 2**61, fate.shipped[which], orders.placed[which])
    arrived = np.where(
        fate.arrived[which], fate.delivered[which], np.where(lost[which], shipped + 21 * DAY, 0)
    )
    happened = np.where(
        cancelled[which], np.where(cancelled[which], fate.cancelled[which], 0) + 3 * HOUR,
        np.maximum(arrived, shipped) + wait,
    )  # fmt: skip
    none = np.full(len(which), NONE)
    _rows(
        ledger, rng, orders.number[which], np.zeros(len(which), dtype=np.int64),
        np.full(len(which), -1), none, amount, reason, cause, happened,
    )  # fmt: skip
    gone = np.flatnonzero(cancelled[lines.order])
    world.returns.add(
        product=lines.product[gone],
        units=lines.units[gone],
        day=fate.cancelled[lines.order[gone]] // DAY + 2,
    )


def _rows(
    ledger: Ledger, rng: np.random.Generator, order: Ints, line: Ints, product: Ints, units: Ints,
    amount: Ints, reason: Ints, cause: Ints, happened: Ints,
) -> None:  # fmt: skip
    code = joined(codes("F", order, 8), codes("-", line, 1))
    known = happened + (HOUR * (0.1 + rng.exponential(14.0, len(order)))).astype(np.int64)
    known -= known % SECOND
    happened = happened - happened % SECOND
    ledger.add(
        shop.refunds,
        {
            "refund_id": code,
            "order_id": order_codes(order),
            "line": numbers(np.where(line > 0, line, NONE)),
            "product_id": product_codes(product),
            "units": numbers(units),
            "amount": numbers(amount),
            "reason": words(REASONS, reason),
            "happened_at": stamps(happened),
            "known_at": stamps(known),
            "updated_at": stamps(known),
        },
        known,
    )
    ledger.add(truth.refund_causes, {"refund_id": code, "cause": words(CAUSES, cause)}, known)


def charge_back(world: World, ledger: Ledger, orders: Orders, fate: Fate) -> None:
    """Chargebacks become known 20 to 90 days after the order."""
    rng = generator(world.seed, "chargebacks", world.week)
    n = len(orders)
    good = rng.random(n) < _GOOD_CHARGEBACK * (1 + 6 * (fate.late_days > 5))
    share = np.where(orders.kind >= 0, kinds.CHARGEBACK[np.maximum(orders.kind, 0)], 0.0)
    bad = rng.random(n) < share
    by_card = orders.method <= 1
    which = np.flatnonzero((good | bad) & ~orders.declined & by_card & (fate.cancelled > 2**61))
    false = (orders.kind[which] == kinds.FALSE_CLAIM) | (orders.kind[which] < 0)
    reason = np.where(false, 1 + (rng.random(len(which)) < 0.3), 0)
    happened = orders.placed[which] + ((20 + 67 * rng.beta(1.4, 2.0, len(which))) * DAY).astype(
        np.int64
    )
    known = happened + ((0.2 + 2.5 * rng.random(len(which))) * DAY).astype(np.int64)
    happened, known = happened - happened % SECOND, known - known % SECOND
    ledger.add(
        shop.chargebacks,
        {
            "chargeback_id": codes("CB", orders.number[which], 8),
            "order_id": order_codes(orders.number[which]),
            "amount": numbers(orders.amount[which]),
            "reason": words(CHARGEBACK_REASONS, reason),
            "happened_at": stamps(happened),
            "known_at": stamps(known),
            "updated_at": stamps(known),
        },
        known,
    )
