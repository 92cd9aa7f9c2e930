"""What shoppers type: articles by name, material and colour, synonyms and slips of the finger."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from data_access.sources.demo import truth
from data_access.sources.demo.catalogue import Products, product_codes
from data_access.sources.demo.chance import Ints
from data_access.sources.demo.columns import numbers, words
from data_access.sources.demo.goods import COLOURS, NOUNS
from data_access.sources.demo.ledger import Ledger

ANY = -1
_JUDGED_PRODUCTS = 5_000
NOTHING_FOUND = ("gift card", "sofa", "outlet", "opening hours", "returns")
"""Queries that no product answers."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All queries, and what each asks for; a slip follows the query that it spoils."""

    texts: tuple[str, ...]
    noun: Ints
    material: Ints  # or ANY
    colour: Ints  # or ANY
    weight: np.ndarray  # how often it is typed
    of_noun: tuple[Ints, ...]  # places of each noun's queries


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    texts: list[str] = []
    rows: list[tuple[int, int, int, float]] = []
    seen: set[str] = set()

    def note(text: str, noun: int, material: int, colour: int, weight: float) -> None:
        for one, share in ((text, 0.9), (_slip(text), 0.1)):
            if one in seen:
                continue
            seen.add(one)
            texts.append(one)
            rows.append((noun, material, colour, weight * share))

    for place, noun in enumerate(NOUNS):
        note(noun.name, place, ANY, ANY, 5.0)
        for synonym in noun.synonyms:
            note(synonym, place, ANY, ANY, 1.6)
        for at, material in enumerate(noun.materials):
            note(f"{material.lower()} {noun.name}", place, at, ANY, 1.0)
        for shift in range(3):
            colour = (place * 4 + shift * 5) % len(COLOURS)
            note(f"{noun.name} {COLOURS[colour]}", place, ANY, colour, 0.5)
    table = np.array([row[:3] for row in rows], dtype=np.int64)
    return Vocabulary(
        texts=tuple(texts),
        noun=table[:, 0],
        material=table[:, 1],
        colour=table[:, 2],
        weight=np.array([row[3] for row in rows]),
        of_noun=tuple(np.flatnonzero(table[:, 0] == place) for place in range(len(NOUNS))),
    )


def _slip(text: str) -> str:
    """Two letters change places, or one is left out; the same slip for the same text."""
    at = 1 + len(text) * 7 % max(len(text) - 2, 1)
    if len(text) % 2:
        return text[:at] + text[at + 1 :]
    return text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]


def grade(words_: Vocabulary, query: Ints, products: Products, product: Ints) -> Ints:
    """3 as asked, 2 the right article in another make, 0 something else."""
    right = products.noun[product] == words_.noun[query]
    material = words_.material[query]
    colour = words_.colour[query]
    exact = (material == ANY) | (material == products.material[product])
    exact &= (colour == ANY) | (colour == products.colour[product])
    return np.where(right, np.where(exact, 3, 2), 0)


def keep_truth(ledger: Ledger, products: Products, first: int, visible: int) -> None:
    """Relevance of the products from number ``first`` on, for each query that means them."""
    last = min(len(products), _JUDGED_PRODUCTS)
    if first >= last:
        return
    known = vocabulary()
    index = np.arange(first, last)
    parts = [known.of_noun[noun] for noun in products.noun[first:last]]
    query = np.concatenate(parts)
    product = np.repeat(index, [len(part) for part in parts])
    ledger.add(
        truth.relevance,
        {
            "query": words(known.texts, query),
            "product_id": product_codes(product),
            "grade": numbers(grade(known, query, products, product)),
        },
        np.full(len(query), visible),
    )
