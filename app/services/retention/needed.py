"""What must stay: whatever decides, decided before, is tried, waits, or was cited by what stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from data_access.errors import DataError
from data_access.state import version_notes, version_uses
from data_access.state.jobs import OPEN
from data_access.state.pins import pinned_snapshots
from data_access.state.tables import Publication

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.context import Desk

JOBS_LOOKED_AT = 500
"""Open jobs that may work on a version: far more than ever wait."""


def active(session: Session, capability: str) -> dict[int, str]:
    """Versions that decide, may decide again at a click, or are tried; and why."""
    reasons = (
        ("it stands by for the champion", version_uses.stands_by(session, capability)),
        ("it is tried in an experiment", version_uses.tried(session, capability)),
        ("the undo leads back to it", version_uses.decided_before(session, capability)),
        ("it decides now", version_uses.deciding(session, capability)),
    )
    found: dict[int, str] = {}
    for number, note in version_notes.notes_of(session, capability).items():
        if note.challenger:
            found[number] = "it waits as challenger"
    for why, numbers in reasons:
        found |= dict.fromkeys(numbers, why)
    return found


def versions(
    desk: Desk,
    session: Session,
    capability: str,
    *,
    published: Iterable[Publication],
    said: Mapping[str, set[int]],
) -> dict[int, str]:
    """Numbers of the versions of a capability that must stay, and why.

    Parameters
    ----------
    published : the publications that stay.
    said : versions of which predictions or scores stay, by capability.
    """
    found = dict.fromkeys(said.get(capability, set()), "predictions by it are kept")
    for row in published:
        if row.capability == capability:
            parts = row.summary.get("scoped") or {}
            for number in (row.model_version, *parts.values()):
                if isinstance(number, int):
                    found[number] = "publications by it are kept"
    for number, note in version_notes.notes_of(session, capability).items():
        if note.note:
            found[number] = "somebody wrote a note of it"
    for job in desk.jobs.list(states=OPEN, limit=JOBS_LOOKED_AT, with_quiet=True):
        number = job.parameters.get("version")
        if isinstance(number, int) and job.parameters.get("capability") == capability:
            found[number] = "a job works on it"
    return found | active(session, capability)


def snapshots(
    desk: Desk, session: Session, capabilities: Iterable[str], published: Iterable[Publication]
) -> dict[int, str]:
    """Numbers of the snapshots that must stay, and why."""
    found = dict.fromkeys(pinned_snapshots(session), "something reads it")
    newest: dict[str, int] = {}
    for row in published:  # newest first
        newest.setdefault(row.capability, row.snapshot)
    found |= dict.fromkeys(newest.values(), "the newest publication was made from it")
    for capability in capabilities:
        for number in active(session, capability):
            try:
                learned_from = desk.models.head(capability, number).snapshot
            except DataError:  # the files of the version are gone already
                continue
            found[learned_from] = "a model that decides or may decide learned from it"
    return found
