"""Whether the shop and its snapshot are there, asked for all pages together."""

from __future__ import annotations

from app.cached.keys import shared, the_desk
from app.services import ground

ASKED_EVERY_S = 10.0


def missing() -> tuple[ground.Missing, ...]:
    """What is gone; known after ten seconds, since a shop that hangs takes five to say nothing."""
    return _missing(str(the_desk().settings.home))


@shared(ttl=ASKED_EVERY_S, max_entries=4, show_spinner=False)
def _missing(home: str) -> tuple[ground.Missing, ...]:
    return ground.missing(the_desk())
