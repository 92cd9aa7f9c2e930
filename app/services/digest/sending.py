"""The weekly digests: to whom, whether there is anything to say, sent once, failures kept."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from app.jobs.kinds import JobError, Json, ReportProgress
from app.services import mail
from app.services.digest import noteworthy, writing
from app.services.digest.noteworthy import CategoryDigest
from app.services.mail import Mail, MailError, Server
from data_access.errors import DataError
from data_access.kill_points import kill_point
from data_access.state import digests, follows

if TYPE_CHECKING:
    from app.context import Desk
    from data_access.state.tables import User

log = logging.getLogger("shopsight.digest")

ATTEMPTS = 3
PAUSES_S = (2.0, 8.0)
"""Between two attempts at one mail: greylisting and a restart take longer, and wait for the next
day's run."""

UNSURE = (
    "It was broken off while the mail was handed over. It may have arrived and is not sent again."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What came of a run."""

    week: date
    sent: int
    quiet: int
    failed: tuple[str, ...]  # "ada: why"
    skipped: int  # had theirs already, or it is unsure
    without_address: int

    @property
    def sentence(self) -> str:
        told = [f"Digests of the week of {self.week:%d %B}: {self.sent} sent"]
        told.append(f"{self.quiet} with nothing noteworthy")
        if self.without_address:
            told.append(f"{self.without_address} without a mail address")
        if self.skipped:
            told.append(f"{self.skipped} done before")
        if self.failed:
            told.append(f"{len(self.failed)} failed")
        return ", ".join(told) + "."

    def to_json(self) -> Json:
        return {
            "sentence": self.sentence,
            "week": self.week.isoformat(),
            "sent": self.sent,
            "quiet": self.quiet,
            "failed": list(self.failed),
        }


def send_due(
    desk: Desk,
    *,
    now: datetime,
    progress: ReportProgress,
    pause: Callable[[float], None] = time.sleep,
) -> Sent:
    """Send what is due this week and has not been sent; run again, it sends nothing twice.

    Due are the digests of those who followed something before the week began. On the days after
    Monday the same run makes good what failed.

    Parameters
    ----------
    now : naive UTC.

    Raises
    ------
    JobError : somebody's digest failed; the others were sent, and the next run tries it again.
    """
    week = _monday(desk, now)
    begins = _begins(desk, week)
    with desk.state.read() as session:
        due = [
            (user, [row.category_id for row in rows if row.at < begins])
            for user, rows in follows.followers(session)
        ]
        known = digests.of_week(session, week)
    _note_broken_off(desk, week, now)
    people = [(user, chosen) for user, chosen in due if chosen]
    with_address = [(user, chosen) for user, chosen in people if user.mail]
    waiting = [
        (user, chosen)
        for user, chosen in with_address
        if user.user_id not in known or known[user.user_id].state in digests.OPEN
    ]
    counts = {"sent": 0, "quiet": 0}
    failed: list[str] = []
    if waiting:
        server = mail.server(desk)
        progress("Looking for what is noteworthy", 0.05)
        found = _of_categories(desk, {one for _, chosen in waiting for one in chosen})
        for number, (user, chosen) in enumerate(waiting):
            progress("Sending", 0.2 + 0.8 * number / len(waiting))
            notable = [found[one] for one in chosen if one in found and found[one].notes]
            state, why = _one(desk, server, user, notable, week, now, pause)
            if state == "failed":
                failed.append(f"{user.name}: {why}")
            elif state in counts:
                counts[state] += 1
    sent = Sent(
        week=week,
        sent=counts["sent"],
        quiet=counts["quiet"],
        failed=tuple(failed),
        skipped=len(with_address) - len(waiting),
        without_address=len(people) - len(with_address),
    )
    if failed:
        raise JobError(
            f"{sent.sentence} {' '.join(failed)}",
            remedy="Put right what the mail server says; tomorrow's run tries these again.",
        )
    return sent


def _one(
    desk: Desk,
    server: Server | None,
    user: User,
    notable: list[CategoryDigest],
    week: date,
    now: datetime,
    pause: Callable[[float], None],
) -> tuple[str, str | None]:
    """State and reason of one person's digest, which are written down as well."""
    items = sum(len(one.notes) + one.left_out for one in notable)
    if not _claimed(desk, user.user_id, week, items, now):
        return "skipped", None
    kill_point("digest-claimed")
    state: digests.State = "quiet"
    said: str | None = None
    if notable:
        state, said = "sent", writing.subject(notable)
        try:
            if server is None:
                raise MailError("No mail server is set.", remedy="Set one on the page Settings.")
            base = mail.public_address(desk)
            _send(
                server,
                Mail(
                    to=user.mail or "",
                    subject=said,
                    text=writing.text(notable, week=week, base=base),
                    html=writing.html(notable, week=week, base=base),
                ),
                pause,
            )
            kill_point("digest-sent")
        except MailError as error:
            state, said = "failed", f"{error} {error.remedy}"
            log.warning("digest of user %s failed: %s", user.user_id, error)
    with desk.state.write() as session:
        digests.settle(session, user_id=user.user_id, week=week, state=state, said=said, now=now)
    return state, said


def _claimed(desk: Desk, user_id: int, week: date, items: int, now: datetime) -> bool:
    try:
        with desk.state.write() as session:
            return digests.claim(session, user_id=user_id, week=week, items=items, now=now)
    except DataError:
        return False  # another run was faster by a hair: its row is there


def _send(server: Server, letter: Mail, pause: Callable[[float], None]) -> None:
    """Try again a little later where that may help."""
    for attempt in range(ATTEMPTS):
        try:
            mail.send(server, letter)
            return
        except MailError as error:
            if error.permanent or attempt == ATTEMPTS - 1:
                raise
            pause(PAUSES_S[attempt])


def _note_broken_off(desk: Desk, week: date, now: datetime) -> None:
    """A claim that no run settled: whether that mail went out, nobody knows."""
    with desk.state.write() as session:
        for row in digests.of_week(session, week).values():
            if row.state == "sending":
                row.state, row.said, row.at = "unsure", UNSURE, now


def _of_categories(desk: Desk, wanted: set[str]) -> dict[str, CategoryDigest]:
    """Each category once, however many people follow it."""
    material = noteworthy.gather(desk)
    if material is None:
        return {}
    found = {one: noteworthy.of_category(desk, material, one) for one in sorted(wanted)}
    return {one: digest for one, digest in found.items() if digest is not None}


def _monday(desk: Desk, now: datetime) -> date:
    """The Monday of the week, in the shop's zone."""
    today = now.replace(tzinfo=UTC).astimezone(desk.zone).date()
    return today - timedelta(days=today.weekday())


def _begins(desk: Desk, week: date) -> datetime:
    """When the week begins in the shop's zone, naive UTC."""
    local = datetime(week.year, week.month, week.day, tzinfo=desk.zone)
    return local.astimezone(UTC).replace(tzinfo=None)
