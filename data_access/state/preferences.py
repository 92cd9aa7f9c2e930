"""What staff set at run time: one JSON value a key. Which keys there are, and their types and
bounds, is `app/services/settings.py`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.state.engine import stale
from data_access.state.tables import Preference


def read_preferences(session: Session) -> dict[str, Any]:
    """Every stored value by its key; keys never set are missing."""
    return {row.key: row.value["value"] for row in session.scalars(select(Preference))}


def preference_rows(session: Session) -> dict[str, Preference]:
    return {row.key: row for row in session.scalars(select(Preference))}


def write_preference(
    session: Session,
    *,
    key: str,
    value: Any,
    by: str,
    now: datetime,
    expected_version: int | None = None,
) -> Any:
    """Set a value; returns the one before (None where none was).

    ``expected_version`` is the version that the person saw (0: none yet); another one now raises
    `StaleWriteError`.
    """
    row = session.get(Preference, key)
    if expected_version is not None and expected_version != (row.version if row else 0):
        raise stale()
    if row is None:
        session.add(Preference(key=key, value={"value": value}, changed_by=by, changed_at=now))
        session.flush()
        return None
    before = row.value["value"]
    row.value, row.changed_by, row.changed_at = {"value": value}, by, now
    session.flush()
    return before


def clear_preference(session: Session, key: str, *, expected_version: int | None = None) -> Any:
    """Back to the default; returns the value before, checked as in `write_preference`."""
    row = session.get(Preference, key)
    if expected_version is not None and expected_version != (row.version if row else 0):
        raise stale()
    if row is None:
        return None
    before = row.value["value"]
    session.delete(row)
    session.flush()
    return before
