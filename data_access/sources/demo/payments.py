"""Payments: attempts, what the card checks said, and what is declined."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from data_access.shop import tables as shop
from data_access.sources.demo import fraud as kinds
from data_access.sources.demo.calendar import SECOND
from data_access.sources.demo.chance import Ints, generator, pick_rows
from data_access.sources.demo.columns import codes, joined, numbers, stamps, words
from data_access.sources.demo.fraud import DECLINED
from data_access.sources.demo.incidents import METHODS, Incident
from data_access.sources.demo.ledger import Ledger
from data_access.sources.demo.names import COUNTRIES
from data_access.sources.demo.orders import CARD, WALLET, Orders, years_past
from data_access.sources.demo.world import World

CARD_COUNTRIES = (*COUNTRIES, "US", "BR")
_DECLINED = np.array([0.021, 0.014, 0.010, 0.004, 0.002])  # by method
_RETRIED = np.array([0.045, 0.025, 0.008, 0.010, 0.004])
_GIVES_UP = 0.55
"""Share of buyers who leave when their method is down; the others take another one."""

AVS = ("match", "partial", "none")
CVV = ("match", "none")
SECURE = ("passed", "failed", "absent")
_AVS_SHARE = np.array(
    # match, partial, none by kind of fraud; the last row is true orders
    [[0.25, 0.25, 0.50], [0.33, 0.37, 0.30], [0.72, 0.20, 0.08], [0.22, 0.38, 0.40],
     [0.86, 0.11, 0.03], [0.66, 0.26, 0.08], [0.88, 0.09, 0.03], [0.885, 0.085, 0.03]]
)  # fmt: skip
_CVV_SHARE = np.array([0.45, 0.70, 0.92, 0.75, 0.97, 0.90, 0.97, 0.972])


def decide(world: World, orders: Orders, incidents: list[Incident], days: Ints) -> np.ndarray:
    """Set `declined` and return how many attempts failed before the last one."""
    rng = generator(world.seed, "payments", world.week)
    n = len(orders)
    kind = orders.kind
    chance = np.where(kind >= 0, DECLINED[np.maximum(kind, 0)], _DECLINED[orders.method])
    chance = np.where(kind == kinds.FALSE_CLAIM, 0.0, chance)
    orders.declined = rng.random(n) < chance
    failed = (rng.random(n) < _RETRIED[orders.method]).astype(np.int64)
    testing, stolen = kind == kinds.TESTING, kind == kinds.STOLEN
    failed = np.where(testing, 1 + rng.poisson(2.2, n), failed)
    failed = np.where(stolen, (rng.random(n) < 0.3) * (1 + rng.poisson(0.5, n)), failed)
    for incident in incidents:
        if incident.kind != "payment_down":
            continue
        hit = (
            (days[orders.row] == incident.first)
            & (orders.country == incident.country)
            & (orders.method == incident.method)
            & (rng.random(n) < incident.effect)
            & (kind < 0)
        )
        leaves = hit & (rng.random(n) < _GIVES_UP)
        orders.declined |= leaves
        failed = np.where(hit, failed + 1, failed)
        other = rng.integers(1, 4, n)
        orders.method = np.where(
            hit & ~leaves, np.array([[1, 3, 1], [0, 3, 0], [0, 1, 0]])[incident.method][other - 1],
            orders.method,
        )  # fmt: skip
        # What failed was the method that is down; the log shows it under the one that went through.
    return np.minimum(failed, 8)


def write(world: World, ledger: Ledger, orders: Orders, failed: Ints) -> None:
    """One row an attempt; declined orders have none that succeeded."""
    rng = generator(world.seed, "payment-rows", world.week)
    times = failed + 1
    at = np.repeat(np.arange(len(orders)), times)
    first = np.cumsum(times) - times
    attempt = np.arange(len(at)) - first[at]
    last = attempt == failed[at]
    succeeded = last & ~orders.declined[at]
    gap = 5 + rng.integers(0, 50, len(at))
    # The last attempt falls together with the order; earlier ones lie before it.
    moment = orders.placed[at] - (failed[at] - attempt) * gap * SECOND
    known = orders.placed[at]
    kind, method = orders.kind[at], orders.method[at]
    by_card = (method == CARD) | (method == WALLET)
    card = orders.card[at]
    country = orders.card_country[at]
    tried = (kind == kinds.TESTING) & ~last
    card = np.where(tried, 1_950_000_000 + (rng.random(len(at)) * 8e9).astype(np.int64), card)
    row = np.where(kind >= 0, kind, len(kinds.KINDS))
    avs = pick_rows(rng, _AVS_SHARE[row])
    cvv = (rng.random(len(at)) >= _CVV_SHARE[row]).astype(np.int64)
    secure = _three_d_secure(world, rng, kind, succeeded)
    cards_only = method == CARD
    ledger.add(
        shop.payments,
        {
            "payment_id": joined(codes("Y", orders.number[at], 8), codes("-", attempt + 1, 1)),
            "order_id": codes("O", orders.number[at], 8),
            "method": words(METHODS, method),
            "amount": numbers(orders.amount[at]),
            "attempted_at": stamps(moment),
            "succeeded": pa.array(succeeded),
            "card_fingerprint": codes("K", np.where(by_card, card, -1), 10),
            "card_country": words(CARD_COUNTRIES, np.where(by_card, country, -1)),
            "avs": words(AVS, np.where(cards_only, avs, -1)),
            "cvv": words(CVV, np.where(cards_only, cvv, -1)),
            "three_d_secure": words(SECURE, np.where(cards_only, secure, -1)),
            "updated_at": stamps(known),
        },
        known,
    )


def _three_d_secure(
    world: World, rng: np.random.Generator, kind: Ints, succeeded: np.ndarray
) -> Ints:
    """More cards ask for it every year; thieves avoid it, those who take over accounts pass it."""
    past = min(years_past(world), 1.2)
    passes = np.full(len(kind), 0.48 + 0.22 * past)
    for one, share in (
        (kinds.TESTING, 0.05),
        (kinds.STOLEN, 0.10 + 0.18 * past),
        (kinds.TAKEOVER, 0.35 + 0.2 * past),
        (kinds.RESHIPPING, 0.12 + 0.1 * past),
    ):
        passes[kind == one] = share
    passed = rng.random(len(kind)) < passes
    failed = ~succeeded & (rng.random(len(kind)) < 0.4)
    return np.where(failed, 1, np.where(passed, 0, 2))
