"""Every feature of an order as it was known when the order was placed, defined once.

`compute` serves both ways. For training it gets all orders of a snapshot. For a new order it gets
the orders that share a customer, device, card, address, IP or coupon with it, as far as the event
store still holds them, and `profiles`: sums of the orders that it holds no longer. Both give the
same numbers, since sums are kept in whole ten-thousandths and every span of time has the same
two ends.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ml.contract import Progress, silent
from ml.errors import WrongFrame
from ml.fraud.alone import alone
from ml.fraud.linked import coupon, facts_of, linked
from ml.fraud.making import Making
from ml.fraud.schema import BY_NAME, LINKS
from ml.fraud.usual import ALL_ORDERS, USUAL, usual, usual_until
from ml.fraud.windows import Course, Ints, places

__all__ = ["ALL_ORDERS", "USUAL", "compute", "missing_columns", "usual_until"]


def compute(
    orders: pd.DataFrame,
    *,
    of: Sequence[str] | None = None,
    chargebacks: pd.DataFrame | None = None,
    profiles: pd.DataFrame | None = None,
    known_by: pd.Timestamp | None = None,
    progress: Progress = silent,
) -> pd.DataFrame:
    """Features of the orders: index order_id, columns `schema.NAMES`, float64, NaN where unknown.

    Windows count the orders placed before (the same instant: by number) in the last hour, day or
    31 days, both ends included; distinct accounts, cards and devices include the order's own.

    Parameters
    ----------
    orders : the frame `schema.ORDERS`, in any order of rows; columns that are not required may be
        missing.
    of : numbers of the orders asked for, in the order wanted; None: all, as they lie in `orders`.
    chargebacks : order_id · known_at, and the columns of `schema.LINKS` where their orders are not
        among `orders`. Only the first of an order counts. More columns do no harm: the frame
        `schema.LABELS` will do, of which the chargebacks are taken.
    profiles : kind · key · before · orders · amount (currency) · last_at. Of a link: its orders
        that are not among `orders`. Of a kind in `USUAL`, and of `ALL_ORDERS`: all orders placed
        before `before`, one row for each day's `usual_until`. None: `orders` are all there are.
    known_by : chargebacks known by then count; None: those known when each order was placed. For
        scoring an order again.

    Raises
    ------
    WrongFrame : a required column is missing, or an order asked for is not among the orders.
    """
    for name in ("order_id", "placed_at", "amount"):
        if name not in orders:
            raise WrongFrame(
                f"The orders have no column {name}.", remedy=f"Give the column {name}."
            )
    course = Course(orders["placed_at"], orders["order_id"])
    made = Making(orders, course, _wanted(orders, of), known_by)
    alone(made)
    progress("Windows of time", 0.1)
    facts = facts_of(orders, chargebacks)
    for number, link in enumerate(LINKS):
        if made.has(link):
            linked(made, link, facts, profiles)
        progress("Windows of time", 0.1 + 0.75 * (number + 1) / len(LINKS))
    made.forget("customer")
    made.forget("card")
    coupon(made)
    for column in USUAL:
        usual(made, column, profiles)
    progress("Features", 1.0)
    return made.frame()


def missing_columns(orders: pd.DataFrame) -> list[str]:
    """Columns of features that the orders lack or that hold nothing, in the schema's order."""
    wanted = dict.fromkeys(column for feature in BY_NAME.values() for column in feature.needs)
    return [name for name in wanted if name not in orders or not orders[name].notna().any()]


def _wanted(orders: pd.DataFrame, of: Sequence[str] | None) -> Ints | None:
    """Rows of the orders asked for; None: all."""
    if of is None:
        return None
    found = places(pd.Index(orders["order_id"]), pd.Index(list(of), dtype=object))
    absent = [str(order) for order, row in zip(of, found, strict=True) if row < 0]
    if absent:
        raise WrongFrame(
            f"{len(absent)} orders asked for are not among the orders, such as {absent[0]}.",
            remedy="Ask only for orders that the frame holds.",
        )
    return found
