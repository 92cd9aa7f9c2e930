"""What an override may be: its value, its weeks, its reason; each refusal with its remedy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from app.services.forecasting.spreading import weeks_of
from data_access.errors import DataError
from ml.forecasting import monday

REASONS: dict[str, str] = {
    "promotion": "Promotion not in the calendar",
    "event": "Local event",
    "supplier": "Supplier problem",
    "listing": "New listing or delisting",
    "bulk": "One-off bulk order",
    "ignored": "The model ignores something",
    "other": "Other",
}
MOST_UNITS = 10_000_000.0  # a week; beyond it is a slip of the keyboard in any shop
MOST_TIMES = 100.0  # of the model's largest week, beyond `ALWAYS_FINE`
ALWAYS_FINE = 10_000.0  # units a week that a first bulk order may bring
MOST_SHARE = 10.0  # +1,000 %
LONGEST_NOTE = 2_000


class OverrideError(DataError):
    """An override that cannot be: nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person says about a series and weeks."""

    level: str  # product | category
    series_id: str
    first_week: date  # Monday
    last_week: date  # Monday, included
    kind: str  # units (a week) | share (change; 0.2 is +20 %)
    value: Any  # as it was entered; checked here


def checked_value(wanted: Wanted) -> float:
    """The value as a number that can be one.

    Raises
    ------
    OverrideError : text, nothing, not finite, negative units, or beyond what any shop sells.
    """
    if wanted.kind not in ("units", "share"):
        raise OverrideError(
            f"{wanted.kind!r} is no kind of override.",
            remedy="Say units a week, or a change in per cent.",
        )
    value, what = wanted.value, "units a week" if wanted.kind == "units" else "a change"
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise OverrideError(
            f"{short(value)} is no number, so it cannot be {what}.",
            remedy="Enter a number, for example 40 units or 20 %.",
        )
    if wanted.kind == "units" and number < 0:
        raise OverrideError(
            f"{number:g} units cannot be sold: sales are never negative.",
            remedy="Enter 0 or more units a week.",
        )
    if wanted.kind == "units" and number > MOST_UNITS:
        raise OverrideError(
            f"{number:,.0f} units a week is more than any shop sells.",
            remedy="Check the figure; it may have some digits too many.",
        )
    if wanted.kind == "share" and not -1 <= number <= MOST_SHARE:
        raise OverrideError(
            f"A change of {number * 100:+,.0f} % is not possible.".replace("-", "−"),
            remedy="Choose a change from −100 % to +1,000 %, or enter units a week.",
        )
    return number


def checked_reason(reason: str, note: str | None) -> tuple[str, str | None]:
    """A reason of the list; with "other" a note must say which."""
    note = (note or "").strip() or None
    if reason not in REASONS:
        raise OverrideError(
            "An override needs a reason.",
            remedy=f"Choose one of: {', '.join(REASONS.values())}.",
        )
    if reason == "other" and note is None:
        raise OverrideError(
            "“Other” says too little to learn from later.",
            remedy="Write in a few words what it is, or choose another reason.",
        )
    if note is not None and len(note) > LONGEST_NOTE:
        raise OverrideError(
            f"The note has {len(note):,} characters.",
            remedy=f"Shorten it to {LONGEST_NOTE:,} characters.",
        )
    return reason, note


def said(kind: str, value: float) -> str:
    """ "60 units a week", "+20 %"."""
    if kind == "units":
        return f"{value:,.0f} units a week" if value == round(value) else f"{value:g} units a week"
    return f"{value * 100:+.4g} %".replace("-", "−")


def span_words(first: date, last: date) -> str:
    """ "the week of 23 Nov", "4 weeks from 23 Nov"."""
    count = len(weeks_of(first, last))
    day = f"{first.day} {first:%b}"
    return f"the week of {day}" if count == 1 else f"{count} weeks from {day}"


def check_weeks(wanted: Wanted, weeks: Sequence[date]) -> None:
    if not weeks:
        raise OverrideError(
            "The stored forecast has no open weeks left.",
            remedy="Compute the forecast anew on the page Forecasting.",
        )
    first, last = wanted.first_week, wanted.last_week
    if first != monday(first) or last != monday(last):
        raise OverrideError(
            "A week is named by its Monday.", remedy="Choose weeks from the list of open weeks."
        )
    if last < first:
        raise OverrideError(
            f"The last week, {day(last)}, lies before the first, {day(first)}.",
            remedy="Choose a last week that is not before the first.",
        )
    if first < weeks[0]:
        state = "has begun" if first == weeks[0] - timedelta(weeks=1) else "is over"
        raise OverrideError(
            f"The week of {day(first)} {state}, so its forecast is closed.",
            remedy=f"Choose weeks from {day(weeks[0])} on.",
        )
    if last > weeks[-1]:
        raise OverrideError(
            f"The forecast does not reach the week of {day(last)}.",
            remedy=f"Choose weeks up to {day(weeks[-1])}.",
        )


def check_size(wanted: Wanted, value: float, model: Sequence[float]) -> None:
    largest = max(model)
    if wanted.kind == "units" and value > max(ALWAYS_FINE, largest * MOST_TIMES):
        raise OverrideError(
            f"{value:,.0f} units a week is {value / max(largest, 1):,.0f} times what the model "
            f"expects in its largest week ({largest:,.0f}).",
            remedy="Check the figure; it may have some digits too many.",
        )


def day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def short(value: object) -> str:
    text = str(value)
    return repr(text if len(text) <= 40 else text[:40] + " …")
