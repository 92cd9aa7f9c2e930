"""Dates, durations and counted things in words, in the shop's time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


def day(value: date) -> str:
    """19 Nov 2026."""
    return f"{value.day} {value:%b %Y}"


def day_short(value: date) -> str:
    """19 Nov."""
    return f"{value.day} {value:%b}"


def weekday(value: date) -> str:
    """Thursday 19 Nov."""
    return f"{value:%A} {value.day} {value:%b}"


def instant(value: datetime, zone: ZoneInfo) -> str:
    """19 Nov 2026, 23:59 in the zone; `value` is naive UTC."""
    local = value.replace(tzinfo=UTC).astimezone(zone)
    return f"{day(local.date())}, {local:%H:%M}"


def ago(value: datetime, now: datetime) -> str:
    """How long ago, in the largest unit that fits; both naive UTC."""
    seconds = max((now - value).total_seconds(), 0.0)
    if seconds < 90:
        return "just now"
    return f"{duration(seconds)} ago"


def duration(seconds: float) -> str:
    """42 s, 5 min, 3 hours, 12 days, 3.0 years."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    if seconds < 48 * 3600:
        return counted(round(seconds / 3600), "hour")
    days = round(timedelta(seconds=seconds) / timedelta(days=1))
    return counted(days, "day") if days < 700 else f"{days / 365.25:.1f} years"


def counted(number: int, thing: str, things: str | None = None) -> str:
    """1 product, 14 products."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def shortened(text: str, longest: int) -> str:
    """The text cut at a word."""
    if len(text) <= longest:
        return text
    return text[:longest].rsplit(" ", 1)[0].rstrip(",.;:") + " …"


def sentence(text: str) -> str:
    """The text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def plain(text: str) -> str:
    """Text from data, safe in a place that reads Markdown: nothing in it is taken as a sign."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#$|~:" else c for c in text)


def local(value: datetime | None, zone: ZoneInfo) -> datetime | None:
    """The instant (naive UTC) as local time of the zone, without it, as tables show it."""
    if value is None:
        return None
    return value.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)


def clock(value: datetime, zone: ZoneInfo) -> str:
    """23:59:04 in the zone; `value` is naive UTC."""
    return f"{value.replace(tzinfo=UTC).astimezone(zone):%H:%M:%S}"
