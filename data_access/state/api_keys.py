"""API keys: a role for a program. Only the SHA-256 of a key is kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.errors import DataError
from data_access.state.tables import ApiKey


def add_key(
    session: Session,
    *,
    name: str,
    role: str,
    prefix: str,
    key_hash: str,
    created_by: str,
    now: datetime,
) -> ApiKey:
    """A new key. Raises `DataError` where a living key bears the name."""
    taken = select(ApiKey).where(ApiKey.name == name, ApiKey.revoked_at.is_(None))
    if session.scalar(taken) is not None:
        raise DataError(
            f"There is a key named {name} already.",
            remedy="Choose another name, or revoke the old key first.",
        )
    key = ApiKey(
        name=name,
        role=role,
        prefix=prefix,
        key_hash=key_hash,
        created_by=created_by,
        created_at=now,
    )
    session.add(key)
    session.flush()
    return key


def find_key(session: Session, key_hash: str) -> ApiKey | None:
    """The living key; none where it was revoked or never there."""
    return session.scalar(
        select(ApiKey).where(ApiKey.key_hash == key_hash, ApiKey.revoked_at.is_(None))
    )


def get_key(session: Session, key_id: int) -> ApiKey:
    key = session.get(ApiKey, key_id)
    if key is None:
        raise DataError(f"There is no key number {key_id}.", remedy="Reload the list of keys.")
    return key


def list_keys(session: Session) -> list[ApiKey]:
    """Living keys first, newest first."""
    order = (ApiKey.revoked_at.is_not(None), ApiKey.created_at.desc(), ApiKey.key_id.desc())
    return list(session.scalars(select(ApiKey).order_by(*order)))
