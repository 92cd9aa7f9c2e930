"""Threshold and capacity: what other thresholds would mean, before anybody lives with them."""

from __future__ import annotations

from app import cached
from app.access import Identity
from app.context import Desk
from app.services.fraud import thresholds
from app.ui import feedback, fraud_heading, fraud_threshold
from app.ui.skeleton import Row


def show(desk: Desk, person: Identity, *, title: Row, right: Row) -> None:
    """`title` holds the question, `right` whose scores are replayed."""
    fraud_heading.heading(desk, title)
    offered = thresholds.scored_versions(desk)
    if not offered:
        feedback.empty(
            "Nothing to replay yet",
            "Thresholds are replayed with the scores that a model gave orders whose end is known "
            "by now, 90 days and more ago. Train one under Compare and train; until then the "
            "plain rules decide with the thresholds in Settings.",
        )
        return
    with right:
        number = fraud_threshold.chooser(offered)
    with feedback.explain_errors():
        found = cached.fraud_history(str(desk.settings.home), number)
        decides = next(one.decides for one in offered if one.number == number)
        fraud_threshold.show(desk, person, found, thresholds.holding(desk), decides=decides)
