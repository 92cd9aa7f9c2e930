"""Who I am, and the end of my login."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from app.access import PERMISSIONS, Permission, Role, log_out
from app.api.asked_by import AskedBy, OnDesk

router = APIRouter(tags=["session"])


class Me(BaseModel):
    """The caller as the application knows them."""

    name: str
    role: Role
    permissions: list[Permission]


@router.get("/me")
def show_me(asked_by: AskedBy) -> Me:
    return Me(
        name=asked_by.name, role=asked_by.role, permissions=sorted(PERMISSIONS[asked_by.role])
    )


@router.delete("/session", status_code=204)
def end_my_sessions(asked_by: AskedBy, desk: OnDesk) -> None:
    """Log out on every device."""
    log_out(desk.state, asked_by)
