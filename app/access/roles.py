"""Who may do what: the one table, and the question asked of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AccessError(Exception):
    """Somebody may not do, or is not let in to do, what was asked.

    Parameters
    ----------
    message : one sentence for the person.
    remedy : what to do next.
    """

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


class AccessDenied(AccessError):  # noqa: N818 - reads as what happened
    """The role does not allow it."""


class SessionEnded(AccessError):  # noqa: N818 - reads as what happened
    """The login is over: logged out, expired, or the user was deactivated."""


class Role(StrEnum):
    merchandiser = "merchandiser"
    fraud_analyst = "fraud_analyst"
    manager = "manager"
    admin = "admin"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ")


class Permission(StrEnum):
    """What can be asked for. "Commerce" is forecasts, prices and orders of stock."""

    read_pages = "read_pages"  # every page, without personal data
    decide_commerce = "decide_commerce"
    train_commerce = "train_commerce"
    promote_commerce = "promote_commerce"
    see_personal_fraud = "see_personal_fraud"  # personal data within a case
    decide_fraud = "decide_fraud"
    train_fraud = "train_fraud"
    promote_fraud = "promote_fraud"
    set_fraud_thresholds = "set_fraud_thresholds"  # the analyst's own targets and capacity
    set_targets = "set_targets"  # all targets, budgets, capacity, thresholds
    manage_users = "manage_users"
    manage_keys = "manage_keys"
    manage_schedules = "manage_schedules"
    manage_settings = "manage_settings"  # mail, retention and the like
    manage_data = "manage_data"  # refresh the snapshot, import, retention
    manage_models = "manage_models"  # switches, experiments, triggers, alerts, deleting versions
    manage_jobs = "manage_jobs"  # cancel and retry what others started
    read_audit = "read_audit"
    read_metrics = "read_metrics"  # /metrics from another machine


_EVERYBODY = frozenset({Permission.read_pages})
_COMMERCE = frozenset(
    {Permission.decide_commerce, Permission.train_commerce, Permission.promote_commerce}
)
_TARGETS = frozenset({Permission.set_targets, Permission.set_fraud_thresholds})

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.merchandiser: _EVERYBODY | _COMMERCE,
    Role.fraud_analyst: _EVERYBODY
    | {
        Permission.see_personal_fraud,
        Permission.decide_fraud,
        Permission.train_fraud,
        Permission.promote_fraud,
        Permission.set_fraud_thresholds,
    },
    Role.manager: _EVERYBODY | _TARGETS,
    # Admins run all models but neither decide cases nor see the people in them.
    Role.admin: _EVERYBODY
    | _COMMERCE
    | _TARGETS
    | {
        Permission.train_fraud,
        Permission.promote_fraud,
        Permission.manage_users,
        Permission.manage_keys,
        Permission.manage_schedules,
        Permission.manage_settings,
        Permission.manage_data,
        Permission.manage_models,
        Permission.manage_jobs,
        Permission.read_audit,
        Permission.read_metrics,
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who asks, as the app database knows them at this moment."""

    name: str  # user name, or "key:NAME"; the actor of audit entries
    role: Role
    user_id: int | None = None  # None: an API key or the command line
    session_hash: str | None = None  # SHA-256 of the cookie; None: no browser session
    must_change_password: bool = False
    demo: bool = False  # entered by a click on a demo shop

    def may(self, permission: Permission) -> bool:
        return permission in PERMISSIONS[self.role] and not self.must_change_password


COMMAND_LINE = Identity(name="command line", role=Role.admin)
"""Whoever can run commands on the machine can read its files anyway."""


def require(identity: Identity, permission: Permission) -> None:
    """Go on only where the role allows it.

    Raises
    ------
    AccessDenied : it does not.
    """
    if identity.may(permission):
        return
    if identity.must_change_password:
        raise AccessDenied(
            "The one-time password has not been changed yet.",
            remedy="Choose a password of your own first.",
        )
    allowed = [role.label for role in Role if permission in PERMISSIONS[role]]
    raise AccessDenied(
        f"A {identity.role.label} may not {permission.value.replace('_', ' ')}.",
        remedy=f"Ask one of these roles: {', '.join(allowed)}.",
    )
