"""Users and keys: who may enter?"""

from __future__ import annotations

from app.access import Permission
from app.ui import feedback, skeleton, state
from pages.users import keys, people

VIEWS = {"people": "People", "keys": "API keys"}

person = state.guard(Permission.manage_users, Permission.manage_keys)
desk = state.desk()
skeleton.heading(
    "Who may enter, and as what?",
    facts=[
        "Passwords and keys are shown once and kept only as hashes",
        "every act is in the audit",
    ],
)
left, _ = skeleton.switch_row()
with left:
    view = skeleton.view_switch(VIEWS, key="who")
with feedback.explain_errors():
    if view == "keys":
        keys.show(desk, person)
    else:
        people.show(desk, person)
