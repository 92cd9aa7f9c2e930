"""Settings of alerts: where they are told besides Home."""

from __future__ import annotations

import re

from app.access.roles import Permission
from app.services.setting_types import WEB, Definition

_ONE = r"[^@\s,;<>]{1,64}@[A-Za-z0-9.-]{1,190}"
ADDRESSES = re.compile(rf"{_ONE}(\s*[,;]\s*{_ONE})*+")

_TECHNICAL = frozenset({Permission.manage_settings})

ALERTS: tuple[Definition, ...] = (
    Definition(
        key="alert_mail_to",
        label="Who gets alerts by mail",
        group="Alerts about models",
        kind="text",
        default="",
        pattern=ADDRESSES,
        example="ada@example.com, ben@example.com",
        help="Addresses, divided by commas; empty: no alert is mailed. The mail server is set "
        "under Mail.",
        needs=_TECHNICAL,
    ),
    Definition(
        key="alert_webhook_url",
        label="Where alerts are sent",
        group="Alerts about models",
        kind="text",
        default="",
        pattern=WEB,
        example="https://chat.example.com/hooks/shopsight",
        help="Address of a server that takes alerts as JSON; empty: none is sent.",
        needs=_TECHNICAL,
    ),
    Definition(
        key="alert_webhook_secret",
        label="Secret of the alerts' signature",
        group="Alerts about models",
        kind="secret",
        default=None,
        help="Shared with that server, which by it knows that an alert comes from here.",
        needs=_TECHNICAL,
    ),
)
