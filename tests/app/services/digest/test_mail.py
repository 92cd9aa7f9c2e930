"""Mail by a real server: plain, protected, with a password, refused, and none there at all."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.access import AccessDenied, Identity, Role
from app.context import open_desk
from app.services import mail, settings
from app.services.mail import Mail, MailError, Server
from app.services.sealing import MARK, unseal
from data_access.errors import DataError
from data_access.state.tables import AuditEntry, Preference
from tests.app.services.digest.mail_server import (
    PASSWORD,
    Box,
    certificate,
    knows_password,
    mail_server,
    silent_port,
)
from tests.factories.app_database import lay_app_database
from tests.factories.small_shop import settings_of

ADMIN = Identity(name="root", role=Role.admin)
LETTER = Mail(to="ada@example.com", subject="Hello", text="Words\n", html="<p>Words</p>")


@pytest.fixture
def desk(tmp_path):
    lay_app_database(tmp_path)
    made = open_desk(settings_of(tmp_path, None))
    yield made
    made.state.close()


def by(port: int, **changed) -> Server:
    given = {"security": "none", "user": "", "password": None, **changed}
    return Server(host="127.0.0.1", port=port, sender="shop@example.com", **given)


def set_server(desk, port: int, **further) -> None:
    values = {
        "mail_host": "127.0.0.1",
        "mail_port": port,
        "mail_security": "none",
        "mail_from": "shop@example.com",
        **further,
    }
    for key, value in values.items():
        settings.change_setting(desk, ADMIN, key=key, value=value)


def test_a_mail_arrives_in_both_forms():
    box = Box()
    with mail_server(box) as port:
        mail.send(by(port), LETTER)

    (found,) = box.mails
    assert (found["From"], found["To"], found["Subject"]) == (
        "shop@example.com",
        "ada@example.com",
        "Hello",
    )
    assert found.get_body(("plain",)).get_content().splitlines() == ["Words"]
    assert "<p>Words</p>" in found.get_body(("html",)).get_content()


def test_a_subject_cannot_bring_in_another_header():
    box = Box()
    with mail_server(box) as port:
        mail.send(by(port), Mail(to=LETTER.to, subject="Hi\r\nBcc: eve@example.com", text="x"))

    assert box.mails[0]["Bcc"] is None
    assert box.mails[0]["Subject"] == "Hi Bcc: eve@example.com"


def test_starttls_and_a_password_are_used_where_they_are_set(tmp_path, monkeypatch):
    trusted, context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    box = Box()
    options = {
        "tls_context": context,
        "require_starttls": True,
        "auth_required": True,
        "authenticator": knows_password,
    }
    with mail_server(box, **options) as port:
        mail.send(by(port, security="starttls", user="shop", password=PASSWORD), LETTER)
        with pytest.raises(MailError, match="refused the name or the password"):
            mail.send(by(port, security="starttls", user="shop", password="guess"), LETTER)

    assert len(box.mails) == 1


def test_a_server_that_nobody_vouches_for_gets_neither_password_nor_mail(tmp_path):
    _, context = certificate(tmp_path)
    box = Box()
    with (
        mail_server(box, tls_context=context) as port,
        pytest.raises(MailError, match="could not be protected"),
    ):
        mail.send(by(port, security="starttls", user="shop", password=PASSWORD), LETTER)
    assert box.mails == []


def test_a_refused_recipient_is_named_and_is_no_failure_of_the_server():
    box = Box()
    box.unknown.add("ada@example.com")
    with mail_server(box) as port, pytest.raises(MailError, match=r"ada@example\.com") as told:
        mail.send(by(port), LETTER)
    assert told.value.permanent
    assert not told.value.whole


def test_no_server_there_is_told_in_words():
    with silent_port() as nobody, pytest.raises(MailError, match="does not answer") as told:
        mail.send(by(nobody), LETTER)
    assert "page Settings" in told.value.remedy
    assert not told.value.permanent


@pytest.mark.parametrize("address", ["ada", "a b@example.com", "ada@x\nBcc: e@f.org", "@x.org", ""])
def test_what_is_no_mail_address_is_refused(address):
    with pytest.raises(MailError, match="no mail address"):
        mail.checked_address(address)


def test_the_password_lies_sealed_and_opens_with_the_homes_key_alone(desk, tmp_path):
    settings.change_setting(desk, ADMIN, key="mail_password", value=PASSWORD)
    with desk.state.read() as session:
        kept = session.get(Preference, "mail_password").value["value"]
        told = [str(entry.after) for entry in session.scalars(select(AuditEntry))]

    assert kept.startswith(MARK)
    assert PASSWORD not in kept
    assert all(PASSWORD not in text and kept not in text for text in told)
    assert unseal(desk, kept) == PASSWORD
    other = open_desk(settings_of(tmp_path / "other", None))
    with pytest.raises(DataError, match="another key"):
        unseal(other, kept)
    assert unseal(other, "from before there were seals") == "from before there were seals"


def test_a_test_mail_shows_that_the_settings_work(desk):
    box = Box()
    with mail_server(box) as port:
        set_server(desk, port)
        assert "took a mail" in mail.send_test(desk, ADMIN, "root@example.com")
    assert len(box.to("root@example.com")) == 1


def test_without_a_server_or_sender_the_test_mail_says_what_is_missing(desk):
    with pytest.raises(MailError, match="No mail server is set"):
        mail.send_test(desk, ADMIN, "root@example.com")
    settings.change_setting(desk, ADMIN, key="mail_host", value="127.0.0.1")
    with pytest.raises(MailError, match="no sender"):
        mail.send_test(desk, ADMIN, "root@example.com")


def test_only_admins_send_test_mails(desk):
    with pytest.raises(AccessDenied):
        mail.send_test(desk, Identity(name="ada", role=Role.merchandiser), "ada@example.com")
