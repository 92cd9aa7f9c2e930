"""Look at all triggers; whatever is due asks for a training, once a snapshot."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from app.services.triggers.conditions import HEAVY, Answer, answer
from app.services.triggers.kinds import in_words
from app.services.triggers.material import Material
from app.services.triggers.views import due_at
from data_access.errors import DataError
from data_access.kill_points import kill_point
from data_access.snapshots.manifest import Manifest
from data_access.state import triggers as store
from data_access.state.model_tables import Trigger
from ml.errors import ModelError

if TYPE_CHECKING:
    from app.context import Desk

log = logging.getLogger("shopsight.triggers")

BY = "worker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What came of a look at one trigger."""

    trigger_id: int
    capability: str
    said: str
    job_id: str | None  # of the training that it asked for


def look(desk: Desk, *, now: datetime) -> list[Look]:
    """Look at every active trigger.

    A training has an id made of capability and snapshot: asked twice, by two triggers or after a
    crash, it is started once.

    Parameters
    ----------
    now : naive UTC.
    """
    with desk.state.read() as session:
        rows = store.list_triggers(session, active_only=True)
    manifest = desk.store.newest()
    if manifest is None:
        return []
    looks: list[Look] = []
    rows.sort(key=lambda row: row.capability)
    for capability, of_it in groupby(rows, key=lambda row: row.capability):
        try:
            known = Material(desk, capability, manifest, now)
        except ModelError:  # a capability that is no longer listed
            continue
        looks += [_one(desk, row, known) for row in of_it]
    return looks


def clock_asks(desk: Desk, *, now: datetime) -> bool:
    """Whether a trigger that goes by the clock is due and nobody has looked since; one question
    to the database."""
    with desk.state.read() as session:
        rows = store.list_triggers(session, active_only=True)
    for row in rows:
        at = due_at(row, desk.zone)
        if at is not None and at <= now and (row.looked_at is None or row.looked_at < at):
            return True
    return False


def _one(desk: Desk, row: Trigger, known: Material) -> Look:
    try:
        found = _answer(row, known)
    except (DataError, ModelError) as error:
        found = Answer(due=False, said=f"It could not be looked at: {error} {error.remedy}")
    except Exception as error:
        log.exception("trigger %s could not be looked at", row.trigger_id)
        found = Answer(due=False, said=f"It could not be looked at: {type(error).__name__}.")
    if found is None:
        return _told(row, row.said or "", None)
    if not found.due:
        with desk.state.write() as session:
            store.note_look(session, row.trigger_id, said=found.said, now=known.now)
        return _told(row, found.said, None)
    job_id = _ask(desk, row, known.manifest, found.said)
    kill_point("trigger-asked")
    with desk.state.write() as session:
        store.note_fired(
            session,
            row.trigger_id,
            snapshot=known.manifest.number,
            said=found.said,
            now=known.now,
        )
    return _told(row, found.said, job_id)


def _answer(row: Trigger, known: Material) -> Answer | None:
    """None: it is not its time to be looked at, and what it said last stands."""
    if not known.active:
        return Answer(due=False, said="The capability is switched off; nothing learns anew.")
    champion, newest = known.champion, known.newest
    if champion is None or newest is None:
        return Answer(
            due=False, said="The rule of thumb decides; there is nothing that could learn anew."
        )
    if row.fired_on == known.manifest.number:
        return None
    if newest.as_of >= known.as_of:
        return Answer(
            due=False,
            said=f"Version {newest.number} knows all that the data hold, to "
            f"{known.as_of.day} {known.as_of:%b %Y}.",
        )
    if row.kind in HEAVY and _looked_today(row, known):
        return None
    return answer(row, known)


def _looked_today(row: Trigger, known: Material) -> bool:
    if row.looked_at is None:
        return False
    then, now = (
        at.replace(tzinfo=UTC).astimezone(known.desk.zone).date()
        for at in (row.looked_at, known.now)
    )
    return then == now


def _ask(desk: Desk, row: Trigger, manifest: Manifest, said: str) -> str:
    return desk.jobs.start(
        "retrain",
        {
            "capability": row.capability,
            "trigger": row.trigger_id,
            "why": in_words(row.kind, row.value),
            "said": said,
        },
        BY,
        job_id=f"retrain-{row.capability}-{manifest.number}",
    )


def _told(row: Trigger, said: str, job_id: str | None) -> Look:
    return Look(trigger_id=row.trigger_id, capability=row.capability, said=said, job_id=job_id)
