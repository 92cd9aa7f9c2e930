"""How far the models of a capability may decide."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.state.engine import stale
from data_access.state.model_tables import CapabilitySwitch


def get_switch(session: Session, capability: str) -> CapabilitySwitch | None:
    """None: on, no threshold, nothing by itself."""
    return session.get(CapabilitySwitch, capability)


def list_switches(session: Session) -> dict[str, CapabilitySwitch]:
    """By capability; those that nobody ever touched are missing."""
    return {row.capability: row for row in session.scalars(select(CapabilitySwitch))}


def open_switch(
    session: Session,
    capability: str,
    *,
    by: str,
    now: datetime,
    expected_version: int | None = None,
) -> CapabilitySwitch:
    """The row to be changed, made where there is none yet, under its changer's name.

    Parameters
    ----------
    expected_version : `CapabilitySwitch.version` that the person saw (0: no row); None: do not
        check.

    Raises
    ------
    StaleWriteError : somebody changed it meanwhile.
    """
    row = session.get(CapabilitySwitch, capability)
    if expected_version is not None and expected_version != (row.version if row else 0):
        raise stale()
    if row is None:
        row = CapabilitySwitch(
            capability=capability, active=True, promotes=False, changed_by=by, changed_at=now
        )
        session.add(row)
    row.changed_by, row.changed_at = by, now
    return row
