"""The work about fraud review: scoring orders that appear, and sending decisions to the shop."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from app.jobs.kinds import JobContext, Json

if TYPE_CHECKING:
    from app.context import Desk
    from app.jobs.client import JobClient
    from app.services.fraud.casing import Cause, Scored
    from app.settings import Settings

log = logging.getLogger("shopsight.jobs")

LOOK_S = 10.0
"""Between two looks for new orders: with the start of the job well below 30 s."""

READ_ALL_S = 3600.0
"""Between two readings that nothing asked for."""

PAUSE_AFTER_FAILURE = timedelta(minutes=5)

SEND_S = 5.0
"""Between two rounds of sending; a round without anything due is one question to the database."""

IN_ONE_JOB = 20_000
"""Orders scored by one job; the newest first, since they can still be stopped."""

PART = 500
MARK = "scored"
"""Name of the mark that tells up to which change of the shop the worker has scored."""


def score(context: JobContext) -> Json:
    """Take new orders and chargebacks into the event store, and score what nobody has scored.

    What a crash left unscored is found again: everything recent without a score is wanted. After
    another model was activated, open cases and recent orders are scored by that one too.
    """
    from app.services.fraud import casing, events, scoring
    from data_access.state.fraud_events import mark, set_mark
    from data_access.state.fraud_queue import open_orders

    desk, now = context.desk, _now()
    newest = _newest_change(desk)
    champion = scoring.champion_version(desk)
    context.progress("Reading new orders", 0.05)
    appeared = events.advance(desk, now=now)
    recent = events.seen_since(desk, now - casing.PAST)
    with desk.state.read() as session:
        before = mark(session, MARK)
        waiting = open_orders(session, limit=IN_ONE_JOB)
    new = _newest_first(appeared, recent)
    found = _score(context, new, "new", now, 0.1, 0.8)
    again: list[Scored] = []
    if before is not None and before.details.get("champion") != champion:
        fresh = {one.order_id for one in found}
        wanted = [one for one in _newest_first(recent, waiting) if one not in fresh]
        again = _score(context, wanted, "again", now, 0.8, 0.95)
    with desk.state.write() as session:
        set_mark(session, MARK, newest or now, champion=champion)
    cases = sum(one.case_id is not None for one in found)
    sentence = f"{len(found):,} orders scored, {cases:,} of them are cases."
    if again:
        sentence += f" {len(again):,} scored anew by the new model."
    return {
        "sentence": sentence,
        "scored": len(found),
        "cases": cases,
        "again": len(again),
        "seen": len(appeared),
    }


def _newest_first(*parts: list[str]) -> list[str]:
    """Numbers of orders, each once; lists are oldest first."""
    return list(dict.fromkeys(one for part in parts for one in reversed(part)))[:IN_ONE_JOB]


def _score(
    context: JobContext, wanted: list[str], cause: Cause, now: datetime, low: float, high: float
) -> list[Scored]:
    from app.services.fraud import scoring

    found: list[Scored] = []
    for start in range(0, len(wanted), PART):
        context.progress("Scoring", low + (high - low) * start / len(wanted))
        part = wanted[start : start + PART]
        found += scoring.score_orders(context.desk, part, cause=cause, now=now)
    return found


class Looking:
    """Looks for new orders in the shop and asks for the job "score" where there are some.

    The look is one question by the shop's indexes of `updated_at`; the job is asked for only then,
    or once an hour for whatever else there may be.
    """

    def __init__(self, client: JobClient, settings: Settings) -> None:
        self._client = client
        self._settings = settings
        self._looked = self._asked = 0.0

    def look(self) -> str | None:
        """Called at every beat of the worker; the id of the job that was asked for."""
        now = time.monotonic()
        if "score" not in self._client.kinds or now - self._looked < LOOK_S:
            return None
        self._looked = now
        if self._desk.store.newest_number() is None:
            return None  # the first snapshot fills the store that orders are scored by
        if self._asked and now - self._asked < READ_ALL_S and not self._something_new():
            return None
        if self._failed_lately():
            return None
        self._asked = now
        return self._client.start("score", {}, "worker")

    def _something_new(self) -> bool:
        from app.services.fraud.scoring import champion_version
        from data_access.state.fraud_events import mark

        with self._desk.state.read() as session:
            scored = mark(session, MARK)
        if scored is None or scored.details.get("champion") != champion_version(self._desk):
            return True
        newest = _newest_change(self._desk)
        return newest is not None and newest > scored.at

    def _failed_lately(self) -> bool:
        """What fails is not asked for at every beat: staff would see nothing else."""
        last = next(iter(self._client.list(limit=1, kinds=["score"])), None)
        if last is None or last.state != "failed" or last.ended_at is None:
            return False
        return _now() - last.ended_at < PAUSE_AFTER_FAILURE

    @cached_property
    def _desk(self) -> Desk:
        from app.context import open_desk

        return open_desk(self._settings)


def keep_sending(settings: Settings, stop: threading.Event) -> threading.Thread:
    """Send decisions to the shop until stopped, in a thread of its own: a shop that does not
    answer must not keep the worker from saying that it lives.
    """

    def work() -> None:
        from app.context import open_desk
        from app.services.fraud.messages import send_due
        from data_access.errors import DataError

        desk = open_desk(settings)
        while not stop.wait(SEND_S):
            try:
                send_due(desk)
            except DataError as error:
                log.warning("%s", error)
            except Exception:
                log.exception("sending decisions failed")

    thread = threading.Thread(target=work, name="fraud-messages", daemon=True)
    thread.start()
    return thread


def _newest_change(desk: Desk) -> datetime | None:
    """When the shop wrote an order, a payment or a chargeback last."""
    from data_access.queries.fraud_live import newest_change

    with desk.shop_engine.connect() as connection:
        return newest_change(connection)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
