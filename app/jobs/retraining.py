"""Models that learn anew by themselves: what triggers ask for, and what comes of it.

The champion's candidate learns from the newest data with the champion's own parameters. What comes
of it is a version that waits beside the champion, and is promoted by itself only where an admin
allowed that (`app.services.autopilot`).
"""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from app.jobs.kinds import JobContext, Json

if TYPE_CHECKING:
    from app.context import Desk
    from app.jobs.client import JobClient
    from app.settings import Settings

log = logging.getLogger("shopsight.jobs")

LOOK_S = 30.0
"""Between two questions whether a trigger's time has come."""

LOOK_AT_ALL_S = 3600.0
"""Between two looks at all triggers that nothing asked for."""

TRAINED = 0.8
"""Share of the job after which the version is stored and compared with the champion."""


ANEW = "The champion was to learn from the newest data."
"""Why, where no trigger says it."""


def retrain(context: JobContext) -> Json:
    """Train the champion's candidate with its own parameters, and say what is new in it.

    Of one capability where the parameters name it, else of all that have a champion.
    """
    from app.services.training import newest_snapshot
    from data_access.state.champions import get_champion
    from ml.contract import capabilities

    desk = context.desk
    manifest = newest_snapshot(desk)
    asked = context.parameters.get("capability")
    told: list[str] = []
    versions: dict[str, int] = {}
    promoted: list[str] = []
    for key in [str(asked)] if asked else [one.key for one in capabilities()]:
        with desk.state.read() as session:
            row = get_champion(session, key)
        if row is None or row.model_version is None:
            told.append(f"{_label(key)}: the rule of thumb decides; nothing was trained.")
            continue
        champion = desk.models.version(key, row.model_version)
        if manifest.number == champion.snapshot:
            told.append(f"{_label(key)}: version {champion.number} knows all that the data hold.")
            continue
        number, sentence, acted = _anew(context, key, champion.number)
        versions[key] = number
        told.append(sentence)
        if acted:
            promoted.append(key)
    return {"sentence": " ".join(told), "versions": versions, "promoted": promoted}


def _anew(context: JobContext, capability: str, champion: int) -> tuple[int, str, bool]:
    """The number of the new version, what it is beside the one that decides, and whether it
    decides now."""
    from app.services import autopilot, training
    from app.services.triggers.conditions import bursts_of

    desk = context.desk
    before = desk.models.version(capability, champion)

    def progress(step: str, share: float, message: str | None = None) -> None:
        context.progress(step, share * TRAINED, message)

    def then(step: str, share: float, message: str | None = None) -> None:
        context.progress(step, TRAINED + (1 - TRAINED) * share, message)

    trained = training.train_several(
        desk,
        {
            "capability": capability,
            "candidate": before.candidate,
            "parameters": dict(before.parameters),
            "why": str(context.parameters.get("said") or ANEW),
        },
        asked_by=context.asked_by,
        job_id=f"{context.job_id}-{capability}",
        progress=progress,
    )
    after = trained.versions[0]
    if after.number == champion:
        return after.number, f"{_label(capability)}: the data are those it knows already.", False
    autopilot.wait_as_challenger(desk, after)
    known = bursts_of(before)
    new = [said for where, said in bursts_of(after).items() if where not in known]
    found = " ".join(f"New: {one}" for one in new)
    outcome = autopilot.consider(desk, after, progress=then)
    context.progress("Decided", 1.0, outcome.sentence)
    said = (
        f"{_label(capability)}: version {after.number} learned from data up to "
        f"{after.as_of:%d %b %Y}. {after.verdict} {found} {outcome.sentence}"
    )
    return after.number, " ".join(said.split()), outcome.acted


def look(context: JobContext) -> Json:
    """Look at every trigger; ask for what is due, and for a look back at what was promoted."""
    from app.services import triggers

    desk = context.desk
    context.progress("Looking at the triggers", 0.1)
    looks = triggers.look(desk, now=_now())
    asked = [one for one in looks if one.job_id is not None]
    _ask_to_look_back(desk)
    said = "1 training was" if len(asked) == 1 else f"{len(asked)} trainings were"
    return {
        "sentence": f"{len(looks)} triggers looked at; {said} asked for.",
        "asked": [one.job_id for one in asked],
    }


def _ask_to_look_back(desk: Desk) -> None:
    """Once a day of data, for each champion that was promoted by itself."""
    from app.services import autopilot
    from app.services.training import service_of
    from ml.contract import capabilities

    manifest = desk.store.newest()
    if manifest is None:
        return
    for one in capabilities():
        change = autopilot.promoted_by_itself(desk, one.key)
        if change is None:
            continue
        day = service_of(one.key).as_of(desk, manifest)
        job_id = f"look-back-{one.key}-{change.change_id}-{day}"
        if desk.jobs.get(job_id) is None:
            desk.jobs.start("look_back", {"capability": one.key}, "worker", job_id=job_id)


def look_back(context: JobContext) -> Json:
    """Take a promotion by itself back where it surely does worse on what came."""
    from app.services import autopilot

    found = autopilot.look_back(
        context.desk, str(context.parameters["capability"]), progress=context.progress
    )
    return {"sentence": found.sentence, "acted": found.acted}


class Triggering:
    """Asks for a look at the triggers: with each new snapshot, when the clock says that one is
    due, else once an hour."""

    def __init__(self, client: JobClient, settings: Settings) -> None:
        self._client = client
        self._settings = settings
        self._looked = time.monotonic()  # a start has other work to do first
        self._asked = 0.0
        self._snapshot: int | None = None
        self._begun = False

    def look(self) -> str | None:
        """Called at every beat of the worker; the id of the job that was asked for."""
        now = time.monotonic()
        if "triggers" not in self._client.kinds or now - self._looked < LOOK_S:
            return None
        self._looked = now
        self._begin()
        newest = self._desk.store.newest_number()
        if newest is None:
            return None
        waited = not self._asked or now - self._asked >= LOOK_AT_ALL_S
        if not (waited or newest != self._snapshot or self._clock_asks()):
            return None
        self._asked, self._snapshot = now, newest
        return self._client.start("triggers", {}, "worker")

    def _begin(self) -> None:
        from app.services import triggers

        if not self._begun:
            triggers.ensure_defaults(self._desk)
            self._begun = True

    def _clock_asks(self) -> bool:
        from app.services import triggers

        return triggers.clock_asks(self._desk, now=_now())

    @cached_property
    def _desk(self) -> Desk:
        from app.context import open_desk

        return open_desk(self._settings)


def _label(capability: str) -> str:
    from ml.contract import capability as capability_of

    return capability_of(capability).label


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
