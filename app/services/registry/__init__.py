"""Versions of models: where each stands, side by side, what is said of them, their passport."""

from __future__ import annotations

from app.services.registry.comparing import MOST, Compared, compare, name_of, verdict
from app.services.registry.curves import Curve, curve
from app.services.registry.curves import ask as ask_for_curve
from app.services.registry.deleting import (
    Deletable,
    deletable,
    delete,
    finish_deleting,
)
from app.services.registry.notes import note, note_of
from app.services.registry.overview import CapabilityRow, Overview, overview
from app.services.registry.passport import Passport, passport
from app.services.registry.versions import listed, one, standings
from app.services.registry.views import (
    STATUSES,
    Listed,
    Noted,
    Standing,
    VersionFilter,
    VersionRefused,
    VersionRow,
)

__all__ = [
    "MOST",
    "STATUSES",
    "CapabilityRow",
    "Compared",
    "Curve",
    "Deletable",
    "Listed",
    "Noted",
    "Overview",
    "Passport",
    "Standing",
    "VersionFilter",
    "VersionRefused",
    "VersionRow",
    "ask_for_curve",
    "compare",
    "curve",
    "deletable",
    "delete",
    "finish_deleting",
    "listed",
    "name_of",
    "note",
    "note_of",
    "one",
    "overview",
    "passport",
    "standings",
    "verdict",
]
