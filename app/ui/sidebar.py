"""The foot of the sidebar: who is logged in, as what, and the way out."""

from __future__ import annotations

import streamlit as st

from app.access import Identity
from app.ui import state, words


def person(identity: Identity) -> None:
    """Name, role, and the logout, which ends the session on the server."""
    with st.sidebar:
        st.space("small")
        with st.container(gap="xsmall"):
            name = words.plain(identity.name)
            label = "" if identity.role.label in identity.name else f" · {identity.role.label}"
            st.caption(f":material/account_circle: {name}{label}")
            # Users of the demo enter by a click (their names are reserved) and have no password.
            if not identity.name.startswith("demo "):
                st.link_button(
                    "Change password",
                    "/password",
                    icon=":material/password:",
                    type="tertiary",
                )
            st.button(
                "Log out",
                key="log_out",
                icon=":material/logout:",
                type="tertiary",
                on_click=state.leave,
                help="Ends the login on every device",
            )
