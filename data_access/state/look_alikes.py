"""Which products staff chose as the look-alikes of a new one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data_access.errors import DataError
from data_access.state.engine import stale
from data_access.state.forecast_tables import LookAlikes

MOST = 3
"""Products that a new one can be told to resemble."""


def chosen_of(session: Session, product_id: str) -> LookAlikes | None:
    """What staff chose for a product; None where nothing."""
    return session.get(LookAlikes, product_id)


def ids_of(row: LookAlikes | None) -> tuple[str, ...]:
    """The chosen products, in the order chosen."""
    return () if row is None else tuple(str(one) for one in row.alike["products"])


def list_chosen(session: Session) -> list[LookAlikes]:
    """Every choice, by product."""
    return list(session.scalars(sa.select(LookAlikes).order_by(LookAlikes.product_id)))


def choose(
    session: Session,
    product_id: str,
    alike: Sequence[str],
    *,
    by: str,
    now: datetime,
    version: int | None,
) -> None:
    """Keep the choice; an empty one takes it away.

    Parameters
    ----------
    version : of the choice that the person saw; None: there was none.

    Raises
    ------
    StaleWriteError : somebody else chose in the meantime.
    DataError : more than `MOST` products, or the product itself.
    """
    if len(alike) > MOST or len(set(alike)) < len(alike) or product_id in alike:
        raise DataError(
            "A new product resembles one to three others, each named once.",
            remedy="Choose up to three established products.",
        )
    row = session.get(LookAlikes, product_id)
    if (None if row is None else row.version) != version:
        raise stale()
    if row is None:
        if alike:
            session.add(
                LookAlikes(product_id=product_id, alike={"products": list(alike)}, by=by, at=now)
            )
    elif alike:
        row.alike, row.by, row.at = {"products": list(alike)}, by, now
    else:
        session.delete(row)
    session.flush()
