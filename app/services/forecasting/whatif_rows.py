"""The sums that a what-if is made of: one question over the stored forecast and its response."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from app.services.forecasting import reading, response, stored
from data_access.queries.selection import currency, of_series
from data_access.snapshots import tables
from data_access.snapshots.analytics import PUBLISHED
from data_access.snapshots.duck import in_schema
from data_access.state.tables import Publication
from ml.forecasting.answers import (
    DISCOUNTS,
    PROMOTION,
    PROMOTION_SPREAD,
    RANGE,
    interpolated,
)

if TYPE_CHECKING:
    from app.context import Desk
    from app.services.forecasting.whatif import WhatIfQuestion

ENDS = {"after": 0.0, "low": -RANGE, "high": RANGE}
"""Standard deviations of the answer from its middle."""


def by_week(desk: Desk, publication: Publication, asked: WhatIfQuestion) -> pd.DataFrame | None:
    """One row a week ahead; None where no response was stored.

    week date · inside bool (asked for) · known, unknown int (products with and without an
    answer) · units, revenue, margin float (as the model forecasts, at today's list prices;
    revenue and margin are null where prices or costs are not known) · costed float (revenue of
    the products whose cost is known) · the same with _after, _low, _high · elasticity, low, high
    float (sums weighted by `answered` units) · changes, promotions int · largest, deepest float
    """
    answers = response.register(desk, publication)
    if answers is None:
        return None
    ahead = stored.table(publication.publication_id)
    stored.register(desk, publication, ahead, stored.FILE)
    lines = _lines(in_schema(ahead, PUBLISHED), in_schema(answers, PUBLISHED), publication, asked)
    return desk.analytics.frame(asked.question.snapshot, _sums(lines))


def _lines(
    ahead: sa.Table, answers: sa.Table, publication: Publication, asked: WhatIfQuestion
) -> sa.Subquery:
    """One row a product and week: units, prices, and the factors on its units."""
    products = tables.products
    one = asked.question.series_id if asked.question.level == "product" else None
    prices = _newest_prices(publication, one)
    inside = ahead.c.week.between(pd.Timestamp(asked.first), pd.Timestamp(asked.last))
    log, spread = _logs(answers, asked)
    paid = (1 + asked.change) * (1 - asked.discount)
    own = () if one is None else (ahead.c.series_id == one,)
    span = reading.selection(asked.question, asked.first, asked.last)
    kept = ("elasticity", "low", "high", "changes", "largest", "promotions", "deepest")
    return (
        sa.select(
            ahead.c.week,
            ahead.c.mean.label("units"),
            inside.label("inside"),
            answers.c.product_id.label("answering"),
            prices.c.price,
            currency(products.c.unit_cost).label("cost"),
            sa.case((inside, prices.c.price * paid), else_=prices.c.price).label("paid"),
            *(
                # Outside the weeks asked for everything stays as it is.
                sa.case((inside, sa.func.exp(log + away * spread)), else_=1.0).label(f"to_{end}")
                for end, away in ENDS.items()
            ),
            *(answers.c[name].label(name) for name in kept),
        )
        .select_from(
            ahead.join(products, products.c.product_id == ahead.c.series_id)
            .outerjoin(answers, answers.c.product_id == ahead.c.series_id)
            .outerjoin(prices, prices.c.product_id == ahead.c.series_id)
        )
        .where(ahead.c.level == "product", *own, *of_series(products, span))
        .subquery("lines")
    )


def _sums(lines: sa.Subquery) -> sa.Select[Any]:
    row, total = lines.c, sa.func.sum
    known = sa.func.count(row.answering)
    return (
        sa.select(
            row.week,
            sa.func.bool_or(row.inside).label("inside"),
            known.label("known"),
            (sa.func.count() - known).label("unknown"),
            total(row.units).label("units"),
            total(row.units * row.price).label("revenue"),
            total(row.units * (row.price - row.cost)).label("margin"),
            total(sa.case((row.cost.is_not(None), row.units * row.price))).label("costed"),
            *(total(row.units * row[f"to_{end}"]).label(f"units_{end}") for end in ENDS),
            *(
                total(row.units * row[f"to_{end}"] * row.paid).label(f"revenue_{end}")
                for end in ENDS
            ),
            *(
                total(row.units * row[f"to_{end}"] * (row.paid - row.cost)).label(f"margin_{end}")
                for end in ENDS
            ),
            total(sa.case((row.answering.is_not(None), row.units))).label("answered"),
            *(total(row[name] * row.units).label(name) for name in ("elasticity", "low", "high")),
            *(sa.func.max(row[name]).label(name) for name in ("largest", "deepest")),
            *(total(row[name]).label(name) for name in ("changes", "promotions")),
        )
        .group_by(row.week)
        .order_by(row.week)
    )


def _newest_prices(publication: Publication, product_id: str | None) -> sa.Subquery:
    """product_id · price of each product (or of one) when the forecast was made, currency."""
    history = tables.price_history
    statement = (
        sa.select(
            history.c.product_id,
            currency(sa.func.arg_max(history.c.price, history.c.valid_from)).label("price"),
        )
        .where(history.c.local_day <= publication.as_of)
        .group_by(history.c.product_id)
    )
    if product_id is not None:
        statement = statement.where(history.c.product_id == product_id)
    return statement.subquery("prices")


def _logs(
    answers: sa.Table, asked: WhatIfQuestion
) -> tuple[sa.ColumnElement[Any], sa.ColumnElement[Any]]:
    """Log of the factor on units, and its standard deviation, of each product."""
    price = math.log1p(asked.change)
    log = answers.c.elasticity * price
    spread = answers.c.elasticity_sd * abs(price)
    if asked.discount > 0:
        off = math.log1p(-asked.discount)
        # Where no promotion was ever seen, the lower price alone is reckoned with.
        log = log + sa.func.coalesce(
            _mixed(answers, PROMOTION, asked.discount), answers.c.elasticity * off
        )
        spread = spread + sa.func.coalesce(
            _mixed(answers, PROMOTION_SPREAD, asked.discount), answers.c.elasticity_sd * abs(off)
        )
    return sa.func.coalesce(log, 0.0), sa.func.coalesce(spread, 0.0)


def _mixed(answers: sa.Table, names: tuple[str, ...], discount: float) -> sa.ColumnElement[Any]:
    """The columns read at a discount between theirs."""
    shares = interpolated(np.eye(len(DISCOUNTS)), np.full((len(DISCOUNTS), 1), discount))[:, 0]
    found: sa.ColumnElement[Any] = sa.literal(0.0)
    for share, name in zip(shares, names, strict=True):
        if share:
            found = found + answers.c[name] * float(share)
    return found
