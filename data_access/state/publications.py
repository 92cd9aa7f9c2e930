"""Stored results of a capability: a row here, Parquet files in the artifact folder."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.state.tables import Json, Publication


def add_publication(
    session: Session,
    *,
    capability: str,
    model_version: int | None,
    snapshot: int,
    as_of: date,
    folder: str,
    summary: Json,
    now: datetime,
    job_id: str | None,
) -> Publication:
    """Publish; a job that runs a second time finds what it published the first time."""
    if job_id is not None:
        known = session.scalar(
            select(Publication).where(
                Publication.capability == capability, Publication.job_id == job_id
            )
        )
        if known is not None:
            return known
    row = Publication(
        capability=capability,
        model_version=model_version,
        snapshot=snapshot,
        as_of=as_of,
        folder=folder,
        summary=summary,
        created_at=now,
        job_id=job_id,
    )
    session.add(row)
    session.flush()
    return row


def newest_publication(session: Session, capability: str) -> Publication | None:
    return next(iter(list_publications(session, capability, limit=1)), None)


def get_publication(session: Session, publication_id: int) -> Publication | None:
    return session.get(Publication, publication_id)


def list_publications(
    session: Session, capability: str | None = None, *, limit: int = 100
) -> list[Publication]:
    """Newest first."""
    query = select(Publication).order_by(Publication.publication_id.desc()).limit(limit)
    if capability is not None:
        query = query.where(Publication.capability == capability)
    return list(session.scalars(query))


def remove_publication(session: Session, publication_id: int) -> None:
    row = session.get(Publication, publication_id)
    if row is not None:
        session.delete(row)
        session.flush()
