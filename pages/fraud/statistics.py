"""Statistics: how good were scores and decisions, and how much work was it?"""

from __future__ import annotations

from app.access import Identity
from app.context import Desk
from app.services.fraud import statistics
from app.ui import feedback, fraud_heading, fraud_statistics, state
from app.ui.skeleton import Row


def show(desk: Desk, person: Identity, *, title: Row, right: Row) -> None:
    """`title` holds the question, `right` the period."""
    fraud_heading.heading(desk, title)
    with right:
        days = fraud_statistics.period()
    with feedback.explain_errors():
        fraud_statistics.show(desk, statistics.statistics(desk, now=state.now(), days=days))
