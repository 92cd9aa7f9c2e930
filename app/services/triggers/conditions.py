"""Whether a trigger's time has come, and the sentence that says so with its figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.services.training.one import SEED
from app.services.triggers.material import Material
from app.services.triggers.views import due_at
from data_access.errors import DataError
from data_access.models import ModelVersion
from data_access.state.drift import newest_check
from data_access.state.model_tables import Trigger
from ml.lead import FEWEST_UNITS, ratio

REST_DAYS = 7
"""Days of new data after which drift or a fall in quality asks once more, where a version that was
trained for it waits to be activated."""

SEASONS = ("winter", "spring", "summer", "autumn")

HEAVY = ("quality", "pattern")
"""Kinds that read all data: looked at once a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    due: bool
    said: str


def answer(row: Trigger, known: Material) -> Answer:
    """The look at one trigger; `known` says that a champion decides and that there are new data."""
    found = _OF[row.kind](row, known)
    if found.due and row.kind in ("quality", "drift") and known.rests(REST_DAYS):
        number = known.newest.number if known.newest else 0
        return Answer(
            due=False,
            said=f"{found.said} Version {number} has learned of it and waits to be activated.",
        )
    return found


def season_of(day: date) -> str:
    """Winter begins in December."""
    return SEASONS[day.month % 12 // 3]


def _clock(row: Trigger, known: Material) -> Answer:
    at = due_at(row, known.desk.zone)
    if at is not None and at <= known.now:
        return Answer(due=True, said="Its time had come.")
    return Answer(due=False, said="Its time has not come yet.")


def _growth(row: Trigger, known: Material) -> Answer:
    newest = _newest(known)
    now = known.manifest.tables["orders"].rows
    try:
        then = known.desk.store.get(newest.snapshot).tables["orders"].rows
    except DataError:
        return Answer(
            due=True,
            said=f"Snapshot {newest.snapshot}, from which version {newest.number} learned, is no "
            "longer kept: by how much the data grew is not known, so it learns anew.",
        )
    wanted = float(row.value["share"])
    grown = now / then - 1 if then else 0.0
    said = (
        f"{now:,} orders against {then:,} when version {newest.number} learned: "
        f"{grown * 100:+.1f} %, asked for {wanted * 100:g} %."
    ).replace("-", "−")
    return Answer(due=grown >= wanted, said=said)


def _quality(row: Trigger, known: Material) -> Answer:
    champion = _champion(known)
    found = known.capability
    cases = found.replay(
        known.model(champion), known.frames, since=champion.as_of, as_of=known.as_of
    )
    if cases.empty or cases["unit"].nunique() < FEWEST_UNITS:
        return Answer(
            due=False,
            said=f"Too early to tell: of what came since {champion.as_of:%d %b %Y}, "
            f"{len(cases):,} cases are known.",
        )
    measure = next(m for m in found.measures if m.slug == found.primary)
    own, rule = champion.metrics.get(measure.slug), champion.baseline.get(measure.slug)
    if not own or not rule:
        return Answer(due=False, said="The champion was measured without a rule of thumb.")
    then, now = own / rule, ratio(found, cases, seed=SEED)
    wanted = float(row.value["share"])
    lower = measure.better != "higher"
    fell = now.value / then - 1 if lower else 1 - now.value / then
    # Even by good luck it would have to be worse than it was when it was measured.
    surely = now.low > then if lower else now.high < then
    said = (
        f"{measure.label} over the rule of thumb's: {now.value:.2f} since "
        f"{champion.as_of:%d %b %Y} ({now.low:.2f} to {now.high:.2f} by luck alone, "
        f"{now.cases:,} cases), {then:.2f} when it was measured: "
        f"{abs(fell) * 100:.0f} % {'worse' if fell > 0 else 'better'}, asked for "
        f"{wanted * 100:g} %."
    )
    if fell >= wanted and not surely:
        said += " That can be luck."
    return Answer(due=fell >= wanted and surely, said=said)


def _season(row: Trigger, known: Material) -> Answer:
    newest = _newest(known)
    now, then = season_of(known.as_of), season_of(newest.as_of)
    away = (known.as_of - newest.as_of).days
    if now != then or away > 93:
        said = f"It is {now} now; version {newest.number} learned in {then}, {away} days ago."
        return Answer(due=True, said=said)
    return Answer(due=False, said=f"It is {now}, as when version {newest.number} learned.")


def _drift(row: Trigger, known: Material) -> Answer:
    champion = _champion(known)
    with known.desk.state.read() as session:
        check = newest_check(session, known.capability.key, champion.number)
    if check is None:
        return Answer(due=False, said="Drift has not been looked at for this champion yet.")
    bound = float(row.value["bound"])
    said = f"Drift of {check.day:%d %b %Y} scores {check.score:.2f}, asked for {bound:g}."
    return Answer(due=check.score >= bound, said=f"{said} {check.sentence}".strip())


def _pattern(row: Trigger, known: Material) -> Answer:
    newest = _newest(known)
    patterns: Callable[..., dict[str, str]] | None = getattr(known.capability, "patterns", None)
    if patterns is None:
        return Answer(due=False, said="Patterns are not known of this capability.")
    found = patterns(known.frames, as_of=known.as_of, seed=SEED)
    before = bursts_of(newest)
    new = [said for where, said in found.items() if where not in before]
    if new:
        return Answer(due=True, said=f"Version {newest.number} did not know: {' '.join(new)}")
    return Answer(
        due=False,
        said=f"None that version {newest.number} did not know; {len(found)} known by now.",
    )


def bursts_of(version: ModelVersion) -> dict[str, str]:
    """Bursts that a version found when it learned."""
    from ml.fraud.bursts import by_place

    rows: list[dict[str, Any]] = (version.summary.get("tables") or {}).get("bursts") or []
    return by_place(rows)


def _champion(known: Material) -> ModelVersion:
    assert known.champion is not None  # looked at before any condition
    return known.champion


def _newest(known: Material) -> ModelVersion:
    return known.newest or _champion(known)


_OF: dict[str, Callable[[Trigger, Material], Answer]] = {
    "days": _clock,
    "cron": _clock,
    "growth": _growth,
    "quality": _quality,
    "season": _season,
    "drift": _drift,
    "pattern": _pattern,
}
