"""Begin an experiment, and give its challenger more to decide."""

from __future__ import annotations

import math
import secrets
from typing import TYPE_CHECKING

from app.access import Identity, Permission, require
from app.services.activation.changing import overtaken, require_sound
from app.services.activation.views import name_of
from app.services.activation.writing import (
    ask_for_publication,
    refuse_where_gone,
    refuse_where_off,
)
from app.services.done import Done
from app.services.experiments.arms import Mode
from app.services.experiments.views import ExperimentRefused
from data_access.models import ModelVersion
from data_access.state import champions
from data_access.state import experiments as store
from data_access.state.engine import DecisionSession, stale, utc_now
from data_access.state.model_tables import Experiment

if TYPE_CHECKING:
    from app.context import Desk

LEAST_SHARE, MOST_SHARE = 0.01, 0.9
"""A challenger that decides nearly everything is a champion, and has a flow of its own."""


def start(
    desk: Desk,
    by: Identity,
    capability: str,
    challenger: int,
    *,
    mode: Mode,
    share: float = 0.0,
    expected_champion: int | None = None,
    reason: str | None = None,
) -> Done:
    """Let a challenger decide for a share of the units, or answer everything in shadow.

    Parameters
    ----------
    share : 0.01 to 0.9 of the units; not heeded in shadow.
    expected_champion : `ChampionView.row_version` that the person saw; None: do not check.
    reason : one sentence, required where the challenger decides without having beaten the rule of
        thumb.

    Raises
    ------
    AccessDenied : the role may not.
    ExperimentRefused : one runs already, the challenger decides already or was trained for a
        part of the shop, the share is out of bounds, or the reason is missing.
    ActivationRefused : the capability is switched off, the champion changed meanwhile, or the
        version's files are not sound.
    DataError : there is no such version.
    """
    require(by, Permission.manage_models)
    split = mode == "split"
    share = _checked(share) if split else 0.0
    proposed = desk.models.version(capability, challenger)
    _fits(proposed, split, reason)
    require_sound(desk, proposed)
    with desk.state.decide(
        by.name, "experiment.started", f"experiment:{capability}", reason=reason
    ) as session:
        refuse_where_off(session, capability)
        refuse_where_gone(desk, proposed)
        champion = champions.get_champion(session, capability)
        if expected_champion is not None and expected_champion != (
            champion.version if champion else 0
        ):
            raise overtaken(desk, capability)
        decides = champion.model_version if champion else None
        _free(session, capability)
        if decides == challenger:
            raise ExperimentRefused(
                f"Version {challenger} decides already.", remedy="Choose another challenger."
            )
        row = Experiment(
            capability=capability,
            running_of=capability,
            mode=mode,
            champion=decides,
            challenger=challenger,
            share=share,
            salt=secrets.token_hex(8),
            started_at=utc_now(),
            started_by=by.name,
        )
        session.add(row)
        session.flush()
        session.object = f"experiment:{row.experiment_id}"
        session.after = {
            "capability": capability,
            "mode": mode,
            "champion": decides,
            "challenger": challenger,
            "share": share,
        }
    if split:
        ask_for_publication(desk)
    return Done(
        text=_said(row),
        number=row.experiment_id,
        version=row.version,
        entry_id=session.entry_id,
        back=lambda desk, who: _drop(desk, who, row.experiment_id, row.version),
    )


def set_share(desk: Desk, by: Identity, experiment_id: int, share: float, *, expected: int) -> Done:
    """Give the challenger more or fewer of the units.

    More: no unit that it decides goes back to the champion. Fewer: some do.

    Raises
    ------
    AccessDenied, StaleWriteError : nothing was changed.
    ExperimentRefused : it runs in shadow or has ended, or the share is out of bounds.
    """
    require(by, Permission.manage_models)
    share = _checked(share)
    with desk.state.decide(
        by.name, "experiment.share_changed", f"experiment:{experiment_id}"
    ) as session:
        row = running_row(session, experiment_id, expected)
        if row.mode != "split":
            raise ExperimentRefused(
                "A challenger in shadow decides nothing.",
                remedy="End this experiment and begin one that splits decisions.",
            )
        before, row.share = row.share, share
        session.flush()
        session.before, session.after = {"share": before}, {"share": share}
    ask_for_publication(desk)
    return Done(
        text=f"The challenger decides for {share * 100:.0f} % now.",
        number=experiment_id,
        version=row.version,
        entry_id=session.entry_id,
        back=lambda desk, who: set_share(desk, who, experiment_id, before, expected=row.version),
    )


def running_row(session: DecisionSession, experiment_id: int, expected: int | None) -> Experiment:
    """The row of an experiment that still runs, as the person saw it."""
    row = store.get_experiment(session, experiment_id)
    if row.running_of is None:
        raise ExperimentRefused(
            f"{row.ended_by} ended this experiment meanwhile ({row.ending}); nothing was changed.",
            remedy="Reload; a new one can begin.",
        )
    if expected is not None and expected != row.version:
        raise stale()
    return row


def _free(session: DecisionSession, capability: str) -> None:
    other = store.running_experiment(session, capability)
    if other is not None:
        raise ExperimentRefused(
            f"An experiment with version {other.challenger} runs already; {other.started_by} began "
            "it.",
            remedy="End that one first: two at once would blur each other.",
        )


def _fits(proposed: ModelVersion, split: bool, reason: str | None) -> None:
    if not proposed.scope.whole:
        raise ExperimentRefused(
            f"Version {proposed.number} was trained for a part of the shop only.",
            remedy="Choose a version for the whole shop.",
        )
    if split and not proposed.beats_baseline and not (reason or "").strip():
        raise ExperimentRefused(
            f"Version {proposed.number} did not beat the rule of thumb, and no reason was given.",
            remedy="Say in a sentence why it should decide for some, or let it answer in shadow.",
        )


def _checked(share: float) -> float:
    number = isinstance(share, int | float) and not isinstance(share, bool)
    if not number or not math.isfinite(share) or not LEAST_SHARE <= share <= MOST_SHARE:
        raise ExperimentRefused(
            f"A challenger cannot decide for a share of {share!r}.",
            remedy=f"Give {LEAST_SHARE * 100:.0f} to {MOST_SHARE * 100:.0f} %; to let it decide "
            "for all, activate it.",
        )
    return float(share)


def _said(row: Experiment) -> str:
    against = name_of(row.champion).lower()
    if row.mode == "shadow":
        return f"Version {row.challenger} answers beside {against} and decides nothing."
    return (
        f"Version {row.challenger} decides for {row.share * 100:.0f} %, {against} for the others."
    )


def _drop(desk: Desk, by: Identity, experiment_id: int, expected: int) -> Done:
    from app.services.experiments.ending import end

    return end(desk, by, experiment_id, "drop", "Taken back.", expected=expected)
