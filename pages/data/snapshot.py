"""One snapshot: what it holds, what was checked, which others are kept."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from app import cached
from app.context import Desk
from app.services import data as service
from app.services.data import Manifest
from app.ui import kpis, skeleton, tables, words


def chooser(desk: Desk, newest: Manifest) -> Manifest:
    """Which of the kept snapshots is looked at; the newest unless chosen otherwise."""
    numbers = service.numbers(desk)
    chosen = st.selectbox(
        "Snapshot",
        numbers,
        format_func=lambda n: f"{n}, the newest" if n == newest.number else str(n),
        key="snapshot",
        bind="query-params",
        width=160,
    )
    return cached.manifest(chosen) or newest


def show(desk: Desk, manifest: Manifest, now: datetime) -> None:
    """Figures, the checks, the tables, and the snapshots that are kept."""
    checks = service.checks(manifest)
    passed = int((checks["result"] == "Passed").sum())
    kpis.row(
        [
            kpis.Kpi(
                label="Rows",
                value=f"{manifest.rows:,}",
                delta=f"{manifest.rows_changed:,} new or changed",
                about="In all tables of the snapshot; changed since the snapshot before.",
            ),
            kpis.Kpi(
                label="Checks passed",
                value=f"{passed} of {len(checks)}",
                delta="nothing to look at" if passed == len(checks) else "look at the others",
                good=passed == len(checks),
                about="A failed hard check publishes nothing; a soft one is shown here.",
            ),
            kpis.Kpi(
                label="Covers",
                value=words.duration((manifest.as_of_day - manifest.first_day).days * 86400.0),
                delta=f"{words.day(manifest.first_day)} to {words.day(manifest.as_of_day)}",
                about="From the first order to the last day, in the shop's time zone.",
            ),
            kpis.Kpi(
                label="Took",
                value=words.duration(manifest.seconds),
                delta=f"{manifest.kind}, {words.ago(manifest.created_at, now)}",
                about="A full one reads everything; an incremental one only what changed.",
            ),
        ]
    )
    facts = [
        ("Snapshot", manifest.number),
        ("Taken (UTC)", manifest.created_at),
        ("Data to (UTC)", manifest.as_of),
        ("Source", manifest.source),
    ]
    with skeleton.card("What was checked"):
        tables.show(
            checks,
            {
                "result": tables.text_column("Result", width=80),
                "check": tables.text_column("Check", width=190 if passed < len(checks) else 280),
                "detail": tables.text_column("Found", width=330),
                "rows": tables.count_column("Rows"),
                **({} if passed == len(checks) else {"remedy": tables.text_column("What to do")}),
            },
            alt=f"Checks of snapshot {manifest.number}, failed ones first",
        )
        tables.download(
            "Checks as CSV",
            lambda: checks,
            name=f"checks-{manifest.number}",
            facts=facts,
            key="checks_csv",
        )
    wide, narrow = st.columns([1, 1])
    with wide, skeleton.card("What it holds"):
        held = service.tables(manifest)
        tables.show(
            held,
            {
                "table": tables.text_column("Table"),
                "kind": tables.text_column("Kind", width=80),
                "rows": tables.count_column("Rows"),
                "megabytes": tables.count_column("MB", decimals=1),
            },
            alt=f"Tables of snapshot {manifest.number} with their rows",
            scroll=True,
        )
    with narrow, skeleton.card("Snapshots kept"):
        tables.show(
            service.history(desk, desk.zone),
            {
                "number": tables.count_column("No."),
                "taken": st.column_config.DatetimeColumn("Taken", format="D MMM, HH:mm"),
                "kind": tables.text_column("Kind", width=90),
                "changed": tables.count_column("Changed"),
                "failed": tables.count_column("To look at"),
            },
            alt="Snapshots that are kept, newest first",
            scroll=True,
        )
