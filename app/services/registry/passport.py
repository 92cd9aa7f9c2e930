"""The passport of a version: what it decides, how good it is where, and where it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from app.services.activation import Activation, time_line
from app.services.registry.comparing import measured
from app.services.registry.figures import figure
from app.services.registry.versions import one, primary_of
from app.services.registry.views import VersionRow
from data_access.errors import DataError
from ml import comparison
from ml.comparison import RULE, Interval
from ml.contract import Capability, Measure, candidate, capability

if TYPE_CHECKING:
    from app.context import Desk

OLD_DAYS = 30
"""Days after which what a version learned no longer goes without saying."""

FEW_CASES = 30
"""Cases of a segment under which its figure says little."""

CLEARLY = 0.02
"""Share by which the rule of thumb must be better in a segment to be named."""

FAR = 0.25
"""Share by which a segment must be worse than the whole to be named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measure of the version and of the rule of thumb on the same cases."""

    measure: Measure
    own: float | None
    rule: float | None
    interval: Interval | None  # of the kept cases, where luck can be told


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A segment with the primary figure."""

    group: str
    cases: int
    share: float  # of all cases
    own: float
    rule: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Passport:
    """One page about one version; instants are naive UTC."""

    capability: str
    label: str  # of the capability
    row: VersionRow
    question: str  # that it answers
    about: str  # how, in a sentence
    reads: tuple[str, ...]  # its inputs: "orders: one row an order"
    rule: str  # what it is measured against
    primary: Measure
    figures: tuple[Figure, ...]
    parts: tuple[Part, ...]  # largest first; empty: stored without its cases
    weak: tuple[str, ...]  # sentences
    not_for: tuple[str, ...]  # sentences
    activations: tuple[Activation, ...]  # that brought or took it, newest first
    before: tuple[int | None, ...]  # who decided before it, the latest first
    seed: int | None
    made_at: datetime
    data_to: date | None  # of the newest snapshot


def passport(desk: Desk, key: str, number: int, now: datetime) -> Passport:
    """
    Raises
    ------
    DataError : there is no such version.
    """
    found = capability(key)
    row = one(desk, key, number)
    version = row.version
    primary = primary_of(found)
    parts, intervals = _measured(desk, row)
    newest = desk.store.newest()
    data_to = newest.as_of_day if newest else None
    changes = [
        change
        for change in time_line(desk, key, limit=1_000, with_scopes=True)
        if number in (change.from_version, change.to_version)
    ]
    return Passport(
        capability=key,
        label=found.label,
        row=row,
        question=found.question,
        about=_about(found, version.candidate),
        reads=tuple(f"{frame.name.replace('_', ' ')}: {frame.row}" for frame in found.inputs),
        rule=version.baseline_label,
        primary=primary,
        figures=tuple(
            Figure(
                measure=each,
                own=version.metrics.get(each.slug),
                rule=version.baseline.get(each.slug),
                interval=_around(intervals.get(each.slug), version.metrics[each.slug]),
            )
            for each in found.measures
            if each.slug in version.metrics
        ),
        parts=parts,
        weak=tuple(
            _weak(
                parts,
                primary,
                version.metrics.get(primary.slug),
                [str(warning) for warning in version.summary.get("warnings", ())],
            )
        ),
        not_for=tuple(_not_for(found, row, parts, primary, data_to)),
        activations=tuple(changes),
        before=tuple(
            dict.fromkeys(change.from_version for change in changes if change.to_version == number)
        ),
        seed=version.summary.get("seed"),
        made_at=now,
        data_to=data_to,
    )


def _about(found: Capability, key: str) -> str:
    try:
        return candidate(found, key).about
    except Exception as error:
        if not hasattr(error, "remedy"):
            raise
        return "This kind of model is no longer offered."


def _measured(desk: Desk, row: VersionRow) -> tuple[tuple[Part, ...], dict[str, Interval]]:
    """Segments, and intervals by slug; neither where the cases are not kept or not sound."""
    try:
        side = measured(desk, row.version.capability, [row.number])
    except DataError:
        return (), {}
    if side is None:
        return (), {}
    own = str(row.number)
    parts = tuple(
        Part(
            group=each.group,
            cases=each.cases,
            share=each.weight,
            own=each.figures[own],
            rule=each.figures[RULE],
        )
        for each in side.segments
    )
    return parts, {slug: told[own] for slug, told in side.figures.items()}


def _weak(
    parts: tuple[Part, ...], primary: Measure, overall: float | None, warnings: Sequence[str]
) -> list[str]:
    told = []
    for each in parts:
        said = f"{primary.label} {figure(primary, each.own)}"
        if each.cases < FEW_CASES:
            told.append(f"{each.group}: only {each.cases} cases were kept: its figure says little.")
        elif worse_than_rule(each, primary):
            told.append(
                f"{each.group}: {said}; the rule of thumb is better, {figure(primary, each.rule)}."
            )
        elif overall is not None and _far_behind(each.own, overall, primary):
            told.append(f"{each.group}: {said}, over all {figure(primary, overall)}.")
    return [*told, *warnings]


def _far_behind(own: float, overall: float, primary: Measure) -> bool:
    """Whether a segment's figure is far worse than the whole's."""
    return float(comparison.gain(primary, overall, own)) > FAR * max(abs(overall), 1e-9)


def _around(one: Interval | None, value: float) -> Interval | None:
    """The interval, which is of the cases kept, around the figure of all cases measured."""
    if one is None or one.low is None or one.high is None:
        return None
    apart = value - one.value
    return Interval(value=value, low=one.low + apart, high=one.high + apart)


def worse_than_rule(part: Part, primary: Measure) -> bool:
    """Whether the rule of thumb is clearly better in a segment."""
    behind = float(comparison.gain(primary, part.rule, part.own))
    return behind > CLEARLY * max(abs(part.rule), 1e-9)


def _not_for(
    found: Capability,
    row: VersionRow,
    parts: tuple[Part, ...],
    primary: Measure,
    data_to: date | None,
) -> list[str]:
    version = row.version
    told = [f"Any question but this one: {found.question}"]
    if not version.beats_baseline:
        told.append(
            "Deciding without a reason given: it did not beat the rule of thumb "
            f"({version.baseline_label})."
        )
    if not row.scope.whole:
        told.append(f"Anything outside {row.scope_label}, for which alone it was trained.")
    horizon = version.parameters.get("horizon_weeks")
    if horizon is not None:
        told.append(f"More than {horizon} weeks ahead: it was neither trained nor measured there.")
    told += [
        f"{each.group}, as long as the rule of thumb is better there."
        for each in parts
        if each.cases >= FEW_CASES and worse_than_rule(each, primary)
    ]
    if data_to is not None and (days := (data_to - version.as_of).days) > OLD_DAYS:
        told.append(
            f"What began in the last {days} days: it learned up to {version.as_of:%d %B %Y} and "
            "knows nothing of what came since."
        )
    told.append("Data that look unlike those it learned from: the view Watch says whether they do.")
    return told
