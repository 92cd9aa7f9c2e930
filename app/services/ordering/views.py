"""What the order list is asked and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

import pandas as pd

from ml.ordering import Demand

Shown = Literal["order", "unsure", "all"]

UNKNOWN_SUPPLIER = ""
"""Id of the group of products whose supplier is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderQuestion:
    """How to order, for everybody who looks at that list."""

    publication: int
    snapshot: int
    service_level: float  # share
    budget: float | None = None  # currency; None: no limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which rows of the list a person looks at."""

    shown: Shown = "order"
    supplier: str | None = None  # id; None: all of them
    category: str | None = None  # its name
    search: str = ""  # words of the name, or the product's number


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierGroup:
    """What would be ordered from one supplier."""

    supplier_id: str  # UNKNOWN_SUPPLIER where it is not known
    name: str
    products: int  # to order
    units: int
    value: float | None  # currency at cost; None: no cost is known
    uncosted: int  # products to order whose cost is not known
    at_risk: float  # currency of sales
    minimum: float | None  # smallest order, currency
    lead_days: float

    @property
    def short_by(self) -> float:
        """Currency missing to the supplier's minimum; 0 where it is reached or there is none."""
        if not self.minimum or self.value is None:
            return 0.0
        return max(self.minimum - self.value, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An order marked as placed in this week's list."""

    order_id: int
    supplier: str
    products: int
    units: int
    value: float | None  # currency
    by: str
    at: datetime  # naive UTC
    expected_on: date  # of its last line


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The row above the list."""

    products: int  # to order
    units: int
    value: float | None  # currency at cost
    uncosted: int
    at_risk: float  # currency, of all products
    risky: int  # products with something at risk
    saved: float  # currency that the list as it stands saves
    short: int  # products that run out before an order of today could arrive
    short_risk: float  # currency that is missed by then
    budget: float | None
    left_out: int  # products that the budget leaves out, wholly or in part
    unsure: int = 0  # products that nothing is proposed for, as their forecast is too unsure


@dataclass(frozen=True, eq=False, kw_only=True)
class OrderList:
    """The whole list; `rows` is shared and never changed."""

    question: OrderQuestion
    week: date  # its Monday
    day: date  # today, as far as the data knows
    known_until: datetime
    review_days: int
    rows: pd.DataFrame
    figures: Figures
    suppliers: tuple[SupplierGroup, ...]
    placed: tuple[Placed, ...]
    newest_order: int  # what a person has seen when marking
    has_stock: bool
    has_costs: bool
    stock_from: str  # where stock figures come from, in words
    missing: tuple[str, ...] = ()  # what is not known and what it would add
    bound: float | None = None  # confidence below which nothing is proposed; None: there is none
    demand: Demand = field(repr=False)
    receipts: pd.DataFrame = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A quantity that a person wants in place of the proposed one."""

    product_id: str
    units: int | None  # None: as proposed
    note: str | None = None
    proposed: int
    version: int  # of the edit that the person saw; 0: none


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """An edit that was not saved, since somebody else had set the quantity meanwhile."""

    edit: Edit
    units: int | None  # what stands now; None: as proposed
    by: str
    version: int  # what to hand back when insisting


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What came of saving edits; nothing that was typed is lost."""

    saved: int
    conflicts: tuple[Conflict, ...]
    entry_id: int | None  # to undo it
    text: str
