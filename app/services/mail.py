"""Send a mail by the server that admins set; what went wrong is told in words."""

from __future__ import annotations

import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import TYPE_CHECKING

from app.access import Identity, Permission, require
from app.services.preferences import BY_KEY
from app.services.sealing import unseal
from data_access.errors import DataError
from data_access.state import preferences

if TYPE_CHECKING:
    from app.context import Desk

PATIENCE_S = 20.0
"""For one answer of the mail server; a page or a job does not hang on it."""

ADDRESS = re.compile(r"[^@\s,;:<>\"()\[\]\\]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,188}")


class MailError(DataError):
    """A mail was not sent.

    permanent : trying again would end alike.
    whole : no mail to anybody would fare better.
    """

    def __init__(
        self, message: str, *, remedy: str, permanent: bool = False, whole: bool = True
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.permanent = permanent
        self.whole = whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The mail server as it is set."""

    host: str
    port: int
    security: str  # starttls | tls | none
    user: str
    password: str | None
    sender: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail in both forms."""

    to: str
    subject: str
    text: str
    html: str | None = None


def server(desk: Desk) -> Server | None:
    """The server of the settings; None where none is set, which means: no mail is sent.

    Raises
    ------
    MailError : a server is set, but no sender.
    """
    with desk.state.read() as session:
        kept = preferences.read_preferences(session)

    def value(key: str) -> str:
        found = kept.get(key, BY_KEY[key].default)
        return "" if found is None else str(found)

    if not value("mail_host"):
        return None
    if not value("mail_from"):
        raise MailError(
            "The settings name a mail server, but no sender.",
            remedy="Set the sender's address on the page Settings.",
            permanent=True,
        )
    password = value("mail_password")
    return Server(
        host=value("mail_host"),
        port=int(value("mail_port")),
        security=value("mail_security"),
        user=value("mail_user"),
        password=unseal(desk, password) if password else None,
        sender=value("mail_from"),
    )


def checked_address(address: str) -> str:
    """Raises `MailError` where it cannot be a mail address."""
    address = address.strip()
    if len(address) > 254 or not ADDRESS.fullmatch(address):
        raise MailError(
            f"{address[:60]!r} is no mail address.",
            remedy="Write it like ada@example.com.",
            permanent=True,
            whole=False,
        )
    return address


def public_address(desk: Desk) -> str | None:
    """Where Shopsight is reached from outside, without a slash at its end."""
    with desk.state.read() as session:
        kept = preferences.read_preferences(session).get("public_address")
    return str(kept).rstrip("/") if kept else None


def send(by: Server, mail: Mail) -> None:
    """Hand one mail to the server, which answers for it from then on.

    Raises
    ------
    MailError : it did not take it; why, and what to do.
    """
    message = _message(by, mail)
    try:
        with _connected(by) as smtp:
            smtp.send_message(message, from_addr=by.sender, to_addrs=[mail.to])
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()  # it has the mail; whatever comes after changes nothing
    except smtplib.SMTPAuthenticationError as error:
        raise MailError(
            f"The mail server {by.host} refused the name or the password.",
            remedy="Set them anew on the page Settings.",
            permanent=True,
        ) from error
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()), (0, b""))
        raise MailError(
            f"The mail server refused the address {mail.to}: {_said(said)}",
            remedy="Check the address.",
            permanent=500 <= code < 600,
            whole=False,
        ) from error
    except smtplib.SMTPSenderRefused as error:
        raise MailError(
            f"The mail server refused the sender {by.sender}: {_said(error.smtp_error)}",
            remedy="Set a sender that the mail server allows, on the page Settings.",
            permanent=error.smtp_code >= 500,
        ) from error
    except ssl.SSLError as error:
        raise MailError(
            f"The way to the mail server {by.host} could not be protected: {error.reason or error}",
            remedy="Check encryption and port on the page Settings, and the server's certificate.",
            permanent=True,
        ) from error
    except smtplib.SMTPException as error:
        raise MailError(
            f"The mail server {by.host} did not take the mail: {_said(str(error).encode())}",
            remedy="Check the mail settings with a test mail.",
        ) from error
    except (OSError, TimeoutError) as error:
        raise MailError(
            f"The mail server {by.host}:{by.port} does not answer.",
            remedy="Check its name and port on the page Settings, and that it runs.",
        ) from error


def send_test(desk: Desk, identity: Identity, to: str) -> str:
    """Send a short mail, so that an admin sees whether the settings are right.

    Raises
    ------
    AccessDenied : the role may not.
    MailError : no server is set, or it did not take the mail.
    """
    require(identity, Permission.manage_settings)
    address, by = checked_address(to), server(desk)
    if by is None:
        raise MailError(
            "No mail server is set.", remedy="Set one and save it, then try again.", permanent=True
        )
    text = "This mail says that the mail settings of Shopsight work.\n"
    send(by, Mail(to=address, subject="Shopsight: a test", text=text))
    with desk.state.note(identity.name, "mail.tested", "mail:server"):
        pass
    return f"The mail server took a mail to {address}."


def _connected(by: Server) -> smtplib.SMTP:
    if by.security == "tls":
        context = ssl.create_default_context()
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(by.host, by.port, timeout=PATIENCE_S, context=context)
    else:
        smtp = smtplib.SMTP(by.host, by.port, timeout=PATIENCE_S)
    try:
        if by.security == "starttls":
            smtp.starttls(context=ssl.create_default_context())
        if by.user and by.password:
            smtp.login(by.user, by.password)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _message(by: Server, mail: Mail) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = by.sender, mail.to
    message["Subject"] = " ".join(mail.subject.split())
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=by.sender.rpartition("@")[2] or "localhost")
    message["Auto-Submitted"] = "auto-generated"  # out-of-office answers stay away
    message.set_content(mail.text)
    if mail.html is not None:
        message.add_alternative(mail.html, subtype="html")
    return message


def _said(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())[:200]
