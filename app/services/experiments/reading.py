"""Experiments for pages: the one that runs, and those that ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.services.experiments.views import ExperimentView, view_of
from data_access.state import experiments as store

if TYPE_CHECKING:
    from app.context import Desk


def ended(desk: Desk, capability: str, *, limit: int = 10) -> list[ExperimentView]:
    """Those that ended, newest first."""
    with desk.state.read() as session:
        rows = store.list_experiments(session, capability, limit=limit, ended_only=True)
        return [view_of(row) for row in rows]


def current(desk: Desk, capability: str) -> ExperimentView | None:
    """The one that runs, or None."""
    with desk.state.read() as session:
        row = store.running_experiment(session, capability)
        return view_of(row) if row is not None else None
