"""Local day, week and hour of UTC instants, from the zone's own transitions.

Engines differ on zones (DuckDB brings a table of its own, SQLite has none), so the offsets come
from Python's zone database and are applied to whole columns.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_US = 1_000_000
_HOUR = 3_600 * _US
_DAY = 86_400 * _US
_YEARS = (1970, 2100)
"""Instants outside keep the offset at the border; no shop has sold there."""

Whole = npt.NDArray[np.int64]


@lru_cache(maxsize=8)
def transitions(zone: ZoneInfo) -> tuple[Whole, Whole]:
    """Instants from which an offset holds, and the offsets, both in microseconds."""
    start = datetime(_YEARS[0], 1, 1, tzinfo=UTC)
    days = (datetime(_YEARS[1], 1, 1, tzinfo=UTC) - start).days
    at = [_microseconds(start)]
    offsets = [_offset(zone, start)]
    for n in range(1, days + 1):
        day = start + timedelta(days=n)
        if _offset(zone, day) != offsets[-1]:
            before, after = day - timedelta(days=1), day
            while after - before > timedelta(seconds=1):
                middle = before + timedelta(seconds=(after - before).total_seconds() // 2)
                if _offset(zone, middle) == offsets[-1]:
                    before = middle
                else:
                    after = middle
            at.append(_microseconds(after))
            offsets.append(_offset(zone, after))
    return np.array(at, dtype=np.int64), np.array(offsets, dtype=np.int64)


def local_columns(
    instants: pa.Array[Any], zone: ZoneInfo
) -> tuple[pa.Array[Any], pa.Array[Any], pa.Array[Any]]:
    """Local day (date), Monday of its week (date) and hour (0 to 23) of UTC instants.

    Parameters
    ----------
    instants : timestamps in microseconds, naive UTC; null stays null.
    """
    missing = np.asarray(instants.is_null())
    utc = np.asarray(instants.cast(pa.int64()).fill_null(0))
    local = utc + offset_of(utc, zone)
    day = local // _DAY
    week = day - (day + 3) % 7  # 1970-01-01 was a Thursday
    hour = (local - day * _DAY) // _HOUR
    return (
        _dates(day, missing),
        _dates(week, missing),
        pa.array(hour.astype(np.int32), mask=missing),
    )


def offset_of(utc: Whole, zone: ZoneInfo) -> Whole:
    """Offset from UTC in microseconds that holds at each instant (microseconds)."""
    at, offsets = transitions(zone)
    return offsets[np.clip(np.searchsorted(at, utc, side="right") - 1, 0, None)]


def local_day(instant: datetime, zone: ZoneInfo) -> date:
    """The shop's calendar day of a naive UTC instant."""
    return instant.replace(tzinfo=UTC).astimezone(zone).date()


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The naive UTC instant at which a local day begins."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    start = midnight.astimezone(UTC).replace(tzinfo=None)
    # Where midnight does not exist (zones that change at 0:00), the day begins with the change.
    while local_day(start, zone) < day:
        start += timedelta(minutes=15)
    return start


def _dates(days: Whole, missing: npt.NDArray[np.bool_]) -> pa.Array[Any]:
    return pa.array(days.astype(np.int32), type=pa.int32(), mask=missing).cast(pa.date32())


def _offset(zone: ZoneInfo, instant: datetime) -> int:
    offset = instant.astimezone(zone).utcoffset()
    return 0 if offset is None else round(offset.total_seconds()) * _US


def _microseconds(instant: datetime) -> int:
    return round(instant.timestamp()) * _US
