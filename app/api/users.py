"""Users, for admins."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from app.access import Role
from app.api.asked_by import AskedBy, OnDesk
from app.api.fields import FreeText, Instant, RowId, RowVersion
from app.api.refusals import refuses
from app.services import users

router = APIRouter(prefix="/users", tags=["users"], responses=refuses(409))


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    user_id: int
    name: str
    role: Role
    active: bool
    must_change_password: bool
    demo: bool
    created_at: Instant
    open_sessions: int
    version: int


class NewUser(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: FreeText
    role: Role


class RoleChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    role: Role
    version: RowVersion | None = None  # that of the user as last read; a stale one is refused


class OneTimePasswordOut(BaseModel):
    user: UserOut
    password: str  # shown only here, to be changed at the next login


@router.get("")
def list_users(asked_by: AskedBy, desk: OnDesk) -> list[UserOut]:
    return [UserOut.model_validate(row) for row in users.list_users(desk, asked_by)]


@router.post("", status_code=201)
def create_user(new: NewUser, asked_by: AskedBy, desk: OnDesk) -> OneTimePasswordOut:
    made = users.create_user(desk, asked_by, name=new.name, role=new.role)
    return OneTimePasswordOut(user=UserOut.model_validate(made.user), password=made.password)


@router.put("/{user_id}/role")
def change_role(user_id: RowId, change: RoleChange, asked_by: AskedBy, desk: OnDesk) -> UserOut:
    return UserOut.model_validate(
        users.change_role(desk, asked_by, user_id=user_id, role=change.role, version=change.version)
    )


@router.post("/{user_id}/password")
def reset_password(user_id: RowId, asked_by: AskedBy, desk: OnDesk) -> OneTimePasswordOut:
    made = users.reset_password(desk, asked_by, user_id=user_id)
    return OneTimePasswordOut(user=UserOut.model_validate(made.user), password=made.password)


@router.post("/{user_id}/deactivate")
def deactivate(user_id: RowId, asked_by: AskedBy, desk: OnDesk) -> UserOut:
    return UserOut.model_validate(users.deactivate(desk, asked_by, user_id=user_id))


@router.post("/{user_id}/activate")
def activate(user_id: RowId, asked_by: AskedBy, desk: OnDesk) -> UserOut:
    return UserOut.model_validate(users.activate(desk, asked_by, user_id=user_id))


@router.delete("/{user_id}/sessions", status_code=204)
def end_sessions(user_id: RowId, asked_by: AskedBy, desk: OnDesk) -> None:
    users.end_sessions(desk, asked_by, user_id=user_id)
