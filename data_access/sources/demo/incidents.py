"""Incidents: what goes wrong, or strangely well, and why; scheduled by week, kept as truth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa

from data_access.sources.demo import catalogue, truth
from data_access.sources.demo.calendar import midnight, week_start
from data_access.sources.demo.catalogue import product_codes
from data_access.sources.demo.chance import generator
from data_access.sources.demo.columns import dates, pa_floats
from data_access.sources.demo.goods import LEAF_SHARE
from data_access.sources.demo.ledger import Ledger
from data_access.sources.demo.names import COUNTRIES, COUNTRY_SHARE
from data_access.sources.demo.sizes import WEEKS, Size
from data_access.sources.demo.world import World

METHODS = ("card", "wallet", "invoice", "transfer", "voucher")

_BEST_SELLERS = 40
"""Incidents of one product strike among so many, so that the shop feels them."""

_WEEKLY = {
    "payment_down": 0.022,
    "supplier_fails": 0.010,
    "price_slip": 0.030,
    "tracking_gap": 0.016,
    "mention": 0.020,
    "courier_strike": 0.010,
    "faulty_batch": 0.008,
}
"""Chance a week of each kind, beside those of the plan below."""

_PLANNED = {
    # weeks before the end of the first three years: each kind is there for every page
    "payment_down": (6, 61, 117),
    "supplier_fails": (13, 88),
    "price_slip": (3, 37, 79, 126),
    "tracking_gap": (5, 70),
    "mention": (9, 47, 102),
    "courier_strike": (11, 92),
    "faulty_batch": (17, 75),
}

_CAUSES = {
    "payment_down": "The payment provider had no connection to the bank network.",
    "supplier_fails": "The supplier had a fire in its warehouse and sent nothing.",
    "price_slip": "A price was keyed in with the comma one place too far to the left.",
    "tracking_gap": "A new consent banner blocked the measuring script: data lost, not business.",
    "mention": "Someone famous showed the article to many followers.",
    "courier_strike": "The parcel carrier's drivers were on strike.",
    "faulty_batch": "A batch was made with a weak weld and broke in use.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident; days are inclusive."""

    kind: str
    week: int  # in which it begins
    first: int
    last: int
    country: int = -1
    method: int = -1
    draw: float = 0.0  # chooses the product or the supplier
    effect: float = 0.0

    def supplier(self, size: Size) -> int:
        """The supplier it concerns."""
        return int(self.draw * size.suppliers)

    def product(self, world: World) -> int:
        """The product it concerns: one of those that sold well when it began."""
        n = catalogue.count_until(world.size, self.week - world.start_week)
        products = world.products
        there = (products.launch[:n] < self.first - 60) & (products.end[:n] > self.last)
        leaf = products.leaf[:n]
        whole = np.bincount(leaf, products.level[:n], len(LEAF_SHARE))
        share = LEAF_SHARE[leaf] * products.level[:n] / whole[leaf] * there
        best = np.argsort(-share, kind="stable")[: max(5, min(n // 12, _BEST_SELLERS))]
        return int(best[int(self.draw * len(best))])


@lru_cache(maxsize=512)
def of_week(seed: int, start_week: int, week: int) -> tuple[Incident, ...]:
    """Incidents that begin in a week, from its number alone."""
    rng = generator(seed, "incidents", week)
    found = []
    for kind, chance in _WEEKLY.items():
        planned = (start_week + WEEKS - week) in _PLANNED[kind]
        happens = rng.random() < chance
        day = week_start(week) + int(rng.integers(0, 7))
        draw, size = float(rng.random()), float(rng.random())
        country = int(np.searchsorted(np.cumsum(COUNTRY_SHARE), rng.random() * 0.999))
        method = int(rng.integers(0, 3))
        if planned:
            country, method = 0, method % 2  # where every page can see it
        if not (planned or happens) or week < start_week + 2:
            continue
        length, effect = {
            "payment_down": (0, 0.85 + 0.12 * size),
            "supplier_fails": (20, 1.0),
            "price_slip": (0, 0.1),
            "tracking_gap": (int(1 + 2 * size), 0.65 + 0.25 * size),
            "mention": (5, 5.0 + 9.0 * size),
            "courier_strike": (int(4 + 4 * size), 4.0 + 3.0 * size),
            "faulty_batch": (41, 0.36 + 0.16 * size),
        }[kind]
        found.append(
            Incident(
                kind=kind, week=week, first=day, last=day + length, draw=draw, effect=effect,
                country=country if kind in ("payment_down", "courier_strike") else -1,
                method=method if kind == "payment_down" else -1,
            )
        )  # fmt: skip
    return tuple(found)


def around(seed: int, start_week: int, week: int, back: int = 8, ahead: int = 12) -> list[Incident]:
    """Incidents of the weeks around one, for what reaches over the week's end."""
    return [
        incident
        for one in range(max(week - back, start_week), week + ahead + 1)
        for incident in of_week(seed, start_week, one)
    ]


def keep_truth(ledger: Ledger, world: World, incidents: list[Incident]) -> None:
    """Rows of the incidents that begin in this week."""
    if not incidents:
        return
    value: list[str | None] = []
    dimension: list[str | None] = []
    for one in incidents:
        if one.kind == "payment_down":
            dimension.append("country, method")
            value.append(f"{COUNTRIES[one.country]}, {METHODS[one.method]}")
        elif one.kind == "courier_strike":
            dimension.append("country")
            value.append(COUNTRIES[one.country])
        elif one.kind == "supplier_fails":
            dimension.append("supplier")
            value.append(f"S{one.supplier(world.size):03d}")
        elif one.kind in ("price_slip", "mention", "faulty_batch"):
            dimension.append("product")
            value.append(product_codes(np.array([one.product(world)]))[0].as_py())
        else:
            dimension.append(None)
            value.append(None)
    ledger.add(
        truth.incidents,
        {
            "incident_id": pa.array([f"I{one.week}-{one.kind}" for one in incidents]),
            "kind": pa.array([one.kind for one in incidents]),
            "cause": pa.array([_CAUSES[one.kind] for one in incidents]),
            "first_day": dates(np.array([one.first for one in incidents])),
            "last_day": dates(np.array([one.last for one in incidents])),
            "dimension": pa.array(dimension, pa.string()),
            "value": pa.array(value, pa.string()),
            "effect": pa_floats(np.array([one.effect for one in incidents])),
        },
        np.array([midnight(one.first) for one in incidents]),
    )
