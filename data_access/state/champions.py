"""Which model version decides, and the time line of how it came to be."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from data_access.errors import DataError
from data_access.scope import Scope, split
from data_access.state.engine import stale
from data_access.state.tables import Champion, ChampionChange


def get_champion(session: Session, capability: str) -> Champion | None:
    """None, or a row without a model version: the rule of thumb decides."""
    return session.get(Champion, capability)


def list_champions(session: Session) -> dict[str, Champion]:
    """By key: a capability, or a scope of one ("forecasting/product:P000012")."""
    return {row.capability: row for row in session.scalars(select(Champion))}


def scoped_champions(session: Session, capability: str) -> dict[Scope, Champion]:
    """Versions that decide for a category or a product in place of the capability's champion."""
    rows = session.scalars(
        select(Champion)
        .where(
            Champion.capability.startswith(f"{capability}/", autoescape=True),
            Champion.model_version.is_not(None),
        )
        .order_by(Champion.capability)
    )
    return {split(row.capability)[1]: row for row in rows}


def last_change(session: Session, capability: str) -> int:
    """Number of the newest activation of the capability or of one of its scopes; 0: none."""
    query = select(func.max(ChampionChange.change_id)).where(_of(capability))
    return session.scalar(query) or 0


def change_champion(
    session: Session,
    *,
    capability: str,
    to_version: int | None,
    by: str,
    now: datetime,
    passed_check: bool,
    reason: str | None = None,
    undoes: int | None = None,
    expected_version: int | None = None,
) -> ChampionChange:
    """Make a model version (or, with None, the rule of thumb) the champion.

    Parameters
    ----------
    to_version : number in the model store.
    passed_check : it beat the rule of thumb; where it did not, ``reason`` is required.
    undoes : the change that this one takes back.
    expected_version : `Champion.version` that the person saw (0: no row); None: do not check.

    Raises
    ------
    DataError : no reason for an override.
    StaleWriteError : the champion changed meanwhile.
    """
    if not passed_check and not (reason or "").strip():
        raise DataError(
            "This model did not beat the rule of thumb; no reason was given.",
            remedy="Say why it should decide all the same.",
        )
    row = session.get(Champion, capability)
    if expected_version is not None and expected_version != (row.version if row else 0):
        raise stale()
    from_version = row.model_version if row else None
    if row is None:
        session.add(Champion(capability=capability, model_version=to_version, since=now, by=by))
    else:
        row.model_version, row.since, row.by = to_version, now, by
    change = ChampionChange(
        capability=capability,
        from_version=from_version,
        to_version=to_version,
        at=now,
        by=by,
        passed_check=passed_check,
        reason=reason,
        undoes=undoes,
    )
    session.add(change)
    session.flush()
    return change


def get_change(session: Session, change_id: int) -> ChampionChange:
    change = session.get(ChampionChange, change_id)
    if change is None:
        raise DataError(f"There is no activation number {change_id}.", remedy="Reload the page.")
    return change


def time_line(
    session: Session, capability: str, *, limit: int = 100, with_scopes: bool = False
) -> list[ChampionChange]:
    """Newest first; of the one champion, or also of the scopes of its capability."""
    wanted = _of(capability) if with_scopes else ChampionChange.capability == capability
    return list(
        session.scalars(
            select(ChampionChange)
            .where(wanted)
            .order_by(ChampionChange.change_id.desc())
            .limit(limit)
        )
    )


def _of(capability: str) -> ColumnElement[bool]:
    return or_(
        ChampionChange.capability == capability,
        ChampionChange.capability.startswith(f"{capability}/", autoescape=True),
    )
