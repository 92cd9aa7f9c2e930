"""What a planned promotion or price may be; each refusal with its remedy."""

from __future__ import annotations

import math
from datetime import date, timedelta

from data_access.errors import DataError
from data_access.state.plans import PlanValues

KINDS: dict[str, str] = {"promotion": "Promotion", "price": "Price change"}
LONGEST_NAME = 120
LONGEST_NOTE = 2_000
LONGEST_PROMOTION = timedelta(days=366)
FARTHEST = timedelta(days=2 * 366)
LARGEST_DISCOUNT = 0.95
DEAREST = 5.0  # +500 %


class PlanError(DataError):
    """A plan that cannot be: nothing was changed."""


def checked(values: PlanValues, today: date, before: PlanValues | None = None) -> PlanValues:
    """The plan as it is kept.

    Parameters
    ----------
    today : the shop's day that runs; a plan begins after it.
    before : what it said; one that has begun can only end on another day, from today on.

    Raises
    ------
    PlanError : with what to do.
    """
    if values.kind not in KINDS:
        raise PlanError(
            f"{values.kind!r} is no kind of plan.", remedy="Plan a promotion or a price change."
        )
    _check_words(values)
    _check_change(values)
    if before is not None and before.starts_on <= today:
        _check_begun(values, before, today)
    else:
        _check_start(values, today)
    _check_end(values)
    note = (values.note or "").strip() or None
    return PlanValues(
        kind=values.kind,
        level=values.level,
        series_id=values.series_id if values.level != "shop" else None,
        name=" ".join(values.name.split()),
        change=float(values.change),
        starts_on=values.starts_on,
        ends_on=values.ends_on,
        note=note,
    )


def _check_words(values: PlanValues) -> None:
    if not values.name.strip():
        raise PlanError("A plan needs a name.", remedy="Write what colleagues will know it by.")
    if len(values.name) > LONGEST_NAME or len(values.note or "") > LONGEST_NOTE:
        raise PlanError(
            "The name or the note is too long.",
            remedy=f"Use at most {LONGEST_NAME} characters for the name and {LONGEST_NOTE:,} for "
            "the note.",
        )


def _check_change(values: PlanValues) -> None:
    change = values.change
    number = isinstance(change, int | float) and not isinstance(change, bool)
    if not number or not math.isfinite(change) or change == 0:
        raise PlanError(
            "The change of the price is no number other than 0.",
            remedy="Enter per cent of the list price, for example 20 for 20 % off.",
        )
    if values.kind == "promotion" and not -LARGEST_DISCOUNT <= change < 0:
        raise PlanError(
            f"A promotion of {percent(change)} is not possible.",
            remedy="Enter a discount from 1 % to 95 % of the list price.",
        )
    if values.kind == "price" and not -LARGEST_DISCOUNT <= change <= DEAREST:
        raise PlanError(
            f"A price change of {percent(change)} is not possible.",
            remedy="Enter a change from −95 % to +500 % of the list price.",
        )


def _check_start(values: PlanValues, today: date) -> None:
    if values.starts_on <= today:
        raise PlanError(
            f"{day(values.starts_on)} is not in the future: the shop's day is {day(today)}.",
            remedy=f"Choose a first day from {day(today + timedelta(days=1))} on.",
        )
    if values.starts_on > today + FARTHEST:
        raise PlanError(
            f"{day(values.starts_on)} is more than two years ahead.",
            remedy="Choose a first day within the next two years.",
        )


def _check_begun(values: PlanValues, before: PlanValues, today: date) -> None:
    kept = ("kind", "level", "series_id", "change", "starts_on")
    if any(getattr(values, name) != getattr(before, name) for name in kept):
        raise PlanError(
            f"{before.name} began on {day(before.starts_on)}; what has begun can only end on "
            "another day.",
            remedy="Change its last day, and plan what is to follow as a new plan.",
        )
    if before.ends_on is not None and before.ends_on < today and values.ends_on != before.ends_on:
        raise PlanError(
            f"{before.name} ended on {day(before.ends_on)}; the past stays as it was.",
            remedy="Make a new plan.",
        )
    ends_early = values.ends_on is not None and values.ends_on < today
    if ends_early and values.ends_on != before.ends_on:
        raise PlanError(
            "A plan cannot end in the past.", remedy=f"Choose a last day from {day(today)} on."
        )


def _check_end(values: PlanValues) -> None:
    if values.ends_on is None:
        if values.kind == "promotion":
            raise PlanError("A promotion has a last day.", remedy="Choose its last day.")
        return
    if values.ends_on < values.starts_on:
        raise PlanError(
            f"The last day, {day(values.ends_on)}, lies before the first, {day(values.starts_on)}.",
            remedy="Choose a last day that is not before the first.",
        )
    if values.kind == "promotion" and values.ends_on - values.starts_on > LONGEST_PROMOTION:
        raise PlanError(
            "A promotion of more than a year is a price.",
            remedy="Plan a price change instead, or a shorter promotion.",
        )


def day(value: date) -> str:
    return f"{value.day} {value:%b %Y}"


def percent(change: float) -> str:
    """ "−20 %", "+5 %"."""
    return f"{change * 100:+.4g} %".replace("-", "−")
