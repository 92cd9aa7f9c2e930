"""Versions that could decide in place of the champion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from data_access.state import champions
from data_access.state.version_notes import challengers

if TYPE_CHECKING:
    from app.context import Desk
    from data_access.models import ModelVersion

OFFERED = 100
"""Newest versions that are offered; an older one is activated from the list of versions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """One version for the whole shop."""

    version: ModelVersion
    label: str  # of its candidate
    waits: bool  # as challenger


def offered(desk: Desk, capability: str) -> list[Offered]:
    """Challengers first, then the newest; never the champion."""
    from ml.contract import capability as found

    with desk.state.read() as session:
        row = champions.get_champion(session, capability)
        waiting = set(challengers(session).get(capability, ()))
    decides = row.model_version if row else None
    labels = {one.key: one.label for one in found(capability).candidates}
    versions = [
        one for one in desk.models.versions(capability) if one.scope.whole and one.number != decides
    ]
    versions.sort(key=lambda one: (one.number not in waiting, -one.number))
    return [
        Offered(
            version=one,
            label=labels.get(one.candidate, one.candidate),
            waits=one.number in waiting,
        )
        for one in versions[:OFFERED]
    ]
