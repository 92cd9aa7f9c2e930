"""Reviews: stars and sentences by aspect, from faults, lateness and temper; some odd ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from data_access.shop import tables as shop
from data_access.sources.demo import names, phrases, truth
from data_access.sources.demo.baskets import Lines
from data_access.sources.demo.calendar import DAY, SECOND
from data_access.sources.demo.catalogue import product_codes
from data_access.sources.demo.chance import Ints, generator, uniform_of
from data_access.sources.demo.columns import Arrow, chosen, codes, joined, numbers, stamps, words
from data_access.sources.demo.customers import customer_codes
from data_access.sources.demo.delivery import Fate
from data_access.sources.demo.ledger import Ledger
from data_access.sources.demo.orders import Orders, order_codes
from data_access.sources.demo.refunds import Complaints
from data_access.sources.demo.world import World

_N = len(phrases.ASPECTS)
_CONTRADICTS = 0.035
_COPIED = 0.012
_SIGNED, _WITH_MAIL, _WITH_PHONE = 0.06, 0.012, 0.008


def _bank() -> tuple[list[str], NDArray[np.int64], NDArray[np.int64]]:
    """All sentences in one list, with the first place and the count of each kind."""
    flat: list[str] = []
    shape = (len(phrases.LANGUAGES), _N, 3)
    first, count = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    for at, language in enumerate(phrases.LANGUAGES):
        for aspect in range(_N):
            for mood in range(3):
                sentences = phrases.SENTENCES[language][aspect][mood]
                first[at, aspect, mood], count[at, aspect, mood] = len(flat), len(sentences)
                flat.extend(sentences)
    return flat, first, count


_SENTENCES, _FIRST, _COUNT = _bank()


def languages(world: World, rng: np.random.Generator, country: Ints) -> Ints:
    """Most write in their own language, the others in English."""
    own = np.array(phrases.LANGUAGE_OF_COUNTRY)[country]
    return np.where(rng.random(len(country)) < 0.66, own, 0)


def write(
    world: World, ledger: Ledger, orders: Orders, lines: Lines, listed: Ints, paid: Ints,
    fate: Fate, wrong: Complaints,
) -> None:  # fmt: skip
    rng = generator(world.seed, "reviews", world.week)
    late = fate.late_days[lines.order]
    share = world.size.review_share * (1 + 1.3 * wrong.fault + 0.6 * (late > 3) + 0.8 * wrong.batch)
    arrived = fate.arrived[lines.order] & (orders.kind[lines.order] < 0)
    which = np.flatnonzero(arrived & (rng.random(len(late)) < share))
    n = len(which)
    if not n:
        return
    order = lines.order[which]
    who = orders.customer[order]
    temper = uniform_of(world.seed, "temper", who) - 0.5
    mood = _moods(
        rng, temper, wrong.fault[which], wrong.misfit[which], late[which],
        paid[which] / np.maximum(listed[which], 1),
    )  # fmt: skip
    language = languages(world, rng, orders.country[order])
    variant = rng.integers(0, 10_000, (n, _N))
    copied = rng.random(n) < _COPIED
    copied[0] = False
    source = np.where(copied, (rng.random(n) * np.arange(n)).astype(np.int64), np.arange(n))
    source = np.where(copied[source], np.arange(n), source)
    copied &= source != np.arange(n)
    mood_said, language = mood[source], language[source]
    variant = variant[source]

    stars = _stars(rng, mood, temper)
    contradicts = (rng.random(n) < _CONTRADICTS) & (stars != 3)
    stars = np.where(contradicts, 6 - stars, stars)
    body = _body(rng, mood_said, language, variant)
    signed = rng.random(n)
    body = joined(body, _signature(world.seed, who, signed))
    happened = fate.delivered[order] + ((1.5 + rng.gamma(1.6, 5.0, n)) * DAY).astype(np.int64)
    happened -= happened % SECOND
    known = happened + rng.integers(0, 30 * 3_600, n) * SECOND  # moderated by hand
    first = np.searchsorted(lines.order, lines.order)
    line = which - first[which] + 1
    code = joined(codes("V", orders.number[order], 8), codes("-", line, 1))
    ledger.add(
        shop.reviews,
        {
            "review_id": code,
            "product_id": product_codes(lines.product[which]),
            "order_id": order_codes(orders.number[order]),
            "customer_id": customer_codes(who),
            "stars": numbers(stars),
            "title": _titles(rng, stars, language),
            "body": body,
            "language": words(phrases.LANGUAGES, language),
            "happened_at": stamps(happened),
            "known_at": stamps(known),
            "updated_at": stamps(known),
        },
        known,
    )
    ledger.add(
        truth.reviews,
        {"review_id": code, "contradicts": pa.array(contradicts), "copied": pa.array(copied)},
        known,
    )
    row, aspect = np.nonzero(mood_said > -2)
    ledger.add(
        truth.review_sentences,
        {
            "review_id": chosen(code, row),
            "place": numbers(aspect),
            "aspect": words(phrases.ASPECTS, aspect),
            "mood": numbers(mood_said[row, aspect]),
        },
        known[row],
    )


def _moods(
    rng: np.random.Generator, temper: np.ndarray, fault: np.ndarray, misfit: np.ndarray,
    late: np.ndarray, price: np.ndarray,
) -> Ints:  # fmt: skip
    """Mood of each aspect, -1 to 1; -2 where it is not mentioned."""
    n = len(temper)
    said = rng.random((n, _N)) < np.array([0.86, 0.34, 0.11, 0.22, 0.08, 0.13])
    said[:, phrases.QUALITY] |= fault
    said[:, phrases.DELIVERY] |= (late > 2) & (rng.random(n) < 0.8)
    said[:, phrases.SIZE] |= misfit
    said[np.flatnonzero(~said.any(axis=1)), phrases.QUALITY] = True
    good = rng.random((n, _N)) + 0.30 * temper[:, None]
    mood = np.where(good > 0.26, 1, np.where(good > 0.09, 0, -1))
    quality = np.where(
        fault, -1, np.where(rng.random(n) < 0.5, np.maximum(mood[:, 0], 0), mood[:, 0])
    )
    mood[:, phrases.QUALITY] = quality
    mood[:, phrases.DELIVERY] = np.where(late > 2, -1, np.maximum(mood[:, phrases.DELIVERY], 0))
    mood[:, phrases.SIZE] = np.where(misfit, -1, mood[:, phrases.SIZE])
    mood[:, phrases.PRICE] = np.where(price < 0.9, 1, mood[:, phrases.PRICE])
    return np.where(said, mood, -2)


_WEIGHT = np.array([1.75, 0.95, 1.15, 0.6, 0.8, 0.5])


def _stars(rng: np.random.Generator, mood: Ints, temper: np.ndarray) -> Ints:
    bad = ((mood == -1) * _WEIGHT).sum(axis=1)
    middling = ((mood == 0) * _WEIGHT).sum(axis=1)
    score = 4.85 - 1.3 * bad - 0.38 * middling + 0.8 * temper + rng.normal(0, 0.35, len(mood))
    stars: Ints = np.clip(np.rint(score), 1, 5).astype(np.int64)
    return stars


def _body(rng: np.random.Generator, mood: Ints, language: Ints, variant: Ints) -> Arrow:
    parts = []
    for aspect in range(_N):
        said = mood[:, aspect] > -2
        at = np.where(said, mood[:, aspect] + 1, 0)
        first = _FIRST[language, aspect, at]
        count = _COUNT[language, aspect, at]
        parts.append(words(_SENTENCES, np.where(said, first + variant[:, aspect] % count, -1)))
    # Half of the writers begin with what others end with.
    turned = pa.array(variant[:, 0] % 2 == 1)
    ahead = _sentences(parts)
    back = _sentences(parts[::-1])
    return pc.if_else(turned, back, ahead)


def _sentences(parts: Sequence[Arrow]) -> Arrow:
    join: Any = pc.binary_join_element_wise
    return join(*parts, " ", null_handling="skip")


def _signature(seed: int, who: Ints, draw: np.ndarray) -> Arrow:
    """Some sign with name, mail or telephone: what extraction has to clear away."""
    nothing = pa.array(np.full(len(who), "", dtype="U1"))
    signed = joined(" – ", names.full_names(seed, who))
    mail = joined(" ", names.emails(seed, who))
    phone = joined(" ", names.phones(seed, who))
    low = _SIGNED + _WITH_MAIL
    result = pc.if_else(pa.array(draw < low + _WITH_PHONE), phone, nothing)
    result = pc.if_else(pa.array(draw < low), mail, result)
    return pc.if_else(pa.array(draw < _SIGNED), signed, result)


def _titles(rng: np.random.Generator, stars: Ints, language: Ints) -> Arrow:
    flat: list[str] = []
    first = np.zeros((len(phrases.LANGUAGES), 5), dtype=np.int64)
    count = np.zeros_like(first)
    for at, key in enumerate(phrases.LANGUAGES):
        for star in range(5):
            first[at, star], count[at, star] = len(flat), len(phrases.TITLES[key][star])
            flat.extend(phrases.TITLES[key][star])
    at_stars = first[language, stars - 1]
    place = at_stars + (rng.random(len(stars)) * count[language, stars - 1]).astype(np.int64)
    return words(flat, np.where(rng.random(len(stars)) < 0.75, place, -1))
