"""The one activation flow: preview, check against the rule of thumb, activate, undo.

The same for every capability. Who decides is one row in the app database, changed together with
its time line, the audit entry and the state revision; whatever follows (a new publication,
MLflow's alias) is asked for afterwards and made good by the worker if a crash comes between.
"""

from __future__ import annotations

from app.services.activation.changing import (
    REASONS,
    activate,
    activate_first,
    promote_permission,
    time_line,
    undo,
)
from app.services.activation.previewing import (
    ask_for_preview,
    champion,
    check,
    preview,
)
from app.services.activation.views import (
    Activation,
    ActivationPreview,
    ActivationRefused,
    ChampionView,
    Overtaken,
    RuleCheck,
    name_of,
)

__all__ = [
    "REASONS",
    "Activation",
    "ActivationPreview",
    "ActivationRefused",
    "ChampionView",
    "Overtaken",
    "RuleCheck",
    "activate",
    "activate_first",
    "ask_for_preview",
    "champion",
    "check",
    "name_of",
    "preview",
    "promote_permission",
    "time_line",
    "undo",
]
