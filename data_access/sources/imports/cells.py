"""Cells of foreign files turned into codes, whole numbers, money and instants, exactly.

Each distinct value of a column is read once in Python, with ``Decimal`` and never with float
arithmetic, and the result spread over the rows; a value that cannot be read is noted with its
first row. Text, numbers and dates may arrive as text (CSV) or typed (Parquet, xlsx).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from inspect import unwrap
from typing import Any

import numpy as np
import pandas as pd

from data_access.shop.tables import MONEY_SCALE
from data_access.sources.imports.refusal import Offences

FIRST_DATA_ROW = 2
"""Row of the first record: row 1 holds the column names."""
LONGEST_CODE = 64
"""Characters of a code in the canonical tables."""
MOST_UNITS = 2**31 - 1
"""Whole numbers are 32 bit in the shop database."""
MOST_MONEY = 10**9
"""Currency units; a larger price or amount is an error of the file, and sums stay within 64 bit."""
FIRST_YEAR, LAST_YEAR = 1990, 2100
"""Instants outside are errors of the file (a missing date often becomes 1900 or 1970)."""
NOISE = Decimal("1e-9")
"""Distance from ten-thousandths that is the noise of a binary float and no further digit."""

Parse = Callable[[Any], Any]

_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")
_DECIMAL = re.compile(r"[+-]?(\d*\.(\d{1,2}|\d{4,})|0*\.\d+|\d{4,}\.\d+)")


def parsed(
    series: pd.Series[Any], parse: Parse, offences: Offences, *, column: str, required: bool = True
) -> pd.Series[Any]:
    """Apply ``parse`` to each distinct value; a ``ValueError`` becomes an offence with its row.

    Missing cells stay ``None``, or are offences where the column is required.
    """
    positions, distinct = pd.factorize(series, use_na_sentinel=True)
    reads_numbers = unwrap(parse) in (whole, money, share)
    unclear = unclear_points(distinct) if reads_numbers else frozenset()
    results = np.empty(len(distinct) + 1, dtype=object)  # the last place answers for missing (-1)
    results[-1] = None
    bad: dict[int, str] = {}
    for index, value in enumerate(distinct):
        try:
            if value in unclear:
                raise ValueError(two_readings(value))
            results[index] = parse(value)
        except ValueError as error:
            bad[index] = str(error)
            continue
        if results[index] is None and required:
            bad[index] = "is needed"
    if required and (positions == -1).any():
        bad[-1] = "is needed"
    if bad:
        firsts = pd.Series(np.arange(len(positions))).groupby(positions).agg(["first", "size"])
        for index, reason in bad.items():
            value = "" if index == -1 else distinct[index]
            first, times = (int(number) for number in firsts.loc[index].to_numpy())
            offences.add(first + FIRST_DATA_ROW, column, value, reason, times=times)
    return pd.Series(results[positions], index=series.index, dtype=object, name=series.name)


def code(value: Any) -> str | None:
    """An identifier as text, outer blanks removed; 17850.0 from a number column reads 17850."""
    if isinstance(value, bool):
        raise ValueError("is no code")
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        value = int(value)
    return _no_longer_than(LONGEST_CODE, text(value))


def short_text(length: int) -> Parse:
    """A parser of codes and words of at most ``length`` characters."""
    return lambda value: _no_longer_than(length, code(value))


def _no_longer_than(length: int, value: str | None) -> str | None:
    if value is not None and len(value) > length:
        raise ValueError(f"is longer than {length} characters")
    return value


def text(value: Any) -> str | None:
    """Text without outer blanks; blank text is missing, NUL bytes are refused."""
    result = str(value).strip()
    if "\x00" in result:
        raise ValueError("holds a NUL byte")
    return result or None


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, (bool, np.bool_)):
        raise ValueError("is no number")
    if isinstance(value, (float, np.floating)):
        value = repr(float(value))  # the shortest decimal that means this float
    raw = str(value).strip()
    if not raw:
        return None
    try:
        number = Decimal(raw if raw.isascii() and "_" not in raw else "no number")
    except InvalidOperation:
        raise ValueError(
            "is no number (a point separates decimals, nothing the thousands)"
        ) from None
    if not number.is_finite():
        raise ValueError("is no number")
    return number


def unclear_points(values: Iterable[Any]) -> frozenset[str]:
    """Texts of a column of numbers in which a point may separate thousands as well as decimals.

    1.000 is a thousand in one half of the world and one in the other. The column tells where some
    other number can only be read in one way (3.20, 0.125, 1250.5); where none does, nobody guesses.
    """
    texts = [value.strip() for value in values if isinstance(value, str)]
    if any(_DECIMAL.fullmatch(text) for text in texts):
        return frozenset()
    return frozenset(
        value for value in values if isinstance(value, str) and _GROUPED.fullmatch(value.strip())
    )


def two_readings(value: str) -> str:
    """Why such a text cannot be used, with both readings."""
    plain = value.strip()
    decimals = f"{Decimal(plain).normalize():f}"
    return f"may be {plain.replace('.', '')} or {decimals}: write one of them"


def whole(value: Any) -> int | None:
    """A whole number within 32 bit."""
    number = _decimal(value)
    if number is None:
        return None
    if abs(number) > MOST_UNITS:
        raise ValueError(f"is beyond {MOST_UNITS:,}")
    if number != number.to_integral_value():
        raise ValueError("is not whole")
    return int(number)


def money(value: Any) -> int | None:
    """Currency units with up to four decimals → integer of ten-thousandths."""
    number = _decimal(value)
    if number is None:
        return None
    if abs(number) > MOST_MONEY:
        raise ValueError(f"is beyond {MOST_MONEY:,}")
    scaled = number * MONEY_SCALE
    nearest = scaled.to_integral_value()
    if abs(scaled - nearest) > (
        NOISE * MONEY_SCALE if isinstance(value, (float, np.floating)) else 0
    ):
        raise ValueError("has more than four decimals")
    return int(nearest)


def share(value: Any) -> float | None:
    """A real number."""
    number = _decimal(value)
    return None if number is None else float(number)


_SLASHED = re.compile(r"^\d{1,2}/\d{1,2}/\d{4}( \d{1,2}:\d{2}(:\d{2})?)?$")


def instant_reader(series: pd.Series[Any]) -> Parse:
    """A parser of the column's instants: ISO 8601, or one slashed order that fits all of them.

    Slashed dates (12/1/2010 8:26) are read month first or day first, whichever fits every value;
    where both do, the parser refuses them rather than guess.
    """
    distinct = pd.Series(series.dropna().unique())
    slashed = [v for v in distinct if isinstance(v, str) and _SLASHED.match(v.strip())]
    orders = [order for order in ("%m/%d/%Y", "%d/%m/%Y") if _fits(slashed, order)]

    def read(value: Any) -> datetime | None:
        if isinstance(value, str) and _SLASHED.match(value.strip()):
            if len(orders) == 2 and any(v.split("/")[0] != v.split("/")[1] for v in slashed):
                raise ValueError("may be day/month or month/day: write 2010-12-01 08:26")
            order = orders[0] if orders else "%m/%d/%Y"
            return _within(_slashed(value, order))
        return instant(value)

    return read


def _slashed(value: str, order: str) -> datetime:
    day, _, clock = value.strip().partition(" ")
    moment = "%H:%M:%S" if clock.count(":") == 2 else "%H:%M"
    try:
        return datetime.strptime(f"{day} {clock or '0:00'}", f"{order} {moment}")  # noqa: DTZ007
    except ValueError:
        raise ValueError("is no date and time") from None


def _fits(values: list[str], order: str) -> bool:
    try:
        for value in values:
            _slashed(value, order)
    except ValueError:
        return False
    return True


def instant(value: Any) -> datetime | None:
    """ISO 8601 or a typed date; with an offset it becomes UTC and keeps ``tzinfo``."""
    if isinstance(value, datetime):  # pandas' Timestamp is one
        return _within(value.to_pydatetime() if isinstance(value, pd.Timestamp) else value)
    if isinstance(value, date):
        return _within(datetime(value.year, value.month, value.day))
    if not isinstance(value, str):
        raise ValueError("is no date and time (a number without a date format)")
    raw = value.strip()
    if not raw:
        return None
    try:
        return _within(datetime.fromisoformat(raw))
    except ValueError as error:
        if "year" in str(error) and "outside" in str(error):
            raise
        raise ValueError("is no date and time") from None


def _within(value: datetime) -> datetime:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"is a year outside {FIRST_YEAR} to {LAST_YEAR}")
    return value.astimezone(UTC) if value.tzinfo else value


def day(value: Any) -> date | None:
    """A calendar day."""
    moment = instant(value)
    return None if moment is None else moment.date()


def flag(value: Any) -> bool | None:
    """true/false, 1/0, yes/no."""
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    raw = str(value).strip().lower()
    if raw in {"true", "t", "1", "1.0", "yes"}:
        return True
    if raw in {"false", "f", "0", "0.0", "no"}:
        return False
    raise ValueError("is neither true nor false")


def to_utc(series: pd.Series[Any], zone: str) -> pd.Series[Any]:
    """Instants → naive UTC: with an offset as they are, without one as local time of ``zone``.

    An hour that the clock shows twice is taken the first time; an hour that it skips moves to the
    next instant that exists. Missing stays missing (``NaT``).
    """
    aware = series.map(lambda value: value is not None and value.tzinfo is not None).astype(bool)
    result = pd.Series(pd.NaT, index=series.index, dtype="datetime64[us]")
    if aware.any():
        result[aware] = series[aware].map(lambda value: value.replace(tzinfo=None))
    local = series[~aware].astype("datetime64[us]")
    located = local.dt.tz_localize(
        zone, ambiguous=np.ones(len(local), dtype=bool), nonexistent="shift_forward"
    )
    result[~aware] = located.dt.tz_convert("UTC").dt.tz_localize(None)
    return result
