"""What staff may set at run time: each setting once, with type, bounds and who may change it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from app.access.roles import Permission
from data_access.errors import DataError

Value = int | float | str | bool | None
Kind = Literal["int", "float", "choice", "text", "bool", "secret"]

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_MAIL = re.compile(r"[^@\s,<>]{1,64}@[A-Za-z0-9.-]{1,190}")


class SettingError(DataError):
    """A value that a setting cannot take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One setting, from which its form is drawn."""

    key: str
    label: str
    group: str  # heading on the page
    kind: Kind
    default: Value
    help: str
    needs: frozenset[Permission]  # any of them may change it
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    unit: str = ""
    choices: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None
    example: str = ""

    @property
    def secret(self) -> bool:
        """Written, never shown and never logged."""
        return self.kind == "secret"


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
        help="Kept in the app database, shown to nobody.",
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
