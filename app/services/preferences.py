"""What staff may set at run time: each setting once, with type, bounds and who may change it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from app.access.roles import Permission
from app.services.alert_preferences import ALERTS
from app.services.fraud_preferences import FRAUD
from app.services.retention_preferences import RETENTION
from app.services.setting_types import WEB, Definition, Kind, Value
from data_access.errors import DataError

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_MAIL = re.compile(r"[^@\s,<>]{1,64}@[A-Za-z0-9.-]{1,190}")


__all__ = [
    "BY_KEY",
    "DEFINITIONS",
    "Definition",
    "Kind",
    "SettingError",
    "Value",
    "checked",
    "definition",
]


class SettingError(DataError):
    """A value that a setting cannot take."""


_CAPACITY = frozenset({Permission.set_targets, Permission.set_fraud_thresholds})
_BUSINESS = frozenset({Permission.set_targets})
_TECHNICAL = frozenset({Permission.manage_settings})

DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        key="review_capacity",
        label="Orders reviewed a day",
        group="Capacity",
        kind="int",
        default=60,
        minimum=1,
        maximum=10_000,
        step=1,
        unit="orders a day",
        help="How many suspicious orders the team can look at in a day. Queues are cut to it.",
        needs=_CAPACITY,
    ),
    Definition(
        key="service_level",
        label="Service level",
        group="Stock",
        kind="float",
        default=0.95,
        minimum=0.5,
        maximum=0.995,
        step=0.005,
        unit="share",
        help="How often a product should not run out before its next delivery. "
        "Higher means more stock.",
        needs=_BUSINESS,
    ),
    Definition(
        key="order_review_days",
        label="Days between orders",
        group="Stock",
        kind="int",
        default=7,
        minimum=1,
        maximum=60,
        step=1,
        unit="days",
        help="How often the order list is worked through: what is not ordered today waits so long.",
        needs=_BUSINESS,
    ),
    Definition(
        key="order_cover_days",
        label="Days that an order covers besides",
        group="Stock",
        kind="int",
        default=0,
        minimum=0,
        maximum=180,
        step=1,
        unit="days",
        help="More days mean fewer, larger orders and more stock; 0 keeps stock lowest.",
        needs=_BUSINESS,
    ),
    Definition(
        key="order_lead_days",
        label="Lead time where none is known",
        group="Stock",
        kind="int",
        default=14,
        minimum=1,
        maximum=365,
        step=1,
        unit="days",
        help="Days from order to delivery, for suppliers that state none.",
        needs=_BUSINESS,
    ),
    Definition(
        key="order_grace_days",
        label="Patience with late deliveries",
        group="Stock",
        kind="int",
        default=14,
        minimum=0,
        maximum=180,
        step=1,
        unit="days",
        help="An order marked here counts as on its way until the shop's own order for it appears, "
        "or until so many days after its expected day.",
        needs=_BUSINESS,
    ),
    *FRAUD,
    Definition(
        key="mail_host",
        label="Mail server",
        group="Mail",
        kind="text",
        default="",
        pattern=_HOST,
        example="smtp.example.com",
        help="Name of the server that sends mail; empty: no mail is sent.",
        needs=_TECHNICAL,
    ),
    Definition(
        key="mail_port",
        label="Port",
        group="Mail",
        kind="int",
        default=587,
        minimum=1,
        maximum=65_535,
        step=1,
        help="Usually 587 with STARTTLS, 465 with TLS.",
        needs=_TECHNICAL,
    ),
    Definition(
        key="mail_security",
        label="Encryption",
        group="Mail",
        kind="choice",
        default="starttls",
        choices=("starttls", "tls", "none"),
        help="How the way to the mail server is protected.",
        needs=_TECHNICAL,
    ),
    Definition(
        key="mail_user",
        label="Name at the mail server",
        group="Mail",
        kind="text",
        default="",
        help="Empty where the server asks for none.",
        needs=_TECHNICAL,
    ),
    Definition(
        key="mail_password",
        label="Password at the mail server",
        group="Mail",
        kind="secret",
        default=None,
        help="Kept sealed in the app database, shown to nobody.",
        needs=_TECHNICAL,
    ),
    Definition(
        key="mail_from",
        label="Sender",
        group="Mail",
        kind="text",
        default="",
        pattern=_MAIL,
        example="shopsight@example.com",
        help="Address that mail comes from.",
        needs=_TECHNICAL,
    ),
    Definition(
        key="public_address",
        label="Address of Shopsight",
        group="Mail",
        kind="text",
        default="",
        pattern=WEB,
        example="https://shopsight.example.com",
        help="Where staff open Shopsight; mails link to it. Empty: mails carry no links.",
        needs=_TECHNICAL,
    ),
    *RETENTION,
    *ALERTS,
)
BY_KEY: Mapping[str, Definition] = {each.key: each for each in DEFINITIONS}


def definition(key: str) -> Definition:
    """Raises `SettingError` where there is no such setting."""
    try:
        return BY_KEY[key]
    except KeyError:
        raise SettingError(
            f"There is no setting named {key}.", remedy=f"Use one of {', '.join(BY_KEY)}."
        ) from None


def checked(which: Definition, value: Any) -> Value:
    """The value in the setting's type and within its bounds.

    Raises
    ------
    SettingError : it is not; the browser's own limits are not believed.
    """
    if which.kind == "bool":
        if isinstance(value, bool):
            return value
        raise _unfit(which, value, "yes or no")
    if which.kind in ("int", "float"):
        return _checked_number(which, value)
    if not isinstance(value, str) or len(value) > 250 or not value.isprintable():
        raise _unfit(which, value, "one line of at most 250 characters")
    if which.kind == "choice" and value not in which.choices:
        raise _unfit(which, value, f"one of {', '.join(which.choices)}")
    if which.secret:
        return value or None
    text = value.strip()
    if text and which.pattern is not None and not which.pattern.fullmatch(text):
        raise _unfit(which, text, f"something like {which.example}")
    return text


def _checked_number(which: Definition, value: Any) -> int | float:
    asked = f"a number from {which.minimum:g} to {which.maximum:g}"
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _unfit(which, value, asked)
    number: int | float = value
    if which.kind == "int":
        if number != int(number):
            raise _unfit(which, value, f"a whole {asked[2:]}")
        number = int(number)
    low, high = which.minimum, which.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        raise _unfit(which, value, asked)
    return number


def _unfit(which: Definition, value: Any, asked: str) -> SettingError:
    shown = "That" if which.secret else repr(value)[:60]
    return SettingError(f"{shown} cannot be used for {which.label}.", remedy=f"Give {asked}.")
