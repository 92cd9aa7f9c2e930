"""Weeks of the shop: they begin on a Monday and count once their Sunday has passed."""

from __future__ import annotations

from datetime import date, timedelta


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def last_complete_week(as_of: date) -> date:
    """Monday of the last week whose Sunday is not after `as_of`."""
    return monday(as_of + timedelta(days=1)) - timedelta(days=7)
