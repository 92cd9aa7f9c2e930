"""What is kept for how long, what would go now, and what went."""

from __future__ import annotations

from app.access import Identity
from app.context import Desk
from app.ui import feedback, models_retention, skeleton, undo


def show(desk: Desk, person: Identity, capability: str) -> None:
    """The settings, the dry run with the removal by hand, and the last removals."""
    undo.show(desk)
    with skeleton.card("How long is kept what"), feedback.explain_errors():
        models_retention.settings(desk, person)
    with skeleton.card("What would go now"), feedback.explain_errors():
        models_retention.dry_run(desk, person)
    with skeleton.card("The last removals"), feedback.explain_errors():
        models_retention.last(desk)
