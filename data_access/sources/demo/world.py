"""What one week hands to the next: the products' and the customers' state, and the counters."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from data_access.sources.demo import catalogue, customers
from data_access.sources.demo.catalogue import Products
from data_access.sources.demo.chance import Floats, Ints
from data_access.sources.demo.customers import Customers
from data_access.sources.demo.sizes import SIZES, Size

RECENT_WEEKS = 12


@dataclass(slots=True)
class ProductState:
    """One row a product: what its past has brought about."""

    price: Ints  # list price, ten-thousandths
    cost: Ints
    stock: Ints  # units
    on_order: Ints  # units
    pace: Floats  # units a day that the buyer believes in
    rival: Floats  # log of competitors' mean price over the product's first price
    recent: NDArray[np.float32]  # units of the last weeks, newest last

    @classmethod
    def fresh(cls, products: Products, first: int, pace: Floats) -> ProductState:
        n = len(products) - first
        return cls(
            price=products.price[first:].copy(),
            cost=products.cost[first:].copy(),
            stock=np.zeros(n, dtype=np.int64),
            on_order=np.zeros(n, dtype=np.int64),
            pace=pace,
            rival=np.zeros(n),
            recent=np.repeat((pace[:, None] * 7).astype(np.float32), RECENT_WEEKS, axis=1),
        )

    def grown(self, more: ProductState) -> ProductState:
        return ProductState(
            **{
                one.name: np.concatenate([getattr(self, one.name), getattr(more, one.name)])
                for one in fields(self)
            }
        )


@dataclass(slots=True)
class Queue:
    """Things under way, one array a property; `take` removes and returns what is due."""

    columns: dict[str, Ints]

    def add(self, **more: Ints) -> None:
        self.columns = {
            name: np.concatenate([column, np.asarray(more[name], dtype=np.int64)])
            for name, column in self.columns.items()
        }

    def take(self, due: NDArray[np.bool_]) -> dict[str, Ints]:
        taken = {name: column[due] for name, column in self.columns.items()}
        self.columns = {name: column[~due] for name, column in self.columns.items()}
        return taken

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))


def _queue(*names: str) -> Queue:
    return Queue({name: np.zeros(0, dtype=np.int64) for name in names})


@dataclass(slots=True)
class World:
    """The shop between two weeks."""

    seed: int
    size: Size
    start_week: int
    week: int  # the next one to be made
    products: Products
    people: Customers
    state: ProductState
    gone: Ints  # day after which a customer buys nothing; winbacks move it
    pull: NDArray[np.float32]  # passing change of a customer's rate by mails and tests, 1 = none
    pull_until: Ints  # last day of it
    first_order: Ints  # day of a customer's first order, or 0
    counters: dict[str, int] = field(default_factory=dict)
    promotions: Queue = field(
        default_factory=lambda: _queue("start", "end", "kind", "target", "discount")
    )
    deliveries: Queue = field(
        default_factory=lambda: _queue("number", "product", "units", "arrives")
    )
    returns: Queue = field(default_factory=lambda: _queue("product", "units", "day"))
    tests: Queue = field(default_factory=lambda: _queue("campaign", "start", "end", "effect"))

    def number(self, counter: str, n: int) -> Ints:
        """The next ``n`` numbers of a counter."""
        first = self.counters.get(counter, 0)
        self.counters[counter] = first + n
        return np.arange(first, first + n)

    # --- to bytes and back -----------------------------------------------------------------------

    _QUEUES = ("promotions", "deliveries", "returns", "tests")
    _ARRAYS = ("gone", "pull", "pull_until", "first_order")

    def to_bytes(self) -> bytes:
        """Only what depends on the past; cohorts are drawn again when needed."""
        arrays: dict[str, np.ndarray] = {name: getattr(self, name) for name in self._ARRAYS}
        for one in fields(self.state):
            arrays[f"state.{one.name}"] = getattr(self.state, one.name)
        for name in self._QUEUES:
            for column, values in getattr(self, name).columns.items():
                arrays[f"{name}.{column}"] = values
        head = {
            "seed": self.seed,
            "size": self.size.name,
            "start_week": self.start_week,
            "week": self.week,
            "counters": self.counters,
        }
        arrays["head"] = np.frombuffer(json.dumps(head, sort_keys=True).encode(), dtype=np.uint8)
        sink = io.BytesIO()
        np.savez(sink, allow_pickle=False, **arrays)
        return sink.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> World:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            head = json.loads(arrays["head"].tobytes())
            size = SIZES[head["size"]]
            products, people = _cohorts(head["seed"], size, head["start_week"], head["week"])
            world = cls(
                seed=head["seed"],
                size=size,
                start_week=head["start_week"],
                week=head["week"],
                products=products,
                people=people,
                state=ProductState(
                    **{one.name: arrays[f"state.{one.name}"] for one in fields(ProductState)}
                ),
                counters=head["counters"],
                **{name: arrays[name] for name in cls._ARRAYS},
            )
            for name in cls._QUEUES:
                queue = getattr(world, name)
                queue.columns = {column: arrays[f"{name}.{column}"] for column in queue.columns}
        return world


def _cohorts(seed: int, size: Size, start_week: int, week: int) -> tuple[Products, Customers]:
    products = catalogue.cohort(seed, size, start_week, start_week, None)
    people = [customers.cohort(seed, size, start_week, None)]
    for past in range(start_week, week):
        products = products.grown(catalogue.cohort(seed, size, start_week, past, products))
        people.append(customers.cohort(seed, size, start_week, past))
    joined = Customers(
        **{
            one.name: np.concatenate([getattr(part, one.name) for part in people])
            for one in fields(Customers)
        }
    )
    return products, joined
