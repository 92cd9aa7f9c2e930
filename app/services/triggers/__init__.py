"""When models learn anew by themselves: what there is, changing it, and looking at it."""

from __future__ import annotations

from app.services.triggers.editing import add, ensure_defaults, pause, remove, set_value
from app.services.triggers.kinds import KINDS, TriggerKind, TriggerRefused, checked
from app.services.triggers.looking import Look, clock_asks, look
from app.services.triggers.views import TriggerView, listed, next_look

__all__ = [
    "KINDS",
    "Look",
    "TriggerKind",
    "TriggerRefused",
    "TriggerView",
    "add",
    "checked",
    "clock_asks",
    "ensure_defaults",
    "listed",
    "look",
    "next_look",
    "pause",
    "remove",
    "set_value",
]
