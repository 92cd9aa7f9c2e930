"""Models: which of them decide what, and can they still be trusted?"""

from __future__ import annotations

from app.access import Permission
from app.ui import feedback, models_choice, skeleton, state
from pages.models import deciding, overview, retention, schedules, training, versions, watch

VIEWS = {
    "overview": "Overview",
    "versions": "Versions",
    "deciding": "Who decides",
    "training": "Training",
    "schedules": "Schedules",
    "watch": "Watch",
    "retention": "Retention",
}
SHOW = {
    "overview": overview.show,
    "versions": versions.show,
    "deciding": deciding.show,
    "training": training.show,
    "schedules": schedules.show,
    "watch": watch.show,
    "retention": retention.show,
}
EVERY = ("overview", "retention")
"""Views about all capabilities at once."""

person = state.guard(Permission.read_pages)
desk = state.desk()
skeleton.heading(
    "Which models decide, and can they still be trusted?",
    facts=["Everybody reads", "admins act", "each act is in the audit"],
)
left, right = skeleton.switch_row()
with left:
    view = skeleton.view_switch(VIEWS, key="view")
capability = ""
if view not in EVERY:
    with right:
        capability = models_choice.capability()
with feedback.explain_errors():
    SHOW[view](desk, person, capability)
