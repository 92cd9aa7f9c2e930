"""One change of who decides, within a transaction: champion, time line, pin, what ran beside it."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING

from app.services.activation.views import Activation, ActivationRefused, view_of
from app.services.capabilities import name_of
from data_access.models import ModelVersion
from data_access.scope import split
from data_access.state import champions, experiments
from data_access.state.engine import DecisionSession
from data_access.state.pins import pin, unpin
from data_access.state.switches import get_switch

if TYPE_CHECKING:
    from app.context import Desk

log = logging.getLogger("shopsight.activation")


def write(
    desk: Desk,
    session: DecisionSession,
    key: str,
    *,
    proposed: ModelVersion | None,
    by: str,
    now: datetime,
    passed: bool,
    reason: str | None,
    expected: int | None,
    undoes: int | None = None,
) -> Activation:
    """The champion's row, its time line, the pin of its snapshot and the end of what ran beside.

    Parameters
    ----------
    key : a capability, or the key of a scope of it.
    proposed : None: the rule of thumb, or in a scope the model of the whole.
    expected : `Champion.version` that the person saw; None: do not check.

    Raises
    ------
    ActivationRefused : the capability is switched off, or the version was deleted meanwhile.
    StaleWriteError : the champion changed meanwhile.
    """
    refuse_where_off(session, key)
    refuse_where_gone(desk, proposed)
    return move(
        session,
        key,
        proposed=proposed,
        by=by,
        now=now,
        passed=passed,
        reason=reason,
        expected=expected,
        undoes=undoes,
    )


def move(
    session: DecisionSession,
    key: str,
    *,
    proposed: ModelVersion | None,
    by: str,
    now: datetime,
    passed: bool,
    reason: str | None,
    expected: int | None,
    undoes: int | None = None,
) -> Activation:
    """As `write`, also where the capability is switched off; before and after go to the audit."""
    number = proposed.number if proposed is not None else None
    change = champions.change_champion(
        session,
        capability=key,
        to_version=number,
        by=by,
        now=now,
        passed_check=passed,
        reason=reason,
        undoes=undoes,
        expected_version=expected,
    )
    holder = f"model:{key}"
    unpin(session, holder=holder)
    if proposed is not None:
        pin(session, snapshot=proposed.snapshot, holder=holder, now=now)
    session.before = {"version": change.from_version}
    session.after = {"version": number, "passed_check": passed, "undoes": undoes}
    if split(key)[1].whole:
        ended = experiments.end_for_champion(session, key, champion=number, by=by, now=now)
        if ended is not None:
            session.after["experiment"] = {"number": ended.experiment_id, "ending": ended.ending}
    return view_of(change)


def refuse_where_off(session: DecisionSession, key: str) -> None:
    """Within the transaction: nothing is chosen for a capability that is switched off."""
    row = get_switch(session, split(key)[0])
    if row is not None and not row.active:
        raise ActivationRefused(
            f"{name_of(split(key)[0])} is switched off; no version decides until it is on again.",
            remedy="An admin switches it on again at Models, Who decides; then choose the version.",
        )


def refuse_where_gone(desk: Desk, proposed: ModelVersion | None) -> None:
    """Within the transaction, which a deletion waits for: the version's files are still there."""
    if proposed is None or desk.models.stored_by(proposed.capability, proposed.job_id) is not None:
        return
    raise ActivationRefused(
        f"Version {proposed.number} was deleted meanwhile; nothing was changed.",
        remedy="Choose another version.",
    )


def ask_for_what_follows(desk: Desk, change: Activation) -> None:
    """Ask for a publication and for MLflow's alias; the worker asks again for what is missing."""
    ask_for_publication(desk)
    try:  # one look mends the aliases of all
        desk.jobs.start("mend", {}, "worker", job_id=f"mend-{change.change_id}")
    except Exception:
        # The decision stands; a queue that does not answer must not make it look otherwise.
        log.exception("aliases were not mended after activation %s", change.change_id)


def ask_for_publication(desk: Desk) -> None:
    """Ask for what shows who decides now; the worker asks again for what is missing."""
    from app.jobs.following import ask_for_publications

    try:
        ask_for_publications(desk.jobs, desk.state, desk.settings)
    except Exception:
        log.exception("a publication was not asked for")
