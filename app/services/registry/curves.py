"""How much history a version needs: it is measured again on shares of what it learned from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from app.access import Identity, Permission, require
from app.jobs.kinds import JobError, Json, ReportProgress
from app.services import jobs
from app.services.registry.comparing import cases_of
from app.services.registry.figures import figure, lead
from app.services.registry.versions import primary_of
from app.services.registry.views import VersionRefused
from app.services.training import scopes, service_of
from app.services.training.one import CASES, SEED, part
from data_access.errors import DataError
from data_access.models import ModelVersion
from data_access.state.engine import utc_now
from data_access.state.pins import pin, unpin
from ml import comparison, contract
from ml.comparison import RULE, SideBySide
from ml.contract import Capability, Frames, Measure

if TYPE_CHECKING:
    from app.context import Desk

SHARES = (0.25, 0.5)
"""Of the history; the whole of it is known from the version's own evaluation."""

KEPT = "curve.json"
"""Beside the model's files: it is found out later, and they never change."""

WHOLE = "100 %"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The primary figure with a share of the history, on the cases common to all shares."""

    share: float
    first_day: str  # of the history, ISO
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """What more history brings."""

    points: tuple[Point, ...]  # the least history first
    rule: float  # the rule of thumb's figure on the same cases
    cases: int
    sentence: str
    left_out: tuple[str, ...]  # shares of which nothing could be learned, and why


def curve(desk: Desk, capability: str, number: int) -> Curve | None:
    """What was found out; None: nobody has asked yet.

    Raises
    ------
    DataError : there is no such version.
    """
    kept = desk.models.beside(capability, number, KEPT)
    if kept is None:
        return None
    return Curve(
        points=tuple(Point(**one) for one in kept["points"]),
        rule=kept["rule"],
        cases=kept["cases"],
        sentence=kept["sentence"],
        left_out=tuple(kept["left_out"]),
    )


def ask(desk: Desk, identity: Identity, capability: str, number: int) -> str:
    """Let a worker find it out; gives the job's id.

    Raises
    ------
    AccessDenied : the role may not.
    VersionRefused : the version was stored without its cases.
    """
    require(identity, Permission.manage_models)
    if CASES not in desk.models.head(capability, number).files:
        raise VersionRefused(
            f"Version {number} was stored without the cases it was measured on.",
            remedy="Train it again; then its learning curve can be found out.",
        )
    return jobs.start(
        desk, identity, "learning_curve", {"capability": capability, "version": number}
    )


def work_out(desk: Desk, capability: str, number: int, progress: ReportProgress) -> Curve:
    """Measure the version's candidate on shares of its history, and keep what came of it.

    Raises
    ------
    JobError : its snapshot is gone, or no share holds enough to learn from.
    DataError : its cases are not what was stored.
    """
    found = contract.capability(capability)
    version = desk.models.version(capability, number)
    cases = cases_of(desk, capability, number)
    if cases is None:
        raise JobError(f"Version {number} was stored without its cases.", remedy="Train it again.")
    progress("Reading the data", 0.0, f"Snapshot {version.snapshot}.")
    frames = _frames(desk, version)
    rows: dict[str, pd.DataFrame] = {}
    days: dict[str, str] = {}
    left_out: list[str] = []
    for at, share in enumerate(SHARES):
        name = f"{share * 100:.0f} %"
        fewer, days[name] = recent(found, frames, version, share)
        try:
            told = found.evaluate(
                version.candidate,
                fewer,
                as_of=version.as_of,
                seed=SEED,
                parameters=version.parameters,
                progress=part(progress, 0.05 + 0.45 * at, 0.05 + 0.45 * (at + 1)),
            )
        except contract.ModelError as error:
            left_out.append(f"{name}: {error}")
            continue
        if told.case_rows is not None:
            rows[name] = told.case_rows
    days[WHOLE] = recent(found, frames, version, 1.0)[1]
    rows[WHOLE] = cases
    side = None
    if len(rows) > 1:
        side = comparison.side_by_side(rows, found.figures, primary_of(found))
    if side is None:
        raise JobError(
            "No share of the history could be measured on the cases of the whole. "
            + " ".join(left_out),
            remedy="Wait for more history: a year says more than months.",
        )
    made = _told(side, primary_of(found), days, left_out)
    desk.models.keep_beside(capability, number, KEPT, _json(made))
    progress("Kept", 1.0, made.sentence)
    return made


def _frames(desk: Desk, version: ModelVersion) -> Frames:
    """What the version learned from; its snapshot stays while it is read."""
    holder = f"curve:{version.capability}/{version.number}"
    with desk.state.write() as session:
        pin(session, snapshot=version.snapshot, holder=holder, now=utc_now())
    try:
        manifest = desk.store.get(version.snapshot)
        frames = service_of(version.capability).frames(desk, manifest)
    except DataError as error:
        raise JobError(
            f"Snapshot {version.snapshot}, from which it learned, is gone.",
            remedy="Train it again on the newest snapshot, then ask for its curve.",
        ) from error
    finally:
        with desk.state.write() as session:
            unpin(session, holder=holder)
    return scopes.cut(frames, version.scope)


def recent(
    found: Capability, frames: Frames, version: ModelVersion, share: float
) -> tuple[Frames, str]:
    """The frames with the newest share of the main one's days, and its first day.

    The main frame is the first that the capability declares; its time is its first column of
    instants. Everything else (products, holidays, labels) is known whatever the history.
    """
    main = found.inputs[0]
    time = next(one.name for one in main.columns if one.dtype.startswith("datetime64"))
    instants = frames[main.name][time]
    end = pd.Timestamp(version.as_of) + pd.Timedelta(days=1)
    begin = end - (end - instants.min()) * share
    kept = frames[main.name][instants >= begin]
    fewer: Mapping[str, pd.DataFrame] = {**frames, main.name: kept}
    return fewer, kept[time].min().date().isoformat() if len(kept) else ""


def _told(side: SideBySide, primary: Measure, days: dict[str, str], left_out: list[str]) -> Curve:
    own = side.figures[primary.slug]
    points = tuple(
        Point(
            share=float(name.split()[0]) / 100,
            first_day=days[name],
            value=own[name].value,
            low=own[name].low,
            high=own[name].high,
        )
        for name in side.names
    )
    return Curve(
        points=points,
        rule=own[RULE].value,
        cases=side.cases,
        sentence=_sentence(side, primary),
        left_out=tuple(left_out),
    )


def _sentence(side: SideBySide, primary: Measure) -> str:
    """Whether more history helped, by its largest share against the whole."""
    less = side.names[-2]
    pair = next(one for one in side.differences if {one.better, one.worse} == {less, WHOLE})
    own = figure(primary, side.figures[primary.slug][WHOLE].value)
    if pair.p is None:
        return f"{primary.label} {own}; too few units to tell whether more history helps."
    by = lead(primary, pair.lead)
    if pair.chance:
        return (
            f"With {less} of the history it would be about as good ({by} apart, which could be "
            "chance): more history hardly helps."
        )
    if pair.better == WHOLE:
        return (
            f"With {less} of the history it would be worse by {by}, more than chance: it lives on "
            "its history, and more of it may help further."
        )
    return (
        f"With {less} of the history it would be better by {by}, more than chance: what is old "
        "misleads it."
    )


def _json(made: Curve) -> Json:
    points: list[dict[str, Any]] = [
        {
            "share": one.share,
            "first_day": one.first_day,
            "value": one.value,
            "low": one.low,
            "high": one.high,
        }
        for one in made.points
    ]
    return {
        "points": points,
        "rule": made.rule,
        "cases": made.cases,
        "sentence": made.sentence,
        "left_out": list(made.left_out),
    }
