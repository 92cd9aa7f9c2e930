"""Alerts on their way: a real mail server, a webhook that signs, once each, tried again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.access import Identity, Role
from app.context import Desk, open_desk
from app.services import alerts, settings
from app.services.alerts import AlertView
from app.services.preferences import SettingError
from app.services.watching.telling import anything_due, tell_due
from app.services.webhooks import IDEMPOTENCY, SIGNATURE, NotTakenError, signature
from app.settings import Settings
from data_access.state.engine import utc_now
from tests.app.services.digest.mail_server import Box, mail_server, silent_port
from tests.factories.app_database import lay_app_database

pytestmark = pytest.mark.usefixtures("wednesday_morning")

ADMIN = Identity(name="root", role=Role.admin)
URL = "https://chat.example/hooks/1"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(Settings(_env_file=None, home=tmp_path))
    lay_app_database(tmp_path)
    yield opened
    opened.state.close()


def put(desk: Desk, **values: object) -> None:
    for key, value in values.items():
        settings.change_setting(desk, ADMIN, key=key, value=value)


def mail_to(desk: Desk, port: int, to: str = "ada@example.com, ben@example.com") -> None:
    put(
        desk,
        mail_host="127.0.0.1",
        mail_port=port,
        mail_security="none",
        mail_from="shop@example.com",
        public_address="https://desk.example",
        alert_mail_to=to,
    )


def raised(desk: Desk, key: str = "fraud/drift", title: str = "Amounts <b>rose</b>") -> AlertView:
    return alerts.raise_alert(
        desk,
        capability="fraud",
        kind="drift",
        key=key,
        urgency="watch",
        title=title,
        text="Mean 93, was 71.",
    )


class Hook:
    """A webhook that fails so many times first."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.taken: list[tuple[bytes, dict[str, str]]] = []

    def __call__(self, url: str, body: bytes, headers: dict[str, str]) -> None:
        assert url == URL
        if self.failures:
            self.failures -= 1
            raise NotTakenError("The webhook answered 503.")
        self.taken.append((body, headers))


def no_pause(_seconds: float) -> None:
    pass


def test_every_recipient_gets_one_mail_with_all_alerts_once(desk: Desk) -> None:
    box = Box()
    raised(desk)
    raised(desk, "fraud/data", "Rows are missing")
    with mail_server(box) as port:
        mail_to(desk, port)
        assert anything_due(desk, now=utc_now())
        told = tell_due(desk, now=utc_now(), pause=no_pause)
        again = tell_due(desk, now=utc_now() + timedelta(days=2), pause=no_pause)
    assert (told.mailed, again.mailed) == (2, 0)
    assert sorted(str(mail["To"]) for mail in box.mails) == ["ada@example.com", "ben@example.com"]
    letter = box.mails[0]
    html = letter.get_body(("html",)).get_content()  # type: ignore[union-attr]
    text = letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "and 1 more" in str(letter["Subject"])
    assert "&lt;b&gt;rose" in html
    assert "<b>rose" not in html
    assert "Rows are missing" in text
    assert "https://desk.example/models?view=watch" in text
    assert not anything_due(desk, now=utc_now())


def test_a_mail_server_that_is_busy_is_tried_again_and_one_that_is_gone_next_time(
    desk: Desk,
) -> None:
    box = Box()
    raised(desk)
    with silent_port() as nobody:
        mail_to(desk, nobody, "ada@example.com")
        failed = tell_due(desk, now=utc_now(), pause=no_pause)
    assert failed.mailed == 0
    assert "does not answer" in failed.sentence
    box.busy = 2
    with mail_server(box) as port:
        put(desk, mail_port=port)
        told = tell_due(desk, now=utc_now(), pause=no_pause)
    assert told.mailed == 1
    assert len(box.mails) == 1


def test_the_webhook_gets_each_alert_once_signed(desk: Desk) -> None:
    put(desk, alert_webhook_url=URL, alert_webhook_secret="s3cret")
    found = raised(desk)
    hook, now = Hook(), utc_now()
    assert tell_due(desk, now=now, post=hook, pause=no_pause).sent == 1
    assert tell_due(desk, now=now, post=hook, pause=no_pause).sent == 0
    ((body, headers),) = hook.taken
    told = json.loads(body)
    assert (told["alert_id"], told["capability"], told["urgency"]) == (
        found.alert_id,
        "fraud",
        "watch",
    )
    at = int(headers[SIGNATURE].split(",")[0].removeprefix("t="))
    assert headers[SIGNATURE] == signature("s3cret", body, at)
    assert headers[IDEMPOTENCY].startswith(f"alert-{found.alert_id}-")


def test_a_webhook_that_fails_is_tried_again_now_and_next_time(desk: Desk) -> None:
    put(desk, alert_webhook_url=URL)
    raised(desk)
    assert tell_due(desk, now=utc_now(), post=Hook(2), pause=no_pause).sent == 1
    raised(desk, "fraud/data", "Another")
    never = tell_due(desk, now=utc_now(), post=Hook(9), pause=no_pause)
    assert never.sent == 0
    assert "503" in never.sentence
    assert anything_due(desk, now=utc_now())
    assert tell_due(desk, now=utc_now(), post=Hook(), pause=no_pause).sent == 1


def test_what_is_put_off_or_acknowledged_is_not_told(desk: Desk) -> None:
    put(desk, alert_webhook_url=URL)
    one, other = raised(desk), raised(desk, "fraud/data", "Another")
    alerts.acknowledge(desk, ADMIN, one.alert_id, version=one.version)
    alerts.snooze(desk, ADMIN, other.alert_id, hours=24, version=other.version)
    hook = Hook()
    assert tell_due(desk, now=utc_now(), post=hook, pause=no_pause).sent == 0
    later = utc_now() + timedelta(hours=25)
    assert tell_due(desk, now=later, post=hook, pause=no_pause).sent == 1


def test_nothing_is_told_where_nothing_is_set(desk: Desk) -> None:
    raised(desk)
    assert not anything_due(desk, now=utc_now())
    told = tell_due(desk, now=utc_now(), pause=no_pause)
    assert (told.sent, told.mailed, told.failed) == (0, 0, ())


def test_an_address_that_is_none_is_refused_in_words(desk: Desk) -> None:
    put(desk, alert_mail_to="ada@example.com; ben@example.com")
    for wrong in ("ada", "ada@example.com, nobody", "ada@@example.com"):
        with pytest.raises(SettingError, match="Who gets alerts by mail"):
            put(desk, alert_mail_to=wrong)
