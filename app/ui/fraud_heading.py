"""What the views of Fraud review share: the question, and the line beneath it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from app import cached
from app.context import Desk
from app.services import serving
from app.ui import places, skeleton, state, words
from app.ui.facts import data_facts
from app.ui.skeleton import Row

QUESTION = places.BY_SLUG["fraud"].about


def heading(desk: Desk, title: Row, *, facts: Sequence[str | None] | None = None) -> Row:
    """The question in `title`; gives the place for at most two buttons at its right.

    facts : of the line beneath; how fresh the data is, unless given.
    """
    with title:
        return skeleton.heading(
            QUESTION,
            facts=data_facts(desk, cached.manifest(), state.now()) if facts is None else facts,
        )


def live(desk: Desk, now: datetime) -> list[str | None]:
    """The line of the live views: read now, not from a snapshot, and what scores."""
    return [f"Live, read at {words.clock(now, desk.zone)}", scored_by(desk)]


def scored_by(desk: Desk) -> str:
    """What decides about scores now: the champion, or what stands in its place."""
    number = serving.standing(desk, "fraud").version
    return "scored by the rules" if not number else f"scored by version {number}"
