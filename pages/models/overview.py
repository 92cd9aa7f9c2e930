"""Which models decide what, and how good they are."""

from __future__ import annotations

from app import cached
from app.access import Identity
from app.context import Desk
from app.services import registry
from app.ui import models_overview, state


def show(desk: Desk, person: Identity, capability: str) -> None:
    """Which models decide what, and how good they are."""
    now = state.now()
    told = registry.overview(desk, now, cached.live_quality)
    models_overview.figures(told)
    for row in told.rows:
        models_overview.card(desk, row, now)
