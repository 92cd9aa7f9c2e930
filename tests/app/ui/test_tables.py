"""Exports say what they hold, and hold nothing that a spreadsheet would run."""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd

from app.ui.tables import csv_with_facts, described


def test_a_file_states_filter_snapshot_and_model_above_the_table() -> None:
    frame = pd.DataFrame({"week": [date(2026, 11, 23)], "forecast": [12.5]})
    facts = [
        ("Forecast of", "Kettle\n(product P1)"),
        ("Snapshot", 42),
        ("Model", "LightGBM, version 7"),
        ("Made", datetime(2026, 11, 19, 23, 59)),
    ]

    lines = csv_with_facts(frame, facts).decode("utf-8-sig").splitlines()

    assert lines == [
        "# Forecast of: Kettle (product P1)",
        "# Snapshot: 42",
        "# Model: LightGBM, version 7",
        "# Made: 2026-11-19 23:59",
        "week,forecast",
        "2026-11-23,12.5",
    ]


def test_text_that_a_spreadsheet_would_run_stays_text() -> None:
    frame = pd.DataFrame({"name": ["=1+1", "@cmd", "plain"], "change": [-1, 2, 3]})

    lines = csv_with_facts(frame, []).decode("utf-8-sig").splitlines()

    assert lines == ["name,change", "'=1+1,-1", "'@cmd,2", "plain,3"]


def test_shares_of_a_preview_are_written_as_per_cent() -> None:
    frame = pd.DataFrame({"product_id": ["mug"], "change": [-3.0], "share": [-0.25]})

    shown, columns = described(
        frame, {"product_id": "Product", "change": "Change, units", "share": "Change, share"}
    )

    assert shown["share"].tolist() == [-25.0]
    assert columns["share"]["label"] == "Change, %"
