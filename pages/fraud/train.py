"""Compare and train: which model is best, and does another one do better?"""

from __future__ import annotations

from app.access import Identity
from app.context import Desk
from app.ui import fraud_heading, training
from app.ui.skeleton import Row


def show(desk: Desk, person: Identity, *, title: Row, right: Row) -> None:
    """The view that every capability has."""
    fraud_heading.heading(desk, title)
    training.show(desk, person, "fraud")
