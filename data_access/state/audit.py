"""The audit: read only. Entries are written by `StateDatabase.decide`, nowhere else.

A million entries are usual after some years, so nothing here reads all of them: a page begins
behind the last entry of the one before, counting stops at a limit, and an index holds the
entries of each act, actor and object in the order of time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select, tuple_
from sqlalchemy.orm import Session

from data_access.state.tables import AuditEntry

MOST_ACTS = 500
"""Different acts that are listed: far more than the application knows."""

_TIME = (AuditEntry.at, AuditEntry.entry_id)
"""The order of time; the number tells apart what was written at the same instant."""


def read_audit(
    session: Session,
    *,
    limit: int = 50,
    offset: int = 0,
    actor: str | None = None,
    act: str | None = None,
    object_prefix: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
    after: int | None = None,
) -> list[AuditEntry]:
    """Newest first; ``act`` and ``object_prefix`` match from the beginning (``"user."``).

    Parameters
    ----------
    since, until : naive UTC; from the one on, and before the other.
    before : number of an entry; only those older than it.
    after : number of an entry; only those newer than it, the nearest ones, still newest first.
    """
    wanted = _chosen(session, actor, object_prefix, since, until)
    backwards = after is None
    edge = session.get(AuditEntry, before if backwards else after) if before or after else None
    if edge is not None:
        here = tuple_(edge.at, edge.entry_id)
        wanted.append(tuple_(*_TIME) < here if backwards else tuple_(*_TIME) > here)
    order = [column.desc() if backwards else column.asc() for column in _TIME]
    found: list[tuple[datetime, int]] = []
    for one in _acts(session, act, apart=not actor):
        query = select(*_TIME).where(*one, *wanted).order_by(*order).limit(limit + offset)
        found += [(at, number) for at, number in session.execute(query)]
    found.sort(reverse=backwards)
    return _rows(session, [number for _, number in islice(found, offset, offset + limit)])


def get_entry(session: Session, entry_id: int) -> AuditEntry | None:
    return session.get(AuditEntry, entry_id)


def count_audit(
    session: Session,
    *,
    actor: str | None = None,
    act: str | None = None,
    object_prefix: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    most: int | None = None,
) -> int:
    """How many entries fit; counting stops at ``most``, where it is given."""
    wanted = _chosen(session, actor, object_prefix, since, until)
    counted = 0
    for one in _acts(session, act, apart=not actor):
        fits: Select[Any] = select(AuditEntry.entry_id).where(*one, *wanted)
        if most is not None:
            fits = fits.limit(most - counted)
        counted += session.scalar(select(func.count()).select_from(fits.subquery())) or 0
        if most is not None and counted >= most:
            break
    return counted


def list_acts(session: Session) -> list[str]:
    """Every act that was ever done, by name: one look into the index for each."""
    acts: list[str] = []
    while len(acts) < MOST_ACTS:
        query = select(func.min(AuditEntry.act))
        found = session.scalar(query.where(AuditEntry.act > acts[-1]) if acts else query)
        if found is None:
            break
        acts.append(found)
    return acts


def _rows(session: Session, numbers: Sequence[int]) -> list[AuditEntry]:
    """Whole entries, newest first."""
    rows: list[AuditEntry] = []
    for start in range(0, len(numbers), 500):
        query = select(AuditEntry).where(AuditEntry.entry_id.in_(numbers[start : start + 500]))
        rows += session.scalars(query)
    return sorted(rows, key=lambda row: (row.at, row.entry_id), reverse=True)


def _acts(
    session: Session, beginning: str | None, *, apart: bool
) -> list[list[ColumnElement[bool]]]:
    """A condition for each act that begins so, which is found in the order of time by itself;
    where they are not to be found apart, one condition for all of them.
    """
    if not beginning:
        return [[]]
    acts = [act for act in list_acts(session) if act.startswith(beginning)]
    if apart or not acts:
        return [[AuditEntry.act == act] for act in acts]
    return [[AuditEntry.act.in_(acts)]]


def _chosen(
    session: Session,
    actor: str | None,
    object_prefix: str | None,
    since: datetime | None,
    until: datetime | None,
) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if actor:
        wanted.append(AuditEntry.actor == actor)
    if object_prefix:
        wanted.append(_object_begins(session, object_prefix))
    if since is not None:
        wanted.append(AuditEntry.at >= since)
    if until is not None:
        wanted.append(AuditEntry.at < until)
    return wanted


def _object_begins(session: Session, prefix: str) -> ColumnElement[bool]:
    """An index answers it: on SQLite, which compares bytes, as a range; on PostgreSQL as LIKE
    with a pattern that is one value.
    """
    column, last = AuditEntry.object, ord(prefix[-1])
    if session.get_bind().dialect.name == "sqlite" and last < 0xD7FF:
        return and_(column >= prefix, column < prefix[:-1] + chr(last + 1))
    plain = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return column.like(f"{plain}%", escape="\\")
