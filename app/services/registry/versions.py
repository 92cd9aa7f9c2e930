"""The versions of a capability with where each of them stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.services.registry.views import Listed, Standing, Status, VersionFilter, VersionRow
from data_access.models import ModelVersion
from data_access.state import version_notes, version_uses
from ml.contract import Capability, Measure, capability

if TYPE_CHECKING:
    from app.context import Desk


def standings(desk: Desk, key: str) -> dict[int, Standing]:
    """Where versions stand, by number; whoever is not named is a candidate of whom nothing is
    said.
    """
    with desk.state.read() as session:
        deciding = version_uses.deciding(session, key)
        once = version_uses.ever_decided(session, key)
        tried = version_uses.tried(session, key)
        notes = version_notes.notes_of(session, key)
    found = {}
    for number in {*deciding, *once, *tried, *notes}:
        note = notes.get(number)
        waits = number in tried or (note is not None and note.challenger)
        found[number] = Standing(
            status=_status(number in deciding, waits, number in once),
            decides=tuple(deciding.get(number, ())),
            note=note.note if note else "",
            note_version=note.version if note else 0,
        )
    return found


def primary_of(found: Capability) -> Measure:
    """The measure by which versions are ranked."""
    return next(each for each in found.measures if each.slug == found.primary)


def _status(decides: bool, waits: bool, once: bool) -> Status:
    if decides:
        return "champion"
    if waits:
        return "challenger"
    return "retired" if once else "candidate"


def listed(
    desk: Desk, key: str, wanted: VersionFilter, *, limit: int = 50, offset: int = 0
) -> Listed:
    """Versions that fit a filter, newest first.

    Raises
    ------
    WrongParameter : there is no such capability.
    """
    found = capability(key)
    known = standings(desk, key)
    every = [_row(one, found, known.get(one.number)) for one in desk.models.versions(key)]
    fitting = [row for row in every if _fits(row, wanted)]
    by_status: dict[str, int] = {}
    for row in every:
        by_status[row.standing.status] = by_status.get(row.standing.status, 0) + 1
    return Listed(
        rows=tuple(fitting[offset : offset + limit]),
        total=len(fitting),
        every=len(every),
        candidates=tuple(sorted({(row.version.candidate, row.label) for row in every})),
        scopes=tuple(sorted({row.scope_label for row in every}, key=lambda one: one != WHOLE)),
        by_status=by_status,
        measure=primary_of(found),
    )


WHOLE = "Whole shop"


def one(desk: Desk, key: str, number: int) -> VersionRow:
    """One version with all that is known of it.

    Raises
    ------
    DataError : there is no such version.
    """
    return _row(desk.models.version(key, number), capability(key), standings(desk, key).get(number))


def _row(version: ModelVersion, found: Capability, standing: Standing | None) -> VersionRow:
    labels = {one.key: one.label for one in found.candidates}
    return VersionRow(
        version=version,
        label=labels.get(version.candidate, version.candidate),
        standing=standing or Standing(status="candidate"),
        measure=primary_of(found),
        primary=version.metrics.get(found.primary),
        baseline=version.baseline.get(found.primary),
    )


def _fits(row: VersionRow, wanted: VersionFilter) -> bool:
    if wanted.status and row.standing.status != wanted.status:
        return False
    if wanted.candidate and row.version.candidate != wanted.candidate:
        return False
    if wanted.scope and row.scope_label != wanted.scope:
        return False
    sought = wanted.text.strip().lower()
    if not sought:
        return True
    if sought.isdigit() and int(sought) == row.number:
        return True
    settings = " ".join(f"{name}={value}" for name, value in row.version.parameters.items())
    version = row.version
    said = (row.label, version.asked_by, version.why, row.standing.note, settings)
    told = " ".join(said).lower()
    return all(word in told for word in sought.split())
