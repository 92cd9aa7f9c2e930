"""Alerts on their way to people: one mail and one message a round, each alert once.

A round is one job, and no two run at once, so that nothing is told twice. A worker that dies
between sending and noting tells it a second time: a webhook knows it by its `Idempotency-Key`,
and a mail too many is better than none.
"""

from __future__ import annotations

import html
import json
import logging
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from app.services import mail, webhooks
from app.services.capabilities import name_of
from app.services.mail import Mail, MailError
from app.services.sealing import unseal
from app.services.webhooks import IDEMPOTENCY, SIGNATURE, NotTakenError, Post, signature
from data_access.errors import DataError
from data_access.kill_points import kill_point
from data_access.state import alerts as store
from data_access.state import preferences
from data_access.state.model_tables import Alert

if TYPE_CHECKING:
    from app.context import Desk

log = logging.getLogger("shopsight.watching")

ATTEMPTS = 3
PAUSES_S = (2.0, 8.0)
"""Between two attempts of a round; what still fails waits for the next round."""

WORDS = {"bad": "Now", "watch": "To decide", "info": "Good to know"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came of a round."""

    sent: int  # messages taken by the webhook
    mailed: int  # alerts of which a mail was taken
    failed: tuple[str, ...]  # why, one sentence a way

    @property
    def sentence(self) -> str:
        said = f"{self.mailed} alerts mailed, {self.sent} sent to the webhook."
        return " ".join([said, *self.failed])


def anything_due(desk: Desk, *, now: datetime) -> bool:
    """Whether a round would send something: two short questions."""
    with desk.state.read() as session:
        kept = preferences.read_preferences(session)
        return any(
            _value(kept, setting) and store.untold(session, by=by, now=now, limit=1)
            for by, setting in _WAYS
        )


_WAYS: tuple[tuple[Literal["mail", "webhook"], str], ...] = (
    ("mail", "alert_mail_to"),
    ("webhook", "alert_webhook_url"),
)


def tell_due(
    desk: Desk,
    *,
    now: datetime,
    post: Post | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> Told:
    """Tell what has not been told, by the ways that are set.

    Parameters
    ----------
    post : sends a body with headers to an address; the network's own by default.
    """
    with desk.state.read() as session:
        kept = preferences.read_preferences(session)
        to_mail = store.untold(session, by="mail", now=now)
        to_send = store.untold(session, by="webhook", now=now)
    failed: list[str] = []
    mailed = sent = 0
    addresses = re.split(r"[,;\s]+", _value(kept, "alert_mail_to"))
    for address in filter(None, addresses):
        if not to_mail:
            break
        try:
            _mail(desk, address, to_mail, pause)
            mailed = len(to_mail)
        except MailError as error:
            failed.append(f"{address}: {error} {error.remedy}")
            log.warning("alerts were not mailed to %s: %s", address, error)
    if mailed:
        kill_point("alerts-mailed")
        _note(desk, to_mail, "mail", now)
    url = _value(kept, "alert_webhook_url")
    if url and to_send:
        try:
            secret = _secret(desk, kept)
            for alert in to_send:
                _send(desk, url, secret, alert, post or _post, now, pause)
                _note(desk, [alert], "webhook", now)
                sent += 1
        except (NotTakenError, DataError) as error:
            failed.append(f"Webhook: {error}")
            log.warning("alerts were not sent: %s", error)
    return Told(sent=sent, mailed=mailed, failed=tuple(failed))


def _mail(
    desk: Desk, address: str, alerts: Sequence[Alert], pause: Callable[[float], None]
) -> None:
    by = mail.server(desk)
    if by is None:
        raise MailError("No mail server is set.", remedy="Set one on the page Settings.")
    base = mail.public_address(desk)
    letter = Mail(
        to=mail.checked_address(address),
        subject=_subject(alerts),
        text=_text(alerts, base),
        html=_html(alerts, base),
    )
    for attempt in range(ATTEMPTS):
        try:
            mail.send(by, letter)
            return
        except MailError as error:
            if error.permanent or attempt == ATTEMPTS - 1:
                raise
            pause(PAUSES_S[attempt])


def _send(
    desk: Desk,
    url: str,
    secret: str,
    alert: Alert,
    post: Post,
    now: datetime,
    pause: Callable[[float], None],
) -> None:
    body = json.dumps(_payload(alert), sort_keys=True, ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Shopsight",
        # Told again after it was put off, it is another message about the same alert.
        IDEMPOTENCY: f"alert-{alert.alert_id}-{alert.sent_at.isoformat() if alert.sent_at else ''}",
    }
    if secret:
        headers[SIGNATURE] = signature(secret, body, int(now.replace(tzinfo=UTC).timestamp()))
    for attempt in range(ATTEMPTS):
        try:
            post(url, body, headers)
            return
        except NotTakenError:
            if attempt == ATTEMPTS - 1:
                raise
            pause(PAUSES_S[attempt])


def _payload(alert: Alert) -> dict[str, object]:
    return {
        "type": "alert.raised",
        "alert_id": alert.alert_id,
        "capability": alert.capability,
        "kind": alert.kind,
        "urgency": alert.urgency,
        "title": alert.title,
        "text": alert.text,
        "raised_at": alert.raised_at.isoformat(timespec="seconds") + "Z",
    }


def _note(
    desk: Desk, alerts: Sequence[Alert], by: Literal["mail", "webhook"], now: datetime
) -> None:
    with desk.state.write() as session:
        store.note_told(session, [one.alert_id for one in alerts], by=by, now=now)


def _subject(alerts: Sequence[Alert]) -> str:
    first = max(alerts, key=lambda one: store.WORSE[one.urgency])
    more = len(alerts) - 1
    return f"Shopsight: {first.title}" + (f" and {more} more" if more else "")


def _text(alerts: Sequence[Alert], base: str | None) -> str:
    told = [
        f"{WORDS[one.urgency]}: {one.title}\n{name_of(one.capability)}, since "
        f"{one.raised_at:%d %b %Y %H:%M} UTC\n{one.text}\n"
        for one in alerts
    ]
    link = f"{base}/models?view=watch\n" if base else ""
    return "\n".join([*told, "Acknowledge or put off on the page Models, view Watch.", link])


def _html(alerts: Sequence[Alert], base: str | None) -> str:
    told = [
        f"<h3>{html.escape(one.title)}</h3><p>{html.escape(WORDS[one.urgency])} · "
        f"{html.escape(name_of(one.capability))} · since {one.raised_at:%d %b %Y %H:%M} UTC</p>"
        f"<p>{html.escape(one.text)}</p>"
        for one in alerts
    ]
    link = f'<p><a href="{html.escape(base)}/models?view=watch">Open Watch</a></p>' if base else ""
    return f"<html><body>{''.join(told)}{link}</body></html>"


def _secret(desk: Desk, kept: dict[str, object]) -> str:
    sealed = _value(kept, "alert_webhook_secret")
    return unseal(desk, sealed) if sealed else ""


def _value(kept: dict[str, object], key: str) -> str:
    return str(kept.get(key) or "")


def _post(url: str, body: bytes, headers: dict[str, str]) -> None:
    webhooks.post(url, body, headers, to="The webhook")
