"""The line under each title: data as of when, which snapshot, which model, how good it has been."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st


def line(parts: Sequence[str | None]) -> None:
    """Parts in the order of importance, divided by dots; what is None is left out."""
    said = " · ".join(part for part in parts if part)
    if said:
        st.caption(f":material/schedule: {said}")
