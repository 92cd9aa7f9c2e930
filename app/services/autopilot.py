"""Promotion and rollback by itself, where an admin allowed it.

A retrained version is compared with the champion on the newest cases whose truth is known, the
same for both. It cannot be asked itself, since it has learned from them: so its recipe learns once
more from what was known before them, and so does the champion's from as much earlier as the
champion is older (or the champion itself is asked, where it is older than these cases). What one
gains by promoting is just this: younger knowledge, or another recipe.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from app.jobs.kinds import ReportProgress
from app.services.activation import ActivationRefused, writing
from app.services.autopilot_words import led, rolled_back_text
from app.services.training.one import SEED
from app.services.triggers.material import Material
from data_access.errors import DataError
from data_access.kill_points import kill_point
from data_access.models import ModelVersion
from data_access.state import alerts, champions, version_notes
from data_access.state.engine import DecisionSession, StaleWriteError, utc_now
from data_access.state.experiments import running_experiment
from data_access.state.switches import get_switch
from data_access.state.tables import ChampionChange
from ml.errors import ModelError
from ml.lead import Lead, lead, paired

if TYPE_CHECKING:
    from app.context import Desk

BY = "worker"
REST = timedelta(days=7)
"""After a promotion by itself was taken back, for so long nothing is promoted by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was done, if anything, and why; a sentence for the log of the job."""

    acted: bool
    sentence: str
    change_id: int | None = None


def wait_as_challenger(desk: Desk, version: ModelVersion) -> None:
    """A retrained version waits beside the champion, in place of those that waited so before."""
    now = utc_now()
    with desk.state.decide(
        BY,
        "version.challenges",
        f"version:{version.capability}/{version.number}",
        after={"challenger": True},
    ) as session:
        for number, note in version_notes.notes_of(session, version.capability).items():
            if note.challenger and note.changed_by == BY and number != version.number:
                _challenge(session, version.capability, number, now, challenger=False)
        _challenge(session, version.capability, version.number, now, challenger=True)


def consider(
    desk: Desk, version: ModelVersion, *, progress: ReportProgress, now: datetime | None = None
) -> Outcome:
    """Promote a retrained version where that is allowed and it surely is better than the champion
    and than the rule of thumb; else say what keeps it waiting.
    """
    now = now or utc_now()
    key = version.capability
    waits = _waits(desk, key, now)
    if waits is not None:
        return Outcome(acted=False, sentence=waits)
    if not version.beats_baseline:
        return Outcome(acted=False, sentence="It did not beat the rule of thumb, so it waits.")
    manifest = desk.store.newest()
    assert manifest is not None  # the version learned from a snapshot
    known = Material(desk, key, manifest, now)
    seen = _row_version(desk, key)
    champion = known.champion
    if champion is not None and champion.number == version.number:
        return Outcome(acted=False, sentence="It decides already.")
    progress("Comparing with the champion on the newest data", 0.0)
    try:
        against = _on_newest(known, version, champion, progress)
    except (ModelError, DataError) as error:
        return Outcome(acted=False, sentence=f"It waits: it could not be compared. {error}")
    said = led(known.capability, against, champion)
    if not all(one.surely_better for one in against.values()):
        return Outcome(acted=False, sentence=f"It waits for a person: {said}")
    return _promote(desk, version, seen, f"Promoted by itself: {said}", now)


def look_back(
    desk: Desk, key: str, *, progress: ReportProgress, now: datetime | None = None
) -> Outcome:
    """Take a promotion by itself back, where the champion surely does worse on what came since
    than the version before it, or than the rule of thumb.
    """
    now = now or utc_now()
    seen = _row_version(desk, key)  # before the time line: whatever comes after is noticed
    change = promoted_by_itself(desk, key)
    if change is None:
        return Outcome(acted=False, sentence="Nothing was promoted by itself.")
    manifest = desk.store.newest()
    with desk.state.read() as session:
        switch = get_switch(session, key)
    if manifest is None or switch is None or not (switch.promotes and switch.active):
        return Outcome(acted=False, sentence="Nothing is decided by itself any more.")
    known = Material(desk, key, manifest, now)
    champion = known.champion
    assert champion is not None  # a promotion chose one
    try:
        before = (
            desk.models.version(key, change.from_version)
            if change.from_version is not None
            else None
        )
        progress("Comparing on what came since", 0.1)
        against = _since_promotion(known, champion, before)
    except (ModelError, DataError) as error:
        return Outcome(acted=False, sentence=f"It could not be looked back: {error}")
    if not against:
        return Outcome(acted=False, sentence="Nothing is known yet of what came since.")
    said = led(known.capability, against, before)
    if not any(one.surely_worse for one in against.values()):
        return Outcome(acted=False, sentence=f"The promotion stands: {said}")
    return _roll_back(desk, key, change, before, seen, f"Taken back by itself: {said}", now)


def promoted_by_itself(desk: Desk, key: str) -> ChampionChange | None:
    """The newest change of the champion, where a worker promoted a version by it."""
    with desk.state.read() as session:
        newest = champions.time_line(session, key, limit=1)
    change = newest[0] if newest else None
    if change is None or change.by != BY or change.undoes is not None or change.to_version is None:
        return None
    return change


def _waits(desk: Desk, key: str, now: datetime) -> str | None:
    """Why nothing is promoted by itself now, whatever the figures."""
    with desk.state.read() as session:
        try:
            _require_allowed(session, key)
        except ActivationRefused as refused:
            return str(refused)
        newest = champions.time_line(session, key, limit=1)
        change = newest[0] if newest else None
        if change is None or change.undoes is None or now - change.at > REST:
            return None
        undone = champions.get_change(session, change.undoes)
    if undone.by != BY:
        return None
    return (
        f"It waits: a promotion by itself was taken back on {change.at:%d %b %Y}, so for a week "
        "nothing is promoted by itself."
    )


def _require_allowed(session: Any, key: str) -> None:
    """Asked before the comparison and once more within the transaction that promotes."""
    switch = get_switch(session, key)
    if switch is None or not switch.promotes:
        raise ActivationRefused("It waits for a person to activate it.", remedy="Nothing to do.")
    if not switch.active:
        raise ActivationRefused("It waits: the capability is switched off.", remedy="Switch it on.")
    if running_experiment(session, key) is not None:
        raise ActivationRefused(
            "It waits: an experiment runs, which a promotion would end.", remedy="End it first."
        )


def _on_newest(
    known: Material, version: ModelVersion, champion: ModelVersion | None, progress: ReportProgress
) -> dict[str, Lead]:
    """How far the version's recipe is ahead, on the newest cases that neither had seen."""
    found = known.capability
    since = found.fresh_since(known.frames, as_of=known.as_of)
    progress("Learning once more from what came before", 0.1)
    fresh = _fit(known, version, since)
    progress("Asking it of the newest cases", 0.4)
    own = found.replay(fresh, known.frames, since=since, as_of=known.as_of)
    told = {"rule": lead(found, own, "predicted", "rule", seed=SEED)}
    if champion is not None:
        progress("Asking the champion", 0.5)
        if champion.as_of <= since:
            older = known.model(champion)
        else:
            older = _fit(known, champion, since - max(version.as_of - champion.as_of, timedelta(0)))
        other = found.replay(older, known.frames, since=since, as_of=known.as_of)
        both = paired(own, other)
        told["champion"] = lead(found, both, "predicted", "other", seed=SEED)
    return told


