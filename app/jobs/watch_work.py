"""The work of watching models: the hourly look, and telling of what was found."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from app.jobs.kinds import JobContext, JobError, Json

if TYPE_CHECKING:
    from app.context import Desk
    from app.jobs.client import JobClient
    from app.settings import Settings

LOOK_S = 20.0
"""Between two looks for alerts that nobody was told of."""

AGAIN = timedelta(minutes=5)
"""Between two rounds of telling where the last one left something untold."""


def watch(context: JobContext) -> Json:
    """Look at every capability and write down what was found; the worker then asks for `tell`."""
    from app.services import watching

    found = watching.check_all(context.desk, now=_now(), progress=context.progress)
    states = {one.capability: one.state for one in found}
    odd = [one for one in found if one.state != "good"]
    said = " ".join(f"{one.capability}: {one.sentence}" for one in odd)
    sentence = f"{len(found)} looked at, {len(odd)} to look after. {said}".strip()
    return {"sentence": sentence, "states": states}


def tell(context: JobContext) -> Json:
    """Tell of alerts by mail and webhook.

    Raises
    ------
    JobError : a way did not take them; the next round tries again.
    """
    from app.services.watching.telling import tell_due

    told = tell_due(context.desk, now=_now())
    if told.failed:
        raise JobError(
            f"Alerts were not told: {' '.join(told.failed)}",
            remedy="Check the mail server and the webhook on the page Settings; it is tried again "
            "every five minutes.",
        )
    return {"sentence": told.sentence, "sent": told.sent, "mailed": told.mailed}


class Telling:
    """Asks for the job "tell" where an alert waits to be told, and for the first look of all."""

    def __init__(self, client: JobClient, settings: Settings) -> None:
        self._client = client
        self._settings = settings
        self._looked = 0.0
        self._begun = False

    def look(self) -> str | None:
        """Called at every beat of the worker; the id of the job that was asked for."""
        now = time.monotonic()
        if "tell" not in self._client.kinds or (self._looked and now - self._looked < LOOK_S):
            return None
        self._looked = now
        if not self._begun and self._first_look():
            self._begun = True
            return self._client.start("watch", {}, "worker")
        if self._failed_lately():
            return None
        from app.services.watching.telling import anything_due

        if not anything_due(self._desk, now=_now()):
            return None
        return self._client.start("tell", {}, "worker")

    def _first_look(self) -> bool:
        """There is a model that decides, and nobody has looked at it yet."""
        from data_access.state.champions import list_champions
        from data_access.state.model_health import list_health

        with self._desk.state.read() as session:
            decides = any(row.model_version for row in list_champions(session).values())
            if list_health(session):
                self._begun = True
            return decides and not self._begun

    def _failed_lately(self) -> bool:
        last = next(iter(self._client.list(limit=1, kinds=["tell"])), None)
        if last is None or last.state != "failed" or last.ended_at is None:
            return False
        return _now() - last.ended_at < AGAIN

    @cached_property
    def _desk(self) -> Desk:
        from app.context import open_desk

        return open_desk(self._settings)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
