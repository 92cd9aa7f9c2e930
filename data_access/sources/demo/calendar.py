"""Days, weeks, seasons, holidays and the hours at which people shop.

Days count from 1970-01-01, weeks from Monday 1970-01-05, instants are microseconds of UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from data_access.sources.demo.chance import Floats, Ints, generator, pick
from data_access.sources.demo.goods import DEPARTMENT_OF_LEAF, LEAVES

ZONE = ZoneInfo("Europe/Berlin")
SECOND = 1_000_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR
_FIRST_MONDAY = 4  # 1970-01-05 as a day number
_EPOCH = date(1970, 1, 1)

WEEKDAY = np.array([0.97, 0.93, 0.94, 0.98, 0.90, 1.00, 1.38])
"""Monday to Sunday: people shop for the house on Sunday."""

HOURS = np.array([1, 1, 0, 0, 0, 0, 1, 2, 4, 5, 5, 6, 6, 5, 5, 5, 5, 6, 7, 8, 9, 8, 6, 3]) + 0.3
"""Weight of each hour of the local day."""
NIGHT_HOURS = np.roll(HOURS, 7)
OFFICE_HOURS = np.array([0.02] * 7 + [1, 4, 8, 9, 9, 5, 8, 9, 8, 6, 3, 1] + [0.1] * 5)


def day_number(day: date) -> int:
    return (day - _EPOCH).days


def as_date(day: int) -> date:
    return _EPOCH + timedelta(days=int(day))


def week_of(day: int) -> int:
    return (day - _FIRST_MONDAY) // 7


def week_start(week: int) -> int:
    """Day number of the week's Monday."""
    return week * 7 + _FIRST_MONDAY


def micros(instant: datetime) -> int:
    """Microseconds of a naive UTC instant."""
    return int((instant - datetime(1970, 1, 1)) / timedelta(microseconds=1))


def local_day(instant: datetime) -> int:
    """Day in the shop's zone of a naive UTC instant."""
    return day_number(instant.replace(tzinfo=UTC).astimezone(ZONE).date())


@lru_cache(maxsize=4096)
def _offsets(day: int) -> tuple[int, int]:
    """Offset of UTC in microseconds before and after 03:00, when clocks change."""

    def at(hour: int) -> int:
        moment = datetime.combine(as_date(day), datetime.min.time()).replace(hour=hour)
        offset = moment.replace(tzinfo=ZONE).utcoffset()
        assert offset is not None
        return int(offset.total_seconds()) * SECOND

    return at(1), at(12)


def instants(day: NDArray[np.integer] | int, local_micros: NDArray[np.integer] | int) -> Ints:
    """UTC microseconds of local days and microseconds since local midnight."""
    days, past = np.broadcast_arrays(
        np.asarray(day, dtype=np.int64), np.asarray(local_micros, dtype=np.int64)
    )
    flat = days.ravel()
    distinct, place = np.unique(flat, return_inverse=True)
    table = np.array([_offsets(int(one)) for one in distinct], dtype=np.int64).reshape(-1, 2)
    early = past.ravel() < 3 * HOUR
    offset = np.where(early, table[place, 0], table[place, 1])
    instant: Ints = flat * DAY + past.ravel() - offset
    return instant.reshape(days.shape)


def midnight(day: int) -> int:
    """UTC microseconds at which the local day begins."""
    return day * DAY - _offsets(day)[0]


def time_of_day(rng: np.random.Generator, size: int, hours: Floats = HOURS) -> Ints:
    """Microseconds since local midnight, by the hours at which people shop."""
    hour = pick(rng, hours, size)
    return hour * HOUR + rng.integers(0, 3_600, size) * SECOND


# --- seasons -----------------------------------------------------------------------------------

