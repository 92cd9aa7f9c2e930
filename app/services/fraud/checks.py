"""What comes from outside, checked: numbers, notes, choices, filters; no browser is believed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from unicodedata import category

from app.services.fraud.views import REASONS, SORTS, STATES, Filters, FraudError

LONGEST_NOTE = 2_000
"""Characters; more belongs into a document."""

LONGEST_ANSWER = 4_000
LONGEST_SEARCH = 64
LONGEST_NAME = 60  # of a saved view
LONGEST_ORDER = 64  # characters of an order's number
MOST_ROWS = 500  # of one page
LONGEST_SNOOZE = timedelta(days=14)
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Signs that make text run the other way, by which one thing can be shown as another."""

LARGEST_ID = 2**31 - 1  # of a row, on every database


def number(value: Any, what: str = "case") -> int:
    """A row's number.

    Raises
    ------
    FraudError : it cannot be one.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= LARGEST_ID:
        raise FraudError(f"That is no number of a {what}.", remedy="Go back to the queue.")
    return value


def order_number(value: Any) -> str:
    """The number of an order, as a text that a database can hold."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ORDER or not is_clean(value):
        raise FraudError(
            "That is no order number.",
            remedy=f"Give a text of 1 to {LONGEST_ORDER} printable characters.",
        )
    return value


def text(value: Any, what: str, longest: int, *, needed: bool = False) -> str | None:
    """Free text, trimmed; None where there is none.

    Raises
    ------
    FraudError : it is too long, no text, or holds characters that no keyboard makes.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        if needed:
            raise FraudError(f"{what} is empty.", remedy="Write it, then try again.")
        return None
    if not isinstance(value, str):
        raise FraudError(f"{what} is no text.", remedy="Write it as text.")
    if len(value) > longest:
        raise FraudError(
            f"{what} has {len(value):,} characters.", remedy=f"Use at most {longest:,}."
        )
    if not is_clean(value, lines=True):
        raise FraudError(
            f"{what} holds characters that cannot be shown.", remedy="Type it anew as plain text."
        )
    return value.strip()


def impersonal(value: str | None) -> str | None:
    """The text without addresses, telephone numbers and long numbers: none of these is kept."""
    if value is None:
        return None
    import pyarrow as pa

    from data_access.snapshots.personal import cleared

    found: str = cleared(pa.array([value], type=pa.string()))[0].as_py()
    return found


def act_and_reason(act: Any, reason: Any, note: str | None) -> tuple[str, str | None]:
    """The act and a reason of its list.

    Raises
    ------
    FraudError : there is no such act or reason, or "other" without a note.
    """
    if not isinstance(act, str) or act not in REASONS:
        raise FraudError("There is no such decision.", remedy=f"Choose one of {_list(REASONS)}.")
    if reason is None or reason == "":
        return act, None
    if not isinstance(reason, str) or reason not in REASONS[act]:
        raise FraudError(
            "There is no such reason.", remedy="Choose one of the list, or leave it empty."
        )
    if reason == "other" and note is None:
        raise FraudError(
            "“Other” says nothing by itself.", remedy="Write into the note what the reason is."
        )
    return act, reason


def snooze_until(until: Any, now: datetime) -> datetime:
    """When a snooze ends."""
    if not isinstance(until, datetime) or until.tzinfo is not None:
        raise FraudError("The end of the snooze is missing.", remedy="Choose how long.")
    if not now < until <= now + LONGEST_SNOOZE:
        raise FraudError(
            "A case cannot be put off until then.",
            remedy=f"Choose a time within the next {LONGEST_SNOOZE.days} days.",
        )
    return until


def filters(given: Filters | Mapping[str, Any] | None) -> Filters:
    """Filters from a page, an address or a saved view.

    Raises
    ------
    FraudError : a value that cannot be a filter's.
    """
    if given is None:
        return Filters()
    if not isinstance(given, Filters):
        known = {key: value for key, value in given.items() if key in Filters.__dataclass_fields__}
        given = Filters(**known)
    if not isinstance(given.state, str) or given.state not in STATES:
        raise FraudError("There is no such state.", remedy=f"Choose one of {_list(STATES)}.")
    if not isinstance(given.mine, bool):
        raise FraudError("“Mine” is yes or no.", remedy="Switch it on or off.")
    for value in (given.risk, given.kind, given.country, given.method, given.why):
        if value is not None and (
            not isinstance(value, str) or len(value) > LONGEST_SEARCH or not is_clean(value)
        ):
            raise FraudError("That cannot be filtered by.", remedy="Choose one of the list.")
    if (
        not isinstance(given.search, str)
        or len(given.search) > LONGEST_SEARCH
        or not is_clean(given.search)
    ):
        raise FraudError(
            "That is no part of an order number.",
            remedy=f"Search for at most {LONGEST_SEARCH} printable characters.",
        )
    return given


def sort(order: Any) -> str:
    if not isinstance(order, str) or order not in SORTS:
        raise FraudError("There is no such order.", remedy=f"Sort by one of {_list(SORTS)}.")
    return order


def limits(limit: Any, offset: Any = 0) -> tuple[int, int]:
    """Rows of a page and where it begins."""
    for value, most in ((limit, MOST_ROWS), (offset, LARGEST_ID)):
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            raise FraudError(
                "The queue cannot be cut so.", remedy=f"Ask for at most {MOST_ROWS} rows at once."
            )
    return max(limit, 1), offset


def is_clean(value: str, *, lines: bool = False) -> bool:
    """Whether every database can hold it and no page is turned about by it."""
    return not any(
        (category(sign) in ("Cc", "Cs") and not (lines and sign in "\n\r\t")) or sign in TURNING
        for sign in value
    )


def _list(names: Collection[str]) -> str:
    return ", ".join(names)
