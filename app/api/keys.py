"""API keys, for admins."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from app.access import Role
from app.api.asked_by import AskedBy, OnDesk
from app.api.fields import FreeText, Instant, RowId
from app.api.refusals import refuses
from app.services import keys

router = APIRouter(prefix="/keys", tags=["keys"], responses=refuses(409))


class KeyOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    key_id: int
    name: str
    role: Role
    prefix: str
    created_by: str
    created_at: Instant
    last_used_at: Instant | None
    revoked_at: Instant | None


class KeyAsked(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: FreeText
    role: Role


class NewKeyOut(BaseModel):
    row: KeyOut
    key: str  # shown only here


@router.get("")
def list_keys(asked_by: AskedBy, desk: OnDesk) -> list[KeyOut]:
    return [KeyOut.model_validate(row) for row in keys.list_keys(desk, asked_by)]


@router.post("", status_code=201)
def create_key(asked: KeyAsked, asked_by: AskedBy, desk: OnDesk) -> NewKeyOut:
    made = keys.create_key(desk, asked_by, name=asked.name, role=asked.role)
    return NewKeyOut(row=KeyOut.model_validate(made.row), key=made.key)


@router.delete("/{key_id}")
def revoke_key(key_id: RowId, asked_by: AskedBy, desk: OnDesk) -> KeyOut:
    return KeyOut.model_validate(keys.revoke_key(desk, asked_by, key_id=key_id))
