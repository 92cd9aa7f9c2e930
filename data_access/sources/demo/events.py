"""Shopper events of one week, gathered by session and written in the order of time."""

from __future__ import annotations

import numpy as np

from data_access.shop import tables as shop
from data_access.sources.demo import names, queries
from data_access.sources.demo.calendar import (
    instants,
)
from data_access.sources.demo.catalogue import product_codes
from data_access.sources.demo.chance import Ints, uniform_of
from data_access.sources.demo.columns import (
    NONE,
    codes,
    numbers,
    stamps,
    words,
)
from data_access.sources.demo.customers import customer_codes
from data_access.sources.demo.incidents import Incident
from data_access.sources.demo.ledger import Ledger
from data_access.sources.demo.orders import order_codes
from data_access.sources.demo.world import World

KINDS = ("view", "search", "cart", "purchase")
VIEW, SEARCH, CART, PURCHASE = range(4)


class Events:
    """Events of one week, gathered by session."""

    def __init__(self) -> None:
        self.sessions = 0
        self.parts: list[dict[str, Ints]] = []

    def open(self, n: int) -> Ints:
        self.sessions += n
        return np.arange(self.sessions - n, self.sessions)

    def note(self, kind: int, session: Ints, moment: Ints, **columns: Ints) -> None:
        n = len(session)
        row = {
            name: np.asarray(columns.get(name, np.full(n, -1)), dtype=np.int64)
            for name in ("customer", "product", "query", "position", "order", "country")
        }
        self.parts.append({"kind": np.full(n, kind), "session": session, "at": moment, **row})

    def write(
        self, world: World, ledger: Ledger, rng: np.random.Generator, incidents: list[Incident]
    ) -> None:
        if not self.parts:
            return
        table = {
            name: np.concatenate([part[name] for part in self.parts]) for name in self.parts[0]
        }
        keep = np.ones(len(table["at"]), dtype=bool)
        for incident in incidents:
            if incident.kind == "tracking_gap":
                # The measuring script is blocked: events are missing, orders are not.
                begin = instants(incident.first, 0)
                end = instants(incident.last + 1, 0)
                lost = uniform_of(world.seed, "blocked", table["session"] + world.week * 10**9)
                gap = (table["at"] >= begin) & (table["at"] < end)
                keep &= ~(gap & (lost < incident.effect))
        table = {name: column[keep] for name, column in table.items()}
        order = np.lexsort((table["kind"], table["session"], table["at"]))
        table = {name: column[order] for name, column in table.items()}
        n = len(order)
        base = world.counters.get("session", 0)
        world.counters["session"] = base + self.sessions
        number = world.number("event", n)
        known = queries.vocabulary()
        texts = [*known.texts, *queries.NOTHING_FOUND]
        position = table["position"]
        ledger.add(
            shop.shopper_events,
            {
                "event_id": codes("E", number, 10),
                "session_id": codes("Z", base + table["session"], 9),
                "customer_id": customer_codes(table["customer"]),
                "kind": words(KINDS, table["kind"]),
                "happened_at": stamps(table["at"]),
                "product_id": product_codes(table["product"]),
                "query": words(texts, table["query"]),
                "position": numbers(np.where(position > 0, position, NONE)),
                "order_id": order_codes(table["order"]),
                "country": words(names.COUNTRIES, table["country"]),
                "updated_at": stamps(table["at"]),
            },
            table["at"],
        )
