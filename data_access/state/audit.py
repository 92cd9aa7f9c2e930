"""The audit: read only. Entries are written by `StateDatabase.decide`, nowhere else."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from data_access.state.tables import AuditEntry


def read_audit(
    session: Session,
    *,
    limit: int = 50,
    offset: int = 0,
    actor: str | None = None,
    act: str | None = None,
    object_prefix: str | None = None,
) -> list[AuditEntry]:
    """Newest first; ``act`` and ``object_prefix`` match from the beginning (``"user."``)."""
    query = _chosen(select(AuditEntry), actor, act, object_prefix)
    query = query.order_by(AuditEntry.entry_id.desc()).limit(limit).offset(offset)
    return list(session.scalars(query))


def count_audit(
    session: Session,
    *,
    actor: str | None = None,
    act: str | None = None,
    object_prefix: str | None = None,
) -> int:
    query = _chosen(select(func.count(AuditEntry.entry_id)), actor, act, object_prefix)
    return session.scalar(query) or 0


def _chosen(
    query: Select[Any], actor: str | None, act: str | None, object_prefix: str | None
) -> Select[Any]:
    if actor:
        query = query.where(AuditEntry.actor == actor)
    if act:
        query = query.where(AuditEntry.act.startswith(act, autoescape=True))
    if object_prefix:
        query = query.where(AuditEntry.object.startswith(object_prefix, autoescape=True))
    return query
