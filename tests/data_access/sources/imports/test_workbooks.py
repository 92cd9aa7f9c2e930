"""Workbooks that ask for all the memory or all the time are refused; the process lives on."""

from __future__ import annotations

import io
import os
import time
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import psutil
import pytest
import xlsxwriter

from data_access.sources.imports import workbooks
from data_access.sources.imports.refusal import ImportRefused
from tests.factories.hostile_files import (
    far_cell,
    far_cell_that_hides_its_place,
    far_row_of_cells_without_a_place,
    long_text_in_every_cell,
    many_cells,
    much_xml,
)

MOST_MB = 200
"""That this process may grow by while it refuses something."""


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (far_cell, "claims 17 billion cells: its furthest lies in row 1,048,576"),
        (far_row_of_cells_without_a_place, "needs more than"),
        (far_cell_that_hides_its_place, "needs more than|no readable"),
        (long_text_in_every_cell, "needs more than|more text than"),
        (much_xml, "would unpack from"),
        (many_cells, "needs more than|takes longer|more text than"),
    ],
)
def test_a_workbook_that_asks_for_everything_is_refused_in_a_sentence(made, words: str):
    content, own = made(), psutil.Process()
    before, began = own.memory_info().rss, time.monotonic()
    with pytest.raises(ImportRefused, match=words) as refused:
        workbooks.first_sheet(content, "stock.xlsx")
    took, grew = time.monotonic() - began, (own.memory_info().rss - before) / 2**20
    print(f"{made.__name__}: {len(content):,} bytes, {took:.1f} s, {grew:.0f} MB: {refused.value}")
    assert "CSV" in refused.value.remedy
    assert took < workbooks.UPLOAD.seconds + 5
    assert grew < MOST_MB
    readers = [one for one in own.children() if "workbook_child.py" in " ".join(one.cmdline())]
    assert readers == []


def test_cells_come_as_what_they_are():
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"default_date_format": "yyyy-mm-dd"}) as written:
        sheet = written.add_worksheet("First")
        for column, cell in enumerate(("é “x”", 5, 0.25, True, datetime(2026, 1, 2, 3, 4))):
            sheet.write(1, column + 2, cell)
        sheet.write(1, 7, 0.5, written.add_format({"num_format": "[h]:mm"}))
    assert workbooks.first_sheet(buffer.getvalue(), "a.xlsx") in (
        [["é “x”", 5.0, 0.25, True, datetime(2026, 1, 2, 3, 4), timedelta(hours=12)]],
        [["é “x”", 5.0, 0.25, True, date(2026, 1, 2), timedelta(hours=12)]],
    )


def test_a_reader_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    sleeper = tmp_path / "sleeper.py"
    sleeper.write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setattr(workbooks, "CHILD", sleeper)
    with pytest.raises(ImportRefused, match="longer than 1 seconds"):
        workbooks.first_sheet(b"", "a.xlsx", replace(workbooks.UPLOAD, seconds=1))


def test_the_reader_sees_neither_secrets_nor_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("APP_DATABASE_URL", "postgresql://ada:secret@db/x")
    spy = tmp_path / "spy.py"
    spy.write_text(
        "import json, os, sys\n"
        "print(json.dumps({'sheet': 'spied'}))\n"
        "print(json.dumps(['+'.join(os.environ)]))\n"
        "print(json.dumps({'done': True}))\n"
    )
    monkeypatch.setattr(workbooks, "CHILD", spy)
    (row,) = workbooks.sheets(spy)[0][1]
    assert "APP_DATABASE_URL" in os.environ
    assert "APP_DATABASE_URL" not in str(row)
