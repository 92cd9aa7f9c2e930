"""Settings in groups, each a form drawn from the settings' types and bounds."""

from __future__ import annotations

from itertools import groupby

import streamlit as st

from app.access import Identity
from app.context import Desk
from app.services import settings as service
from app.services.retention_preferences import GROUP
from app.services.settings import Setting
from app.ui import acts, feedback, forms, mail_test, skeleton, state, undo, words


def show(desk: Desk, person: Identity) -> None:
    """The groups of which the person may change something, side by side."""
    mine = [
        setting
        for setting in service.list_settings(desk, person)
        if setting.may_change and setting.definition.group != GROUP  # which has a view of its own
    ]
    groups = [(name, list(found)) for name, found in groupby(mine, lambda s: s.definition.group)]
    columns = st.columns(max(len(groups), 2))
    for column, (name, found) in zip(columns, groups, strict=False):
        with column, skeleton.card(name):
            _form(desk, name, found)
            if name == "Mail":
                mail_test.show(desk)


def _form(desk: Desk, name: str, found: list[Setting]) -> None:
    with st.form(f"settings_{name}", border=False):
        wanted = {}
        for setting in found:
            wanted[setting.definition.key] = forms.setting(setting)
            if setting.changed_at is not None:
                st.caption(
                    f"Set by {words.plain(setting.changed_by or '')}, "
                    f"{words.instant(setting.changed_at, desk.zone)}"
                )
        if acts.submitted(
            "Save", key=f"settings_{name}_save", type="primary", icon=":material/check:"
        ):
            with feedback.explain_errors():
                changes = [
                    service.change_setting(
                        desk,
                        state.identity(),
                        key=setting.definition.key,
                        value=wanted[setting.definition.key],
                        version=setting.version,
                    )
                    for setting in found
                    if forms.differs(setting, wanted[setting.definition.key])
                ]
                undo.offer([] if name == "Mail" else changes)
                feedback.done(f"{words.counted(len(changes), 'setting')} changed")
                st.rerun()
