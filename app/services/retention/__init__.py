"""What is kept for how long: a dry run that removes nothing, and the removal itself."""

from __future__ import annotations

from app.services.retention.acting import remove
from app.services.retention.asking import RetentionError, ask
from app.services.retention.looking import plan
from app.services.retention.policy import policy_of
from app.services.retention.views import Line, Plan, Policy, Removed, size

__all__ = [
    "Line",
    "Plan",
    "Policy",
    "Removed",
    "RetentionError",
    "ask",
    "plan",
    "policy_of",
    "remove",
    "size",
]
