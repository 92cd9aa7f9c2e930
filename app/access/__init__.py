"""Who is there, and what they may do."""

from __future__ import annotations

from app.access.keys import identity_from_key
from app.access.logins import LoginRefused, log_in, log_in_by_click
from app.access.own_password import change_own_password
from app.access.roles import (
    COMMAND_LINE,
    PERMISSIONS,
    AccessDenied,
    AccessError,
    Identity,
    Permission,
    Role,
    SessionEnded,
    require,
)
from app.access.sessions import (
    identity_from_hash,
    identity_from_token,
    identity_from_user,
    log_out,
)

__all__ = [
    "COMMAND_LINE",
    "PERMISSIONS",
    "AccessDenied",
    "AccessError",
    "Identity",
    "LoginRefused",
    "Permission",
    "Role",
    "SessionEnded",
    "change_own_password",
    "identity_from_hash",
    "identity_from_key",
    "identity_from_token",
    "identity_from_user",
    "log_in",
    "log_in_by_click",
    "log_out",
    "require",
]
