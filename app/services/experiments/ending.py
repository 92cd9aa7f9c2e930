"""End an experiment: the challenger becomes champion, or goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from app.access import Identity, Permission, require
from app.services.activation import Activation, promote_permission
from app.services.activation import undo as undo_activation
from app.services.activation.changing import require_sound
from app.services.activation.writing import (
    ask_for_publication,
    ask_for_what_follows,
    refuse_where_gone,
    refuse_where_off,
    write,
)
from app.services.done import Done
from app.services.experiments.beginning import running_row
from app.services.experiments.views import ExperimentRefused
from data_access.kill_points import kill_point
from data_access.state import champions
from data_access.state import experiments as store
from data_access.state.engine import utc_now

if TYPE_CHECKING:
    from app.context import Desk

How = Literal["promote", "drop"]

REASONS = {
    "promote": ("It was surely better", "It was no worse and is simpler", "We take the risk"),
    "drop": ("It was surely worse", "It made no difference", "We need no further look"),
}
"""Offered where an experiment is ended; any other sentence is taken too."""


def end(
    desk: Desk,
    by: Identity,
    experiment_id: int,
    how: How,
    reason: str,
    *,
    expected: int | None = None,
) -> Done:
    """Promote the challenger or drop it; the champion's change is in the same transaction.

    Parameters
    ----------
    reason : one sentence; it stands in the time line.
    expected : `ExperimentView.row_version` that the person saw; None: do not check.

    Raises
    ------
    AccessDenied, StaleWriteError : nothing was changed.
    ExperimentRefused : it has ended, or no reason was given.
    ActivationRefused : the capability is switched off, or the version's files are not sound.
    """
    require(by, Permission.manage_models)
    why = reason.strip()
    if not why:
        raise ExperimentRefused(
            "The experiment was not ended: no reason was given.", remedy="Say in a sentence why."
        )
    if how == "promote":
        return _promote(desk, by, experiment_id, why, expected)
    return _drop(desk, by, experiment_id, why, expected)


def _promote(desk: Desk, by: Identity, experiment_id: int, why: str, expected: int | None) -> Done:
    with desk.state.read() as session:
        seen = store.get_experiment(session, experiment_id)
    require(by, promote_permission(seen.capability))
    proposed = desk.models.version(seen.capability, seen.challenger)
    require_sound(desk, proposed)
    now = utc_now()
    with desk.state.decide(
        by.name, "experiment.promoted", f"experiment:{experiment_id}", reason=why
    ) as session:
        row = running_row(session, experiment_id, expected)
        store.end_experiment(session, row, ending="promoted", by=by.name, now=now, reason=why)
        # The champion is the one that it began with: any change would have ended it.
        activation = write(
            desk,
            session,
            row.capability,
            proposed=proposed,
            by=by.name,
            now=now,
            passed=proposed.beats_baseline,
            reason=f"Experiment {experiment_id}: {why}",
            expected=None,
        )
        kill_point("experiment-promoted-written")
    kill_point("experiment-promoted-committed")
    ask_for_what_follows(desk, activation)
    return Done(
        text=f"Version {row.challenger} decides from now on.",
        number=experiment_id,
        version=row.version,
        entry_id=session.entry_id,
        back=lambda desk, who: _champion_back(desk, who, activation),
    )


def _drop(desk: Desk, by: Identity, experiment_id: int, why: str, expected: int | None) -> Done:
    with desk.state.decide(
        by.name, "experiment.dropped", f"experiment:{experiment_id}", reason=why
    ) as session:
        row = running_row(session, experiment_id, expected)
        store.end_experiment(session, row, ending="dropped", by=by.name, now=utc_now(), reason=why)
        session.before, session.after = {"ending": None}, {"ending": "dropped"}
        kill_point("experiment-dropped-written")
    ask_for_publication(desk)
    return Done(
        text=f"Version {row.challenger} is out; the champion decides for all.",
        number=experiment_id,
        version=row.version,
        entry_id=session.entry_id,
        back=lambda desk, who: _reopen(desk, who, experiment_id, row.version),
    )


def _reopen(desk: Desk, by: Identity, experiment_id: int, expected: int) -> Done:
    """A dropped experiment goes on where nothing came between."""
    require(by, Permission.manage_models)
    with desk.state.read() as session:
        seen = store.get_experiment(session, experiment_id)
    proposed = desk.models.version(seen.capability, seen.challenger)
    with desk.state.decide(
        by.name, "experiment.reopened", f"experiment:{experiment_id}"
    ) as session:
        row = store.get_experiment(session, experiment_id)
        refuse_where_off(session, row.capability)
        refuse_where_gone(desk, proposed)
        champion = champions.get_champion(session, row.capability)
        decides = champion.model_version if champion else None
        other = store.running_experiment(session, row.capability)
        if row.version != expected or other is not None or decides != row.champion:
            raise ExperimentRefused(
                "Something came between; the experiment stays ended.", remedy="Begin a new one."
            )
        row.running_of, row.ending = row.capability, None
        row.ended_at = row.ended_by = row.reason = None
        session.flush()
        session.before, session.after = {"ending": "dropped"}, {"ending": None}
    ask_for_publication(desk)
    return Done(
        text="The experiment goes on.",
        number=experiment_id,
        version=row.version,
        entry_id=session.entry_id,
        back=lambda desk, who: end(
            desk, who, experiment_id, "drop", "Taken back.", expected=row.version
        ),
    )


def _champion_back(desk: Desk, by: Identity, activation: Activation) -> Done:
    """The champion of before decides again; the experiment stays ended."""
    change = undo_activation(desk, by, activation.change_id)
    return Done(
        text=change.sentence,
        number=change.change_id,
        version=0,
        entry_id=0,
        back=lambda desk, who: _champion_back(desk, who, change),
    )
