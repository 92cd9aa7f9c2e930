"""Tables of at most a page, and downloads that state what they hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pandas as pd
import streamlit as st

from app.metrics import sign

MOST_EXPORTED = 100_000  # rows of one file
PAGE = 50  # rows a page: 6 kB to the browser


def rows(records: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """A small table from records that all have the same keys."""
    return pd.DataFrame(list(records))


def money_column(label: str, currency: str, *, decimals: int = 0, about: str | None = None) -> Any:
    """Amount with the currency's sign and thousands separated."""
    return st.column_config.NumberColumn(
        label, format=f"{sign(currency)} %,.{decimals}f", help=about
    )


def count_column(label: str, *, about: str | None = None, decimals: int = 0) -> Any:
    return st.column_config.NumberColumn(label, format=f"%,.{decimals}f", help=about)


def change_column(label: str) -> Any:
    """A signed number: the sign is what one looks for."""
    return st.column_config.NumberColumn(label, format="%+,.0f")


def share_column(label: str, *, about: str | None = None) -> Any:
    """A share from 0 to 1, shown as per cent."""
    return st.column_config.NumberColumn(label, format="percent", help=about)


def day_column(label: str) -> Any:
    return st.column_config.DateColumn(label, format="D MMM YYYY")


def text_column(label: str, *, width: Any = None, about: str | None = None) -> Any:
    return st.column_config.TextColumn(label, width=width, help=about)


LONG = 10  # rows from which a table scrolls instead of growing
ROW = 35  # pixels of a row in `st.dataframe`


def described(
    frame: pd.DataFrame, labels: Mapping[str, str]
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Frame and columns of a table that a model describes by labels alone ("Change, share")."""
    columns: dict[str, Any] = {}
    shares = [name for name, label in labels.items() if label.endswith(", share")]
    frame = frame.assign(**{name: frame[name] * 100 for name in shares})
    for name, label in labels.items():
        if name in shares:
            said = label.removesuffix("share") + "%"
            columns[name] = st.column_config.NumberColumn(said, format="%+.0f %%")
        elif pd.api.types.is_numeric_dtype(frame[name]):
            signed = name == "change"
            columns[name] = change_column(label) if signed else count_column(label)
        else:
            columns[name] = text_column(label, width="large")
    return frame, columns


def show(
    frame: pd.DataFrame,
    columns: Mapping[str, Any],
    *,
    alt: str,
    key: str | None = None,
    scroll: bool = False,
) -> None:
    """A read-only table of the named columns, in order; with `scroll` at most ten rows high."""
    height: Any = ROW * (LONG + 1) if scroll and len(frame) > LONG else "auto"
    st.dataframe(
        frame,
        hide_index=True,
        column_order=list(columns),
        column_config=dict(columns),
        alt=alt,
        key=key,
        height=height,
    )


def selectable(
    frame: pd.DataFrame, columns: Mapping[str, Any], *, alt: str, key: str, id_column: str
) -> str | None:
    """A table of which one row can be chosen; gives that row's id, never its position."""
    chosen = st.dataframe(
        frame,
        hide_index=True,
        column_order=list(columns),
        column_config=dict(columns),
        alt=alt,
        key=key,
        on_select="rerun",
        selection_mode="single-row",
    )
    rows = chosen.selection.rows
    return str(frame[id_column].iloc[rows[0]]) if rows and rows[0] < len(frame) else None


def several(
    frame: pd.DataFrame, columns: Mapping[str, Any], *, alt: str, key: str, id_column: str
) -> list[str]:
    """A table of which any number of rows can be chosen; gives their ids, in the table's order."""
    chosen = st.dataframe(
        frame,
        hide_index=True,
        column_order=list(columns),
        column_config=dict(columns),
        alt=alt,
        key=key,
        on_select="rerun",
        selection_mode="multi-row",
    )
    rows = sorted(row for row in chosen.selection.rows if row < len(frame))
    return [str(frame[id_column].iloc[row]) for row in rows]


def opening(
    frame: pd.DataFrame,
    columns: Mapping[str, Any],
    *,
    alt: str,
    key: str,
    id_column: str,
    on_open: Callable[[str], None],
) -> None:
    """A table whose rows open something: `on_open` gets the id of the chosen row."""
    ids = [str(one) for one in frame[id_column]]

    def chosen() -> None:
        rows = st.session_state[key].selection.rows
        if rows and rows[0] < len(ids):
            on_open(ids[rows[0]])

    st.dataframe(
        frame,
        hide_index=True,
        column_order=list(columns),
        column_config=dict(columns),
        alt=alt,
        key=key,
        on_select=chosen,
        selection_mode="single-row",
    )


def pages(total: int, *, key: str) -> int:
    """Page control for `total` rows; gives the offset of the first row to read."""
    number = -(-total // PAGE)
    if number <= 1:
        return 0
    with st.container(horizontal=True, horizontal_alignment="right"):
        chosen = st.pagination(number, key=key, bind="query-params")
    return (min(max(int(chosen), 1), number) - 1) * PAGE


def download(
    label: str,
    make: Callable[[], pd.DataFrame],
    *,
    name: str,
    facts: Sequence[tuple[str, object]],
    key: str,
) -> None:
    """A button that downloads a table as CSV, made only when it is pressed.

    facts : filter, snapshot, model version and so on; they stand above the table in the file.
    """
    st.download_button(
        label,
        data=lambda: csv_with_facts(make(), facts),
        file_name=f"{name}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key=key,
    )


def csv_with_facts(frame: pd.DataFrame, facts: Sequence[tuple[str, object]]) -> bytes:
    """CSV whose first lines, each beginning with `#`, say what the table is."""
    head = "".join(f"# {what}: {_flat(value)}\n" for what, value in facts)
    return (head + _harmless(frame).to_csv(index=False)).encode("utf-8-sig")


def _flat(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    return " ".join(str(value).split())


def _harmless(frame: pd.DataFrame) -> pd.DataFrame:
    """Text that a spreadsheet would run as a formula is kept text by an apostrophe."""

    def kept(cell: object) -> object:
        return f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@\t\r" else cell

    safe = frame.copy()
    for name in safe.select_dtypes("object").columns:
        safe[name] = safe[name].map(kept)
    return safe
