"""Comparisons that were worked out, kept by this process until they are no longer true."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any

from app.services.experiments import outcomes as worked_out
from app.services.experiments.outcomes import Outcomes
from app.services.experiments.planning import Plan, champion_of, plan

if TYPE_CHECKING:
    from app.context import Desk

MOST = 64
_kept: OrderedDict[tuple[object, ...], Any] = OrderedDict()
_lock = Lock()


def outcomes(desk: Desk, experiment_id: int) -> Outcomes:
    """What came of an experiment; drawn anew whenever another outcome has come (a second)."""
    stamp = worked_out.stamp(desk, experiment_id)
    found: Outcomes = _remembered(
        (str(desk.settings.home), experiment_id, stamp),
        lambda: worked_out.outcomes(desk, experiment_id),
    )
    return found


def planned(desk: Desk, capability: str, share: float) -> Plan | None:
    """What a split would take; a version never changes, so that it is drawn once."""
    number = champion_of(desk, capability)
    found: Plan | None = _remembered(
        (str(desk.settings.home), capability, number, round(share, 4)),
        lambda: plan(desk, capability, share),
    )
    return found


def _remembered(key: tuple[object, ...], make: Callable[[], Any]) -> Any:
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    made = make()
    with _lock:
        _kept[key] = made
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    return made
