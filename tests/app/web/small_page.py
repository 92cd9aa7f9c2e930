"""A dashboard of a few lines: says who asks, and shows something to admins alone."""

import streamlit as st

from app.access import Permission, SessionEnded, identity_from_user
from app.context import get_desk

try:
    identity = identity_from_user(st.user, get_desk().state)
except SessionEnded:
    st.text("nobody")
    st.stop()

st.text(f"{identity.name} is {identity.role.value}")
st.text(f"the gate said {st.user.get('role')}")
if identity.may(Permission.manage_users):
    st.text("for admins only")

if st.query_params.get("fail"):
    raise RuntimeError("the page fell over")
