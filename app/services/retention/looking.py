"""The dry run: what would go now, how much room that frees, and what stays because it is needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.access import Identity, Permission, require
from app.jobs.retention import kept_publications
from app.services import capabilities
from app.services.retention import needed
from app.services.retention.choosing import Chosen, Thing, choose
from app.services.retention.policy import policy_of
from app.services.retention.views import Line, Plan, Policy
from data_access.models import ModelVersion
from data_access.state import aged
from data_access.state.aged import Aged
from data_access.state.engine import utc_now
from data_access.state.forecast_tables import ForecastOverride
from data_access.state.publications import list_publications
from data_access.state.tables import Publication

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.context import Desk

MOST_PUBLICATIONS = 100_000
QUIET_NOTES_KEPT = timedelta(days=1)
EXAMPLES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """Exactly what goes, for whoever removes it."""

    rows: tuple[Aged, ...]
    publications: tuple[Publication, ...]
    publications_there: int
    versions: dict[str, Chosen[int]]  # by capability
    versions_there: dict[str, list[ModelVersion]]
    snapshots: Chosen[int]
    snapshots_there: int
    quiet: tuple[str, ...]  # kinds of jobs that go sooner
    quiet_before: datetime
    notes_before: datetime
    lines_before: datetime


def plan(desk: Desk, person: Identity, *, now: datetime | None = None) -> Plan:
    """What would go now; nothing is removed.

    Raises
    ------
    AccessDenied : the role may not.
    """
    require(person, Permission.read_pages)
    at = now or utc_now()
    policy = policy_of(desk)
    going = look(desk, policy, at)
    with desk.state.read() as session:
        lines = [_rows_line(session, one, policy) for one in going.rows]
        notes = _notes_lines(session, going, policy)
    return Plan(
        made_at=at,
        lines=(
            *lines,
            _publications_line(desk, going, policy),
            _versions_line(desk, going, policy),
            _snapshots_line(desk, going, policy),
            *notes,
        ),
    )


def look(desk: Desk, policy: Policy, now: datetime) -> Going:
    """What goes by the policy at an instant."""
    with desk.state.read() as session:
        rows = row_rules(session, policy, now)
        published = list_publications(session, limit=MOST_PUBLICATIONS)
        held = set(session.scalars(select(ForecastOverride.publication).distinct()))
        stays = kept_publications(published, policy.publications) | held
        left = [row for row in published if row.publication_id in stays]
        said = aged.versions_that_said(session, without=rows)
        listed = [one.key for one in capabilities.listed()]
        there = {key: desk.models.versions(key) for key in listed}
        versions = {
            key: choose(
                [Thing(one.number, one.created_at) for one in there[key]],
                keep=policy.versions,
                before=now - timedelta(days=policy.versions_days),
                needed=needed.versions(desk, session, key, published=left, said=said),
            )
            for key in listed
        }
        manifests = desk.store.list()
        snapshots = choose(
            [Thing(one.number, one.created_at) for one in manifests],
            keep=policy.snapshots,
            before=None,
            needed=needed.snapshots(desk, session, listed, left),
        )
    return Going(
        rows=rows,
        publications=tuple(row for row in published if row.publication_id not in stays),
        publications_there=len(published),
        versions=versions,
        versions_there=there,
        snapshots=snapshots,
        snapshots_there=len(manifests),
        quiet=tuple(kind.key for kind in desk.jobs.kinds.values() if kind.quiet),
        quiet_before=now - QUIET_NOTES_KEPT,
        notes_before=now - timedelta(days=policy.notes_days),
        lines_before=now - timedelta(days=policy.lines_days),
    )


def row_rules(session: Session, policy: Policy, now: datetime) -> tuple[Aged, ...]:
    """Old rows by table, in the order in which they go."""

    def before(days: int) -> datetime:
        return now - timedelta(days=days)

    since = aged.needed_since(session)
    return (
        aged.predictions(before(policy.predictions_days), since),
        aged.scores(before(policy.scores_days), since),
        aged.checks(before(policy.checks_days)),
        aged.alerts(before(policy.alerts_days)),
        aged.uses(before(policy.uses_days)),
    )


ROWS = {
    "predictions": ("Stored predictions", "predictions_days"),
    "scores": ("Scores of orders", "scores_days"),
    "checks": ("Drift checks", "checks_days"),
    "alerts": ("Alerts", "alerts_days"),
    "uses": ("Hours of use", "uses_days"),
}


def _rows_line(session: Session, one: Aged, policy: Policy) -> Line:
    label, days = ROWS[one.key]
    there, going, oldest, held = aged.count(session, one)
    return Line(
        key=one.key,
        label=label,
        rule=f"for {getattr(policy, days):,} days",
        there=there,
        going=going,
        bytes=None,
        oldest=oldest,
        held=tuple(held),
    )


def _notes_lines(session: Session, going: Going, policy: Policy) -> tuple[Line, Line]:
    notes = aged.count_notes(
        session, quiet=going.quiet, quiet_before=going.quiet_before, before=going.notes_before
    )
    lines = aged.count_lines(session, before=going.lines_before)
    return (
        Line(
            key="notes",
            label="Jobs",
            rule=f"for {policy.notes_days:,} days, those of upkeep for 1 day",
            there=notes[0],
            going=notes[1],
            bytes=None,
        ),
        Line(
            key="lines",
            label="Log lines of jobs",
            rule=f"for {policy.lines_days:,} days",
            there=lines[0],
            going=lines[1],
            bytes=None,
        ),
    )


def _publications_line(desk: Desk, going: Going, policy: Policy) -> Line:
    rows = going.publications
    return Line(
        key="publications",
        label="Publications",
        rule=f"the newest {policy.publications:,}, then one a week, later one a month",
        there=going.publications_there,
        going=len(rows),
        bytes=sum(folder_bytes(desk.settings.artifacts / row.folder) for row in rows),
        oldest=min((row.created_at for row in rows), default=None),
        examples=tuple(f"{row.capability} of {row.as_of}" for row in rows[:EXAMPLES]),
    )


def _versions_line(desk: Desk, going: Going, policy: Policy) -> Line:
    names = {one.key: one.label for one in capabilities.listed()}
    numbers = [(key, number) for key, found in going.versions.items() for number in found.going]
    made = {
        (key, one.number): one.created_at
        for key, found in going.versions_there.items()
        for one in found
    }
    held = Counter(why for found in going.versions.values() for why in found.held.values())
    return Line(
        key="versions",
        label="Model versions",
        rule=f"the newest {policy.versions:,}, and for {policy.versions_days:,} days",
        there=sum(len(found) for found in going.versions_there.values()),
        going=len(numbers),
        bytes=sum(desk.models.bytes_of(key, number) for key, number in numbers),
        oldest=min((made[one] for one in numbers), default=None),
        held=tuple(held.most_common()),
        examples=tuple(f"{names[key]} {number}" for key, number in numbers[:EXAMPLES]),
    )


def _snapshots_line(desk: Desk, going: Going, policy: Policy) -> Line:
    gone = set(going.snapshots.going)
    manifests = desk.store.list()
    left = {path for one in manifests if one.number not in gone for path in one.part_paths()}
    freed = {path for one in manifests if one.number in gone for path in one.part_paths()} - left
    return Line(
        key="snapshots",
        label="Snapshots",
        rule=f"the newest {policy.snapshots:,}",
        there=going.snapshots_there,
        going=len(gone),
        bytes=sum(_file_bytes(desk.store.parts / path) for path in freed),
        oldest=min((one.created_at for one in manifests if one.number in gone), default=None),
        held=tuple(Counter(going.snapshots.held.values()).most_common()),
        examples=tuple(f"snapshot {number}" for number in _first(going.snapshots.going)),
    )


def folder_bytes(folder: Path) -> int:
    """Room of all files below a folder; 0 where it is gone."""
    return sum(_file_bytes(path) for path in folder.rglob("*") if path.is_file())


def _first(numbers: Sequence[int]) -> Sequence[int]:
    return numbers[:EXAMPLES]


def _file_bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
