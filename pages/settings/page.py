"""Settings: what do we aim for, and what can we do?"""

from __future__ import annotations

from app.access import Permission
from app.ui import feedback, skeleton, state, undo
from pages.settings import models, preferences, schedules, targets

person = state.guard(
    Permission.set_targets, Permission.set_fraud_thresholds, Permission.manage_settings
)
desk = state.desk()
views = {"targets": "Targets"} if person.may(Permission.set_targets) else {}
views |= {"settings": "Capacity, stock and mail"}
if not person.may(Permission.set_targets):
    views = {"settings": "Capacity"}
if person.may(Permission.manage_models):
    views |= {"models": "Models"}
if person.may(Permission.manage_schedules):
    views |= {"schedules": "Schedules"}

skeleton.heading(
    "What do we aim for, and what can we do?",
    facts=["Changes hold at once", "each is in the audit and can be taken back"],
)
left, right = skeleton.switch_row()
with left:
    view = skeleton.view_switch(views, key="part")
with feedback.explain_errors():
    undo.show(desk)
    if view == "targets":
        with right:
            month = targets.chooser()
        targets.show(desk, person, month)
    elif view == "models":
        models.show(desk, person)
    elif view == "schedules":
        schedules.show(desk)
    else:
        preferences.show(desk, person)
