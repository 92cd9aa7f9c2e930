"""Controls that several pages share; what they give back is checked again on the server."""

from __future__ import annotations

import streamlit as st

from app.access import Role


def role(label: str = "Role", *, current: Role = Role.merchandiser) -> Role:
    """One of the roles."""
    names = [role.value for role in Role]
    chosen = st.selectbox(
        label,
        names,
        index=names.index(current.value),
        format_func=lambda name: Role(name).label.capitalize(),
    )
    return Role(chosen or current.value)