_PEAKS: dict[str, tuple[tuple[float, float, float], ...]] = {
    # leaf: (day of year of the peak, width in days, height in logs)
    "cookware": ((342, 26, 0.85), (20, 20, 0.15)),
    "tableware": ((345, 24, 0.95), (95, 18, 0.20)),
    "storage": ((12, 25, 0.45), (250, 25, 0.20), (335, 22, 0.35)),
    "textiles": ((15, 20, 0.50), (285, 30, 0.35), (340, 24, 0.55)),
    "lighting": ((310, 45, 0.55), (345, 22, 0.50)),
    "decoration": ((338, 22, 1.45), (85, 16, 0.40)),
    "garden-tools": ((105, 35, 1.10), (265, 25, 0.35), (345, 18, 0.30)),
    "pots": ((130, 38, 1.25), (345, 15, 0.20)),
    "outdoor": ((155, 42, 1.45), (345, 15, 0.15)),
}


@lru_cache(maxsize=1)
def _season_table() -> Floats:
    """Log season by day of year and leaf; its mean level is one in every leaf."""
    days = np.arange(366)
    table = np.zeros((366, len(LEAVES)))
    for place, leaf in enumerate(LEAVES):
        for peak, width, height in _PEAKS[leaf.key]:
            away = np.minimum(np.abs(days - peak), 366 - np.abs(days - peak))
            table[:, place] += height * np.exp(-0.5 * (away / width) ** 2)
        table[:, place] -= np.log(np.exp(table[:, place]).mean())
    return table


def season(days: Ints) -> Floats:
    """Log season of each day (rows) and leaf (columns)."""
    of_year = np.array([as_date(int(day)).timetuple().tm_yday - 1 for day in days])
    by_day: Floats = _season_table()[of_year]
    return by_day


def occasions(days: Ints) -> Floats:
    """Log lift of the whole shop on days that everyone knows: Black Friday, Christmas …"""
    lift = np.zeros(len(days))
    for place, number in enumerate(days):
        day = as_date(int(number))
        black_friday = _black_friday(day.year)
        gap = (day - black_friday).days
        if -4 <= gap <= 3:
            lift[place] += 0.95 if gap == 0 else 0.70 if gap == 3 else 0.38
        if (11, 22) <= (day.month, day.day) <= (12, 18):
            lift[place] += 0.24  # presents
        if (day.month, day.day) in ((12, 24), (12, 25), (12, 31)):
            lift[place] -= 0.9
        elif day.month == 12 and 19 <= day.day <= 23:
            lift[place] -= 0.25 * (day.day - 18) / 5  # too late to arrive in time
        elif (day.month, day.day) in ((12, 26), (12, 27), (1, 1)):
            lift[place] += 0.12
    return lift


def _black_friday(year: int) -> date:
    first = date(year, 11, 1)
    thursday = first + timedelta(days=(3 - first.weekday()) % 7 + 21)
    return thursday + timedelta(days=1)


@lru_cache(maxsize=256)
def holidays_of(country: str, year: int) -> frozenset[int]:
    """Day numbers of a country's public holidays."""
    import holidays

    return frozenset(day_number(day) for day in holidays.country_holidays(country, years=year))


def holiday_share(days: Ints, countries: tuple[str, ...], shares: Floats) -> Floats:
    """Share of the shop's customers who have a public holiday on each day."""
    return np.array(
        [
            sum(
                share
                for country, share in zip(countries, shares, strict=True)
                if int(day) in holidays_of(country, as_date(int(day)).year)
            )
            for day in days
        ]
    )


def weather(seed: int, days: Ints) -> Floats:
    """Shared shocks in logs by day (rows) and department (columns): spells of fine or foul days.

    A fading sum of each past day's own draw, so that a day's weather needs no history.
    """
    fading = 0.80 ** np.arange(30)
    shocks: Floats = np.zeros((len(days), 3))
    for place, number in enumerate(days):
        past = np.array([_weather_draw(seed, int(number) - back) for back in range(30)])
        shocks[place] = (fading @ past) * np.array([0.035, 0.035, 0.095])
    return shocks


@lru_cache(maxsize=512)
def _weather_draw(seed: int, day: int) -> tuple[float, ...]:
    return tuple(generator(seed, "weather", day).normal(size=3).tolist())


def by_leaf(by_department: Floats) -> Floats:
    return by_department[:, DEPARTMENT_OF_LEAF]
