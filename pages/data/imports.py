"""What imports read, what became of each line, and why."""

from __future__ import annotations

import streamlit as st

from app.context import Desk
from app.services import data as service
from app.ui import feedback, skeleton, tables, words


def show(desk: Desk) -> None:
    """The newest import unfolded, earlier ones by choice."""
    found = service.imports(desk)
    if not found:
        feedback.empty(
            "Nothing was imported",
            "This shop was not made from files. “python -m app import PATH” reads a shop's export "
            "and leaves its report here.",
            icon=":material/upload_file:",
        )
        return
    chosen = st.selectbox(
        "Import",
        found,
        format_func=lambda one: f"{one.source}, {words.instant(one.at, desk.zone)}",
        width=420,
    )
    report = chosen.report
    parts = service.import_parts(chosen)
    files = parts["file"].nunique()
    with skeleton.card("What became of each line"):
        if report.get("reconciles"):
            st.success(
                "Every line and every amount of the files is accounted for.",
                icon=":material/check:",
            )
        tables.show(
            parts,
            {
                **({"file": tables.text_column("File", width=130)} if files > 1 else {}),
                "outcome": tables.text_column("Became", width=170),
                "what": tables.text_column("Which lines, and why", width=390),
                "lines": tables.count_column("Lines"),
                "amount": tables.money_column(
                    "Amount", str(report.get("currency", "")), decimals=2
                ),
            },
            alt="Lines of the imported files by what became of them",
        )
        tables.download(
            "Report as CSV",
            lambda: parts,
            name=f"import-{chosen.report_id}",
            facts=[("Source", chosen.source), ("Imported (UTC)", chosen.at), ("By", chosen.by)],
            key="import_csv",
        )
    wide, narrow = st.columns([1, 1])
    with wide, skeleton.card("Rows written"):
        tables.show(
            service.import_tables(chosen),
            {
                "table": tables.text_column("Table"),
                "added": tables.count_column("Added"),
                "changed": tables.count_column("Changed"),
                "unchanged": tables.count_column("Unchanged"),
            },
            alt="Rows that the import wrote, by table",
        )
    with narrow, skeleton.card("To know"):
        notes = report.get("notes", [])
        if not notes:
            st.caption("Nothing unusual about the files.")
        for note in notes:
            st.markdown(f"- {words.plain(note['text'])} ({note['lines']:,} lines)")
