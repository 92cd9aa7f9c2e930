"""Support tickets: what people want, in their words, and how long they wait for an answer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data_access.shop import tables as shop
from data_access.sources.demo import names, phrases, truth
from data_access.sources.demo.baskets import Lines
from data_access.sources.demo.calendar import DAY, HOUR, SECOND
from data_access.sources.demo.chance import Ints, generator
from data_access.sources.demo.columns import NONE, Arrow, chosen, codes, joined, stamps, words
from data_access.sources.demo.customers import customer_codes
from data_access.sources.demo.delivery import NEVER, Fate
from data_access.sources.demo.ledger import Ledger
from data_access.sources.demo.orders import Orders
from data_access.sources.demo.refunds import Complaints
from data_access.sources.demo.reviews import languages
from data_access.sources.demo.world import World

_TONGUES = ("en", "de")


def write(
    world: World, ledger: Ledger, orders: Orders, lines: Lines, fate: Fate, wrong: Complaints
) -> None:
    """At most one ticket an order, for what troubles most."""
    rng = generator(world.seed, "tickets", world.week)
    n = len(orders)
    faulty = np.bincount(lines.order, wrong.fault, n) > 0
    misfit = np.bincount(lines.order, wrong.misfit, n) > 0
    wholesale = world.people.wholesale[orders.customer]
    draw = rng.random((n, 5))
    calm = ~orders.declined & (fate.cancelled == NEVER)
    wants = np.full(n, -1)
    wants[calm & fate.arrived & (draw[:, 4] < 0.004)] = phrases.PRAISE
    wants[calm & (draw[:, 3] < np.where(wholesale, 0.05, 0.005))] = phrases.INVOICE
    wants[misfit & (draw[:, 1] < 0.30)] = phrases.RETURN
    wants[faulty & (draw[:, 2] < 0.42)] = phrases.BROKEN
    waits = calm & (draw[:, 0] < np.where(fate.late_days > 2, 0.36, 0.010))
    wants[waits] = phrases.WHERE
    which = np.flatnonzero(wants >= 0)
    m = len(which)
    if not m:
        return
    intent = wants[which]
    after = ((0.3 + rng.gamma(1.5, 1.4, m)) * DAY).astype(np.int64)
    base = np.where(
        intent == phrases.WHERE,
        orders.placed[which] + 4 * DAY,
        np.where(
            intent == phrases.INVOICE,
            orders.placed[which],
            np.where(fate.arrived[which], fate.delivered[which], orders.placed[which] + 6 * DAY),
        ),
    )
    opened = base + after
    # Few write before seven in the morning.
    opened = np.where(opened % DAY < 6 * HOUR, opened + 7 * HOUR, opened)
    opened -= opened % SECOND
    busy = 1.0 + 1.6 * (fate.late_days[which] > 3)  # where parcels are late, the queue is long
    first = opened + (HOUR * busy * rng.lognormal(1.5, 0.9, m)).astype(np.int64)
    closed = first + (HOUR * rng.lognormal(2.4, 1.2, m)).astype(np.int64)
    first = np.where(rng.random(m) < 0.02, NONE, first - first % SECOND)
    closed = np.where((first == NONE) | (rng.random(m) < 0.03), NONE, closed - closed % SECOND)
    language = languages(world, rng, orders.country[which])
    tongue = (language == 1).astype(np.int64)
    code = codes("T", orders.number[which], 8)
    body = _pick(rng, phrases.BODIES, tongue, intent)
    head = words(("Order ", "Bestellung "), tongue)
    greeting = joined("\n", names.full_names(world.seed, orders.customer[which]))
    told = joined(head, chosen(orders.codes, which), ": ", body, greeting)
    ledger.add(
        shop.tickets,
        {
            "ticket_id": code,
            "customer_id": customer_codes(orders.customer[which]),
            "order_id": chosen(orders.codes, which),
            "subject": _pick(rng, phrases.SUBJECTS, tongue, intent),
            "body": told,
            "opened_at": stamps(opened),
            "first_answer_at": stamps(first),
            "closed_at": stamps(closed),
            "updated_at": stamps(opened),
        },
        opened,
    )
    ledger.add(
        truth.ticket_intents, {"ticket_id": code, "intent": words(phrases.INTENTS, intent)}, opened
    )


def _pick(
    rng: np.random.Generator,
    texts: dict[str, tuple[tuple[str, ...], ...]],
    tongue: Ints,
    intent: Ints,
) -> Arrow:
    flat: list[str] = []
    shape = (len(_TONGUES), len(phrases.INTENTS))
    first: NDArray[np.int64] = np.zeros(shape, dtype=np.int64)
    count = np.zeros(shape, dtype=np.int64)
    for at, key in enumerate(_TONGUES):
        for one in range(len(phrases.INTENTS)):
            first[at, one], count[at, one] = len(flat), len(texts[key][one])
            flat.extend(texts[key][one])
    draw = rng.random(len(intent))
    return words(flat, first[tongue, intent] + (draw * count[tongue, intent]).astype(np.int64))
