"""How far a capability's models may decide: on or off, how sure, promotion by itself."""

from __future__ import annotations

from app.services.switches.changing import (
    SwitchError,
    set_confidence,
    set_promotion,
)
from app.services.switches.off import REASONS, deactivate, reactivate
from app.services.switches.reading import Switch, switch, switches

__all__ = [
    "REASONS",
    "Switch",
    "SwitchError",
    "deactivate",
    "reactivate",
    "set_confidence",
    "set_promotion",
    "switch",
    "switches",
]
