"""What can be trained, and how models fared."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from app.cached.keys import (
    Dated,
    dated,
    manifest,
    shared,
    the_desk,
)

if TYPE_CHECKING:
    from app.services.fraud import thresholds
    from app.services.fraud.graph import Linked
    from app.services.models import Offer
    from app.services.registry import live as live_views
    from data_access.scope import Scope


def offers(capability: str, scope: Scope) -> tuple[Offer, ...]:
    """What can be trained for a scope of the newest snapshot, and how long it takes."""
    newest = manifest()
    return () if newest is None else _offers(dated(newest.number), capability, scope)


@shared(max_entries=64, show_spinner=False)
def _offers(key: Dated, capability: str, scope: Scope) -> tuple[Offer, ...]:
    from app.services import models

    return models.offers(the_desk(), capability, scope)


@shared(max_entries=512, show_spinner=False)
def fraud_links(key: Dated, keys: tuple[tuple[str, str], ...]) -> Linked:
    """Orders of a snapshot that share one of these keyed hashes; nothing personal."""
    from app.services.fraud import graph

    return graph.linked_in_snapshot(the_desk(), key.snapshot, dict(keys))


@shared(max_entries=4, show_spinner=False)
def fraud_history(home: str, version: int) -> thresholds.History:
    """The ripe orders on which a version of fraud review was judged, with its scores."""
    from app.services.fraud import thresholds

    return thresholds.history(the_desk(), version)


def live_quality(capability: str, number: int | None, since: datetime) -> live_views.Live:
    """How good a version has been since it decides; asked anew when something was graded."""
    from app.services.registry import live

    desk = the_desk()
    with desk.state.read() as session:
        newest = live.newest_outcome(session, capability)
    return _live_quality(str(desk.settings.home), newest, capability, number, since)


@shared(max_entries=256, show_spinner=False)
def _live_quality(
    home: str, newest: datetime | None, capability: str, number: int | None, since: datetime
) -> live_views.Live:
    from app.services.registry import live

    return live.since(the_desk(), capability, number, since)
