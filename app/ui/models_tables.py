"""Tables of text that wraps: nothing in them is cut, and nothing in them can be chosen."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.ui import words


def wrapped(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table whose cells grow with their text; at most some dozens of rows."""
    lines = [_line(head), "|" + "---|" * len(head), *(_line(row) for row in rows)]
    st.markdown("\n".join(lines), width="stretch")


def facts(told: Sequence[tuple[str, str]]) -> None:
    """One line a fact: its name, then what is so."""
    st.markdown("  \n".join(f":gray[{_cell(name)}]\u2002{_cell(value)}" for name, value in told))


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _cell(text: str) -> str:
    return words.plain(" ".join(text.split())) or "–"
