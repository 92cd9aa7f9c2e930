"""At the top of a capability's page: that a champion's files are refused, and what decides now."""

from __future__ import annotations

import streamlit as st

from app.context import Desk
from app.services import serving
from app.services.serving import Standing
from app.ui import words
from data_access.scope import split


def note(desk: Desk, capability: str) -> None:
    """Nothing where every champion answers; one read of a table that is mostly empty."""
    for one in serving.standings(desk, [capability])[capability]:
        st.warning(words.plain(_text(desk, one)), title=_title(one), icon=":material/gpp_maybe:")


def _title(one: Standing) -> str:
    scope = split(one.key)[1]
    where = "" if scope.whole else f" for {scope.level} {words.plain(scope.series_id or '')}"
    return f"Version {one.champion} is refused{where}; {one.answers} decides in its place"


def _text(desk: Desk, one: Standing) -> str:
    since = f" Since {words.instant(one.since, desk.zone)}." if one.since else ""
    return (
        f"{one.why}{since} It decides again by itself once its files are mended; or let another "
        "version decide."
    )
