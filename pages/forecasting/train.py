"""Compare and train: which model is best, and does another one do better?"""

from __future__ import annotations

from app.access import Identity
from app.context import Desk
from app.ui import training


def show(desk: Desk, person: Identity) -> None:
    """The view that every capability has."""
    training.show(desk, person, "forecasting")
