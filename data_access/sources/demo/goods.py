"""What a house-and-garden shop sells: departments, categories, articles and the words for them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib import resources

import numpy as np


@dataclass(frozen=True, slots=True)
class Leaf:
    """A category of the second level."""

    key: str
    name: str
    department: int  # place in DEPARTMENTS
    share: float  # of the shop's order lines


@dataclass(frozen=True, slots=True)
class Noun:
    """An article of which many products are made."""

    name: str
    leaf: str
    price: float  # of a standard one, in currency
    materials: tuple[str, ...]
    sizes: tuple[str, ...]
    purpose: str  # ends the sentence "made for …"
    synonyms: tuple[str, ...]
    pair: str = ""  # article that is often bought with it


DEPARTMENTS = ("Kitchen & table", "Home & living", "Garden & terrace")

LEAVES = (
    Leaf("cookware", "Cookware & kettles", 0, 0.12),
    Leaf("tableware", "Tableware", 0, 0.14),
    Leaf("storage", "Storage & kitchen tools", 0, 0.13),
    Leaf("textiles", "Bed & bath textiles", 1, 0.12),
    Leaf("lighting", "Lighting", 1, 0.09),
    Leaf("decoration", "Candles & decoration", 1, 0.14),
    Leaf("garden-tools", "Garden tools & care", 2, 0.10),
    Leaf("pots", "Pots & planters", 2, 0.09),
    Leaf("outdoor", "Outdoor living", 2, 0.07),
)
LEAF_PLACE = {leaf.key: place for place, leaf in enumerate(LEAVES)}
DEPARTMENT_OF_LEAF = np.array([leaf.department for leaf in LEAVES])
LEAF_SHARE = np.array([leaf.share for leaf in LEAVES])


def _articles() -> tuple[Noun, ...]:
    """The articles of ``articles.csv``; the numbers of products rest on their order."""
    text = resources.files("data_access.sources.demo").joinpath("articles.csv").read_text("utf-8")
    return tuple(
        Noun(
            name=row["name"],
            leaf=row["category"],
            price=float(row["price"]),
            materials=tuple(row["materials"].split("|")),
            sizes=tuple(row["sizes"].split("|")),
            purpose=row["purpose"],
            synonyms=tuple(row["synonyms"].split("|")),
            pair=row["pair"],
        )
        for row in csv.DictReader(text.splitlines(), delimiter=";")
    )


NOUNS = _articles()
NOUN_PLACE = {noun.name: place for place, noun in enumerate(NOUNS)}
NOUN_LEAF = np.array([LEAF_PLACE[noun.leaf] for noun in NOUNS])
NOUN_PRICE = np.array([noun.price for noun in NOUNS])
NOUN_PAIR = np.array([NOUN_PLACE.get(noun.pair, -1) for noun in NOUNS])

COLOURS = (
    "sage", "cream", "charcoal", "terracotta", "ink blue", "mustard", "white", "blush", "olive",
    "sand", "petrol", "berry", "graphite", "sky", "moss",
)  # fmt: skip

SERIES = (
    "Alma", "Birke", "Cala", "Dune", "Elin", "Fjord", "Greta", "Halm", "Ines", "Juna", "Kari",
    "Lund", "Mira", "Nora", "Oda", "Pia", "Quinta", "Runa", "Sol", "Tilde", "Uma", "Vigo", "Wanda",
    "Yara", "Zoe", "Arlo", "Bruno", "Cleo", "Dalia", "Enzo", "Flora", "Gilda", "Hugo", "Iris",
    "Jette", "Kiki", "Lotta", "Malva", "Nils", "Otto", "Paula", "Rosa", "Selma", "Toni", "Ulla",
    "Vera", "Wilma", "Alba", "Bela", "Carla",
)  # fmt: skip

TIERS = ("budget", "standard", "premium")
TIER_PRICE = np.array([0.62, 1.0, 1.75])
BRANDS = (
    ("Kleinholz", "Everyday & Co", "Nordhus", "Patio Basics", "Hofgut", "Tinwell"),
    ("Alder & Finch", "Morgenrot", "Casa Lume", "Lindby Works", "Verdana Home", "Grünspan",
     "Brook & Barrow", "Atelier Sept"),
    ("Maison Orme", "Halden Forge", "Studio Kvist", "Villa Serra", "Oakhurst", "Perle & Fils"),
)  # fmt: skip
"""Brands of each tier."""

MANNERS = (
    "made by hand in small runs", "finished by hand", "plain and sturdy", "light to the touch",
    "quietly elegant", "robust enough for every day", "with softly rounded edges",
    "in a timeless shape", "designed with a small studio in Porto", "with a slightly uneven glaze",
    "that ages well", "which stacks neatly",
)  # fmt: skip
CARE = (
    "Wipe clean.", "Dishwasher safe.", "Wash by hand.", "Comes ready to use.",
    "Ships without plastic.",
    "Spare parts can be ordered.", "Two years' guarantee.", "Packed in recycled card.",
    "Made from certified material.", "Please oil once a year.",
)  # fmt: skip

SUPPLIER_NAMES = (
    "Hansen", "Moreau", "Bianchi", "Kowalski", "Novak", "de Vries", "Lindqvist", "Ferreira",
    "Brandt", "Keller", "Rossi", "Dubois", "Janssen", "Horvath", "Silva", "Marek", "Olsen", "Weber",
    "Conti", "Peeters",
)  # fmt: skip
SUPPLIER_TRADES = (
    "Manufaktur", "Trading", "Ceramics", "Textiles", "Lighting", "Garden Supply", "Metalworks",
    "Woodcraft", "Import", "Glass", "Home Goods", "Nurseries",
)  # fmt: skip
SUPPLIER_COUNTRIES = ("DE", "PL", "PT", "IT", "CZ", "NL", "CN", "IN", "VN", "TR")
