"""API keys: a role for a program, shown once, revoked at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from app.access.keys import SHOWN, new_key
from app.access.roles import Identity, Permission, Role, require
from app.access.sessions import hash_token
from data_access.errors import DataError
from data_access.state import api_keys
from data_access.state.engine import utc_now
from data_access.state.tables import ApiKey

if TYPE_CHECKING:
    from app.context import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """A key as admins see it; the key itself is kept nowhere."""

    key_id: int
    name: str
    role: Role
    prefix: str  # its first characters
    created_by: str
    created_at: datetime  # naive UTC, like all instants here
    last_used_at: datetime | None  # to the minute
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    row: KeyRow
    key: str  # shown once


def list_keys(desk: Desk, by: Identity) -> tuple[KeyRow, ...]:
    """Living keys first."""
    require(by, Permission.manage_keys)
    with desk.state.read() as session:
        return tuple(_row(key) for key in api_keys.list_keys(session))


def create_key(desk: Desk, by: Identity, *, name: str, role: Role) -> NewKey:
    """A new key for a program. Raises `DataError` where a living key bears the name."""
    require(by, Permission.manage_keys)
    name = name.strip()
    if not 0 < len(name) <= 100 or not name.isprintable():
        raise DataError("A key needs a name.", remedy="Name the program that will use it.")
    key = new_key()
    with desk.state.decide(by.name, "key.created", f"key:{name}") as session:
        row = api_keys.add_key(
            session,
            name=name,
            role=role,
            prefix=key[:SHOWN],
            key_hash=hash_token(key),
            created_by=by.name,
            now=utc_now(),
        )
        session.after = {"role": role.value, "prefix": row.prefix}
    return NewKey(row=_row(row), key=key)


def revoke_key(desk: Desk, by: Identity, *, key_id: int, reason: str | None = None) -> KeyRow:
    """Make a key worthless, for ever; the next request that bears it is refused."""
    require(by, Permission.manage_keys)
    with desk.state.decide(by.name, "key.revoked", "", reason=reason) as session:
        row = api_keys.get_key(session, key_id)
        session.object = f"key:{row.name}"
        row.revoked_at = row.revoked_at or utc_now()
    return _row(row)


def _row(key: ApiKey) -> KeyRow:
    return KeyRow(
        key_id=key.key_id,
        name=key.name,
        role=Role(key.role),
        prefix=key.prefix,
        created_by=key.created_by,
        created_at=key.created_at,
        last_used_at=key.last_used_at,
        revoked_at=key.revoked_at,
    )
