"""The Streamlit script: who is there, which pages the role has, run the one that was asked for."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.ui import acts, dialogs, ground, places, sidebar, state

STATIC = Path(__file__).parent / "static"

st.set_page_config(page_title="Shopsight", page_icon=str(STATIC / "mark.svg"), layout="wide")
theme = "dark" if st.context.theme.type == "dark" else "light"
st.logo(STATIC / f"logo-{theme}.svg", size="large", link=None, icon_image=STATIC / "mark.svg")

dialogs.all_closed()
person = state.enter()
page = st.navigation(places.navigation(person), expanded=True)
sidebar.person(person)
ground.run(page.run)
acts.forget_presses()
