"""Remove what the dry run names. Whoever is killed in between leaves whole things: each row goes in
a transaction, each file after the record that named it, and the next run sweeps what was left.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from app.access import Identity, Role
from app.jobs.retention import remove_old_jobs
from app.services import registry
from app.services.retention.looking import Going, folder_bytes, look
from app.services.retention.policy import policy_of
from app.services.retention.views import NOUNS, Removed
from data_access.errors import DataError
from data_access.kill_points import kill_point
from data_access.state import aged
from data_access.state.engine import utc_now
from data_access.state.publications import list_publications, remove_publication

if TYPE_CHECKING:
    from app.context import Desk

log = logging.getLogger("shopsight.retention")

Progress = Callable[[str, float], None]

WORKER = Identity(name="worker", role=Role.admin)
"""Who deletes versions for being old; each of them leaves an audit entry."""

STRAY = timedelta(days=1)
"""A folder that no publication names is somebody's beginning until it is older than this."""

TOO_OLD = "Older than what is kept."


def remove(
    desk: Desk,
    *,
    asked_by: str,
    progress: Progress,
    reason: str | None = None,
    now: datetime | None = None,
) -> Removed:
    """Remove what is old by the settings, and what earlier runs left half done.

    Safe to repeat, at any time, by any number of processes.
    """
    at = now or utc_now()
    progress("Looking at what is old", 0.02)
    registry.finish_deleting(desk)
    counts = dict.fromkeys(NOUNS, 0)
    going = look(desk, policy_of(desk), at)
    for number, one in enumerate(going.rows):
        progress(f"Removing old {NOUNS[one.key]}", 0.05 + 0.05 * number)
        gone, last = aged.remove_portion(desk.state, one)
        while last is not None:
            counts[one.key] += gone
            kill_point("retention-rows")
            gone, last = aged.remove_portion(desk.state, one, last)
    progress("Removing old publications", 0.35)
    counts["publications"], freed = _publications(desk, going, at)
    progress("Removing old model versions", 0.5)
    counts["versions"], bytes_ = _versions(desk, going)
    freed += bytes_
    progress("Removing old snapshots", 0.7)
    counts["snapshots"], bytes_ = _snapshots(desk, at)
    freed += bytes_
    progress("Removing old notes of jobs", 0.9)
    counts["notes"], counts["lines"] = _notes(desk, going)
    removed = Removed(counts=counts, bytes=freed)
    if any(count for key, count in counts.items() if key not in ("notes", "lines")):
        told = {key: count for key, count in counts.items() if count}
        with desk.state.decide(asked_by, "retention.removed", "retention:all", None, told, reason):
            pass
    return removed


def _publications(desk: Desk, going: Going, now: datetime) -> tuple[int, int]:
    """How many went, and the room they took. First the row, so that no reader is sent to a folder
    that is half gone.
    """
    freed = 0
    for row in going.publications:
        folder = desk.settings.artifacts / row.folder
        freed += folder_bytes(folder)
        with desk.state.write() as session:
            remove_publication(session, row.publication_id)
        kill_point("retention-publication-row")
        shutil.rmtree(folder, ignore_errors=True)
    _sweep_strays(desk, now)
    return len(going.publications), freed


def _sweep_strays(desk: Desk, now: datetime) -> None:
    """Folders of publications that a crash left without their row."""
    with desk.state.read() as session:
        named = {row.folder for row in list_publications(session, limit=10**6)}
    roots = {Path(folder).parts[0] for folder in named if len(Path(folder).parts) > 1}
    for root in roots:
        for folder in (desk.settings.artifacts / root).glob("*/"):
            changed = datetime.fromtimestamp(folder.stat().st_mtime, UTC).replace(tzinfo=None)
            if f"{root}/{folder.name}" not in named and now - changed > STRAY:
                shutil.rmtree(folder, ignore_errors=True)


def _versions(desk: Desk, going: Going) -> tuple[int, int]:
    """How many went, and their room. Each is asked about once more in the transaction that decides
    it: somebody may have activated it since the look.
    """
    gone, freed = 0, 0
    for capability, chosen in going.versions.items():
        for number in chosen.going:
            try:
                size = desk.models.bytes_of(capability, number)
                registry.delete(desk, WORKER, capability, number, TOO_OLD)
            except DataError as error:
                log.info("%s version %s stays: %s", capability, number, error)
                continue
            gone += 1
            freed += size
            kill_point("retention-version")
        _sweep_previews(desk, capability)
    return gone, freed


def _sweep_previews(desk: Desk, capability: str) -> None:
    """What versions that are gone would have changed."""
    there = {version.number for version in desk.models.versions(capability)}
    for folder in (desk.settings.artifacts / "previews" / capability).glob("*-*/"):
        number = folder.name.rpartition("-")[2]
        if number.isdecimal() and int(number) not in there:
            shutil.rmtree(folder, ignore_errors=True)


def _snapshots(desk: Desk, now: datetime) -> tuple[int, int]:
    """How many went, and the room of their parts; what is needed is asked once more."""
    before = folder_bytes(desk.store.parts)
    policy = policy_of(desk)
    again = look(desk, policy, now).snapshots
    kept = {one.number for one in desk.store.list()} - set(again.going)
    gone = desk.store.prune(policy.snapshots, kept)
    return len(gone), max(before - folder_bytes(desk.store.parts), 0)


def _notes(desk: Desk, going: Going) -> tuple[int, int]:
    with desk.state.read() as session:
        there = aged.count_lines(session, before=going.lines_before)[0]
    notes = 0
    while gone := remove_old_jobs(
        desk.jobs,
        desk.state,
        quiet=going.quiet,
        quiet_before=going.quiet_before,
        before=going.notes_before,
        lines_before=going.lines_before,
    ):
        notes += gone
    with desk.state.read() as session:
        left = aged.count_lines(session, before=going.lines_before)[0]
    return notes, max(there - left, 0)
