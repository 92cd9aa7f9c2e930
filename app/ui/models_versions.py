"""The list of a capability's versions with its filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from app.context import Desk
from app.services import registry
from app.services.registry import STATUSES, Listed, VersionFilter, VersionRow
from app.services.registry import figures as figures_in_words
from app.ui import feedback, tables, words

if TYPE_CHECKING:
    from streamlit.elements.arrow import DataframeStateInput

ANY = "Any"
FIGURES, SETTINGS = "Figures", "Parameters, why, notes"
LINES_PX = 74  # of a row: three lines of parameters
CHOSEN = "versions"  # in the address: versions=forecasting.12.14
PAGE = 25  # rows a page: the comparison below stays in sight


def filters(desk: Desk, capability: str) -> tuple[VersionFilter, str]:
    """Status, model, scope, a search, and which columns are shown, in one row."""
    known = registry.listed(desk, capability, VersionFilter(), limit=0)
    models = dict(known.candidates)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        status = st.selectbox(
            "Status",
            ["", *STATUSES],
            format_func=lambda one: _status(known, one),
            key="versions_status",
            width=150,
        )
        model = st.selectbox(
            "Model",
            ["", *models],
            format_func=lambda one: models.get(one, ANY),
            key=f"versions_model_{capability}",
            width=190,
        )
        scope = ""
        if len(known.scopes) > 1:
            scope = st.selectbox(
                "Trained for",
                ["", *known.scopes],
                format_func=lambda one: one or ANY,
                key=f"versions_scope_{capability}",
                width=190,
            )
        text = st.text_input(
            "Search",
            key="versions_text",
            placeholder="Number, who, note, parameter",
            max_chars=100,
            width=200,
        )
        kind = kind_of_columns()
    return VersionFilter(status=status, candidate=model, scope=scope, text=text), kind


def kind_of_columns() -> str:
    """Figures, or parameters and notes."""
    chosen: str = st.segmented_control(
        "Columns",
        [FIGURES, SETTINGS],
        default=FIGURES,
        required=True,
        key="versions_columns",
    )
    return chosen


def show(desk: Desk, capability: str, wanted: VersionFilter, kind: str) -> tuple[Listed, list[int]]:
    """The table; gives what was listed and the numbers of the chosen versions."""
    at = _page(wanted, capability)
    listed = registry.listed(desk, capability, wanted, limit=PAGE, offset=at * PAGE)
    if not listed.every:
        feedback.empty(
            "No version has been trained yet",
            "The rule of thumb decides. On the view Training a candidate is trained in minutes.",
        )
        return listed, []
    if not listed.rows:
        feedback.empty(
            "No version fits these filters",
            f"There are {words.counted(listed.every, 'version')} in all. Choose fewer filters.",
            icon=":material/filter_alt_off:",
        )
        return listed, []
    frame = pd.DataFrame([_row(row, desk) for row in listed.rows])
    key = f"versions_{capability}_{kind}_{_page_key(wanted, capability)}_{at}"
    picked = st.dataframe(
        frame,
        hide_index=True,
        column_order=list(columns(kind)),
        column_config=columns(kind),
        row_height=LINES_PX if kind == SETTINGS else None,
        alt=f"Versions of {capability}, newest first",
        key=key,
        on_select="rerun",
        selection_mode="multi-row",
        selection_default=_chosen_before(key, capability, frame),
    )
    rows = sorted(row for row in picked.selection.rows if row < len(frame))
    _foot(desk, capability, wanted, listed)
    chosen = [str(frame["number"].iloc[row]) for row in rows]
    _keep_chosen(capability, chosen)
    return listed, [int(number) for number in chosen]


def _chosen_before(key: str, capability: str, frame: pd.DataFrame) -> DataframeStateInput:
    """What the address says, where the table comes into sight: by a link, with other columns, with
    another filter, or when somebody comes back to the view.
    """
    first = f"{key}_first"
    if key not in st.session_state:  # Streamlit forgets what is out of sight
        st.session_state[first] = st.query_params.get(CHOSEN, "")[:100]
    of, *numbers = st.session_state[first].split(".")
    found = [at for at, one in enumerate(frame["number"]) if of == capability and one in numbers]
    return {"selection": {"rows": found}}


def _keep_chosen(capability: str, numbers: list[str]) -> None:
    """In the address, so that a link shows a colleague the same versions."""
    if numbers:
        st.query_params[CHOSEN] = ".".join([capability, *numbers])
    else:
        st.query_params.pop(CHOSEN, None)


def columns(kind: str) -> dict[str, Any]:
    """What stands in the table: nothing is wider than a page of 1280 px."""
    first = {
        "number": tables.text_column("Version", width=56),
        "status": tables.text_column("Status", width=80),
        "model": tables.text_column("Model", width=178),
    }
    if kind == SETTINGS:
        return {
            **first,
            "parameters": tables.text_column("Parameters", width=220),
            "why": tables.text_column("Why", width=150),
            "note": tables.text_column("Note", width=140),
        }
    return {
        **first,
        "quality": tables.text_column("Quality", width=62, about="On the cases it was measured on"),
        "rule": tables.text_column("Rule", width=58, about="The rule of thumb on the same cases"),
        "learned": tables.text_column("Data up to", width=88),
        "snapshot": tables.text_column("Snapshot", width=68),
        "took": tables.text_column("Took", width=54, about="Measuring and learning"),
        "by": tables.text_column("Asked by", width=94),
        "trained": tables.text_column("Trained", width=88),
    }


def _row(row: VersionRow, desk: Desk) -> dict[str, object]:
    version = row.version
    return {
        "number": str(row.number),
        "status": STATUSES[row.standing.status],
        "model": row.label if row.scope.whole else f"{row.label}, {row.scope_label}",
        "quality": figures_in_words.figure(row.measure, row.primary),
        "rule": figures_in_words.figure(row.measure, row.baseline),
        "learned": words.day(version.as_of),
        "snapshot": str(version.snapshot),
        "took": words.duration(version.seconds),
        "by": version.asked_by,
        "trained": words.day(
            (words.local(version.created_at, desk.zone) or version.created_at).date()
        ),
        "parameters": parameters(row),
        "why": version.why,
        "note": " ".join(row.standing.note.split()),
    }


def parameters(row: VersionRow) -> str:
    """ "horizon weeks 26, trees 120, with theta"; what was switched off is left out."""
    return ", ".join(
        name.replace("_", " ") if value is True else f"{name.replace('_', ' ')} {value}"
        for name, value in row.version.parameters.items()
        if value is not False
    )


def _foot(desk: Desk, capability: str, wanted: VersionFilter, listed: Listed) -> None:
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        fit = words.counted(listed.total, "version")
        of = "" if listed.total == listed.every else f" of {listed.every:,}"
        st.caption(f"{fit}{of}, newest first.", width="content")
        pages = -(-listed.total // PAGE)
        if pages > 1:
            st.pagination(pages, key=_page_key(wanted, capability))
        tables.download(
            "Export",
            lambda: pd.DataFrame(
                [
                    _row(row, desk)
                    for row in registry.listed(
                        desk, capability, wanted, limit=tables.MOST_EXPORTED
                    ).rows
                ]
            ),
            name=f"{capability}-versions",
            facts=[
                ("Filter", wanted_in_words(wanted)),
                ("Measure", listed.measure.label if listed.measure else "–"),
            ],
            key=f"versions_csv_{capability}",
        )


def wanted_in_words(wanted: VersionFilter) -> str:
    named = {
        "status": wanted.status,
        "model": wanted.candidate,
        "trained for": wanted.scope,
        "search": wanted.text,
    }
    return ", ".join(f"{name} {value}" for name, value in named.items() if value) or "none"


def _page(wanted: VersionFilter, capability: str) -> int:
    return max(int(st.session_state.get(_page_key(wanted, capability)) or 1) - 1, 0)


def _page_key(wanted: VersionFilter, capability: str) -> str:
    """Another filter begins at its first page."""
    return f"versions_page_{capability}_{hash(wanted)}"


def _status(known: Listed, one: str) -> str:
    if not one:
        return f"Any ({known.every:,})"
    return f"{STATUSES[one]} ({known.by_status.get(one, 0):,})"  # type: ignore[index]