def _since_promotion(
    known: Material, champion: ModelVersion, before: ModelVersion | None
) -> dict[str, Lead]:
    """How far the champion is ahead on what came since both had learned; empty: nothing yet."""
    found = known.capability
    since = max(champion.as_of, before.as_of) if before else champion.as_of
    own = found.replay(known.model(champion), known.frames, since=since, as_of=known.as_of)
    if own.empty:
        return {}
    told = {"rule": lead(found, own, "predicted", "rule", seed=SEED)}
    if before is not None:
        other = found.replay(known.model(before), known.frames, since=since, as_of=known.as_of)
        told["champion"] = lead(found, paired(own, other), "predicted", "other", seed=SEED)
    return told


def _fit(known: Material, version: ModelVersion, as_of: date) -> Any:
    return known.capability.fit(
        version.candidate,
        known.frames,
        as_of=as_of,
        seed=SEED,
        parameters=version.parameters,
    )


def _promote(desk: Desk, version: ModelVersion, seen: int, reason: str, now: datetime) -> Outcome:
    key = version.capability
    try:
        with desk.state.decide(
            BY, "champion.activated", f"champion:{key}", reason=reason
        ) as session:
            _require_allowed(session, key)
            change = writing.write(
                desk,
                session,
                key,
                proposed=version,
                by=BY,
                now=now,
                passed=version.beats_baseline,
                reason=reason,
                expected=seen,
            )
            _challenge(session, key, version.number, now, challenger=False)
            alerts.raise_alert(
                session,
                capability=key,
                kind="promotion",
                key=f"{key}/promotion/{change.change_id}",
                urgency="info",
                title=f"Version {version.number} was promoted by itself",
                text=f"{reason} Undo it at Models, Who decides.",
                now=now,
            )
            kill_point("autopilot-written")
    except StaleWriteError:
        return Outcome(acted=False, sentence="It waits: somebody chose another version meanwhile.")
    except ActivationRefused as refused:
        return Outcome(acted=False, sentence=str(refused))
    writing.ask_for_what_follows(desk, change)
    return Outcome(acted=True, sentence=reason, change_id=change.change_id)


def _roll_back(
    desk: Desk,
    key: str,
    change: ChampionChange,
    before: ModelVersion | None,
    seen: int,
    reason: str,
    now: datetime,
) -> Outcome:
    try:
        with desk.state.decide(BY, "champion.undone", f"champion:{key}", reason=reason) as session:
            back = writing.write(
                desk,
                session,
                key,
                proposed=before,
                by=BY,
                now=now,
                passed=before is None or before.beats_baseline,
                reason=reason,
                expected=seen,
                undoes=change.change_id,
            )
            alerts.raise_alert(
                session,
                capability=key,
                kind="rollback",
                key=f"{key}/rollback/{back.change_id}",
                urgency="watch",
                title=f"Version {change.to_version} was taken back by itself",
                text=f"{reason} {rolled_back_text(before)}",
                now=now,
            )
            kill_point("autopilot-rolled-back")
    except StaleWriteError:
        return Outcome(acted=False, sentence="Somebody chose another version meanwhile.")
    except ActivationRefused as refused:
        return Outcome(acted=False, sentence=str(refused))
    writing.ask_for_what_follows(desk, back)
    return Outcome(acted=True, sentence=reason, change_id=back.change_id)


def _row_version(desk: Desk, key: str) -> int:
    with desk.state.read() as session:
        row = champions.get_champion(session, key)
    return row.version if row else 0


def _challenge(
    session: DecisionSession, key: str, number: int, now: datetime, *, challenger: bool
) -> None:
    version_notes.set_challenger(
        session, capability=key, number=number, challenger=challenger, by=BY, now=now
    )
