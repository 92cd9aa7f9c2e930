"""What every page stands on: the shop and the snapshot of it. Says what of them is gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from data_access.errors import DataError
from data_access.shop.engines import check_answers

if TYPE_CHECKING:
    from app.context import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Something that pages need and that is not there."""

    text: str
    remedy: str


def missing(desk: Desk) -> tuple[Missing, ...]:
    """What is gone or damaged, and what is shown in its place; nothing where all is well."""
    found = []
    if (damage := desk.store.damage()) is not None:
        found.append(Missing(text=str(damage), remedy=damage.remedy))
    try:
        check_answers(desk.shop_engine)
    except DataError as error:
        newest = desk.store.newest()
        meanwhile = (
            ""
            if newest is None
            else f" Figures up to {newest.as_of_day:%d %b %Y} are shown from the last snapshot; "
            "what is read live is missing."
        )
        found.append(Missing(text=str(error), remedy=error.remedy + meanwhile))
    return tuple(found)
