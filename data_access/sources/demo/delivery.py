"""From order to door: cancelled, shipped, delivered, late, lost; strikes included."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_access.shop import tables as shop
from data_access.sources.demo.calendar import DAY, HOUR, SECOND, as_date, instants
from data_access.sources.demo.chance import Ints, generator
from data_access.sources.demo.columns import chosen, repeated, stamps
from data_access.sources.demo.incidents import Incident
from data_access.sources.demo.ledger import Ledger
from data_access.sources.demo.orders import Orders
from data_access.sources.demo.world import World

NEVER = np.iinfo(np.int64).max // 2
"""Instant of what does not happen."""

_TRANSIT_DAYS = np.array([1.5, 2.3, 2.2, 3.1, 3.9, 4.4])  # by country, mean
_CANCELLED = 0.013
_LOST = 0.005


@dataclass(slots=True)
class Fate:
    """What became of each order; instants, NEVER where it did not happen."""

    cancelled: Ints
    shipped: Ints
    delivered: Ints
    late_days: np.ndarray  # beyond what was promised; lost parcels count as 21

    @property
    def arrived(self) -> np.ndarray:
        return self.delivered < NEVER


def send(
    world: World, ledger: Ledger, orders: Orders, days: Ints, incidents: list[Incident]
) -> Fate:
    """Draw the fate of the week's orders and write its status changes."""
    rng = generator(world.seed, "delivery", world.week)
    n = len(orders)
    cancelled = (rng.random(n) < _CANCELLED) & ~orders.declined & (orders.kind < 0)
    moves = ~orders.declined & ~cancelled
    cancel_at = orders.placed + (HOUR * (0.3 + rng.exponential(6.0, n))).astype(np.int64)
    cancel_at = np.minimum(cancel_at, orders.placed + DAY)

    day = days[orders.row]
    busy = np.array([as_date(int(one)).month in (11, 12) for one in days])[orders.row]
    ship_day = day + 1 + (rng.random(n) < 0.22) + (busy & (rng.random(n) < 0.35))
    ship_day += (ship_day - 4) % 7 == 6  # nothing leaves on Sunday
    shipped = instants(ship_day, 9 * HOUR + rng.integers(0, 8 * 3_600, n) * SECOND)
    mean = _TRANSIT_DAYS[orders.ship_country]
    transit = np.maximum(rng.gamma(5.0, mean / 5.0), 0.7)
    transit += (rng.random(n) < 0.025) * rng.exponential(5.0, n)  # parcels that go astray
    for incident in incidents:
        if incident.kind != "courier_strike":
            continue
        hit = orders.ship_country == incident.country
        hit &= (ship_day >= incident.first - 2) & (ship_day <= incident.last)
        wait = incident.effect * (0.5 + rng.random(n))
        transit = np.where(hit, transit + wait, transit)
    lost = rng.random(n) < _LOST
    arrive_day = ship_day + np.ceil(transit).astype(np.int64)
    arrive_day += (arrive_day - 4) % 7 == 6
    delivered = instants(arrive_day, 8 * HOUR + rng.integers(0, 11 * 3_600, n) * SECOND)
    late = np.where(lost, 21.0, (arrive_day - day) - np.ceil(mean + 2.5))
    fate = Fate(
        cancelled=np.where(cancelled, cancel_at, NEVER),
        shipped=np.where(moves, shipped, NEVER),
        delivered=np.where(moves & ~lost, delivered, NEVER),
        late_days=np.where(moves, np.maximum(late, 0.0), 0.0),
    )
    _write(ledger, rng, orders, fate)
    return fate


def _write(ledger: Ledger, rng: np.random.Generator, orders: Orders, fate: Fate) -> None:
    declined = np.where(orders.declined, orders.placed, NEVER)
    for status, happened, slack in (
        ("declined", declined, 0),
        ("cancelled", fate.cancelled, 60),
        ("shipped", fate.shipped, 1_800),
        ("delivered", fate.delivered, 10_800),
    ):
        which = np.flatnonzero(happened < NEVER)
        if not len(which):
            continue
        moment = happened[which]
        known = moment + rng.integers(0, slack + 1, len(which)) * SECOND
        ledger.add(
            shop.order_status_changes,
            {
                "order_id": chosen(orders.codes, which),
                "status": repeated(status, len(which)),
                "happened_at": stamps(moment),
                "known_at": stamps(known),
                "updated_at": stamps(known),
            },
            known,
        )
