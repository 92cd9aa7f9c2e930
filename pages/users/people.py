"""People: the list, a new one, and what can be done with one of them."""

from __future__ import annotations

import streamlit as st

from app.access import Identity
from app.context import Desk
from app.services import users as service
from app.services.digest import set_mail
from app.ui import acts, controls, feedback, secret, skeleton, state, tables, words


def show(desk: Desk, person: Identity) -> None:
    """Everybody as a table; the chosen person beside it."""
    secret.show_once()
    found = service.list_users(desk, person)
    wide, narrow = st.columns([2, 1])
    with wide, skeleton.card("People"):
        frame = tables.rows(
            [
                {
                    "id": user.user_id,
                    "name": user.name,
                    "role": user.role.label,
                    "state": _state(user),
                    "open": user.open_sessions,
                    "since": words.local(user.created_at, desk.zone),
                }
                for user in found
            ]
        )
        chosen = tables.selectable(
            frame,
            {
                "name": tables.text_column("Name"),
                "role": tables.text_column("Role"),
                "state": tables.text_column("State"),
                "open": tables.count_column("Logged in on"),
                "since": st.column_config.DateColumn("Since", format="D MMM YYYY"),
            },
            alt="Users with role and state",
            key="people",
            id_column="id",
        )
        st.caption("Choose a row to change somebody's role, password or access.")
    with narrow:
        user = next((u for u in found if str(u.user_id) == chosen), None)
        if user is None:
            with skeleton.card("A new person"):
                _new(desk)
        else:
            with skeleton.card(words.plain(user.name)):
                _change(desk, user)


def _state(user: service.UserRow) -> str:
    if not user.active:
        return "Shut out"
    if user.demo:
        return "Demo, by a click"
    return "Must choose a password" if user.must_change_password else "Active"


def _new(desk: Desk) -> None:
    with st.form("new_user", border=False, clear_on_submit=True):
        name = st.text_input("Name", max_chars=120, placeholder="ada")
        role = controls.role()
        if acts.submitted(
            "Create", key="new_user_create", type="primary", icon=":material/person_add:"
        ):
            with feedback.explain_errors():
                made = service.create_user(desk, state.identity(), name=name, role=role)
                secret.keep(f"One-time password of {made.user.name}", made.password)
                st.rerun()


def _change(desk: Desk, user: service.UserRow) -> None:
    with st.form("role", border=False):
        role = controls.role(current=user.role)
        if acts.submitted("Change role", key="role_change"):
            with feedback.explain_errors():
                service.change_role(
                    desk, state.identity(), user_id=user.user_id, role=role, version=user.version
                )
                feedback.done(f"{user.name} is now {role.label}")
                st.rerun()
    with st.form("mail", border=False):
        address = st.text_input(
            "Mail address",
            value=user.mail or "",
            max_chars=254,
            placeholder="Where digests go; empty: nowhere",
        )
        if acts.submitted("Change address", key="mail_change"):
            with feedback.explain_errors():
                set_mail(desk, state.identity(), user.user_id, address)
                feedback.done(f"The address of {user.name} was changed")
                st.rerun()
    with st.container(horizontal=True):
        if acts.pressed("New password", key="reset", disabled=user.demo):
            with feedback.explain_errors():
                made = service.reset_password(desk, state.identity(), user_id=user.user_id)
                secret.keep(f"One-time password of {user.name}", made.password)
                st.rerun()
        if acts.pressed("Log out everywhere", key="end", disabled=not user.open_sessions):
            with feedback.explain_errors():
                ended = service.end_sessions(desk, state.identity(), user_id=user.user_id)
                feedback.done(f"{words.counted(ended, 'login')} ended")
                st.rerun()
        if user.active and acts.pressed("Shut out", key="deactivate"):
            with feedback.explain_errors():
                service.deactivate(desk, state.identity(), user_id=user.user_id)
                feedback.done(f"{user.name} is shut out; Let in again takes it back")
                st.rerun()
        if not user.active and acts.pressed("Let in again", key="activate"):
            with feedback.explain_errors():
                service.activate(desk, state.identity(), user_id=user.user_id)
                feedback.done(f"{user.name} may enter again")
                st.rerun()
