"""The order list as an Excel file: a sheet a supplier, and one that says what it is."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import date, datetime
from numbers import Real
from typing import Any

import pandas as pd

from app.services.ordering.views import OrderList

COLUMNS: dict[str, str] = {
    "product_id": "Product number",
    "product": "Product",
    "order": "Order, units",
    "proposed": "Proposed, units",
    "pack": "Pack size",
    "unit_cost": "Unit cost",
    "cost": "Value at cost",
    "on_hand": "In stock",
    "on_order": "On order",
    "demand": "Demand to the next delivery",
    "demand_low": "80 % range from",
    "demand_high": "80 % range to",
    "safety": "Safety stock",
    "reorder_point": "Reorder point",
    "lead_days": "Lead time, days",
    "out_on": "Runs out",
    "at_risk": "Sales at risk",
    "supplier": "Supplier",
    "category": "Category",
    "note": "Note",
    "edited_by": "Set by",
}
"""Columns of the files, in order; money in the shop's currency."""

ROUNDED = {"unit_cost": 4, "cost": 2, "lead_days": 1, "at_risk": 2}
WHOLE = (
    "order",
    "proposed",
    "pack",
    "on_hand",
    "on_order",
    "demand",
    "demand_low",
    "demand_high",
    "safety",
    "reorder_point",
)
"""Units: whole numbers, in the files too."""
LONGEST_SHEET = 31  # characters that Excel takes
MOST_SHEETS = 200
WIDTHS = {"product": 44, "supplier": 24, "category": 22, "note": 30}


def table(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows as files hold them: labels for columns, days as dates, figures as numbers."""
    told = rows[list(COLUMNS)].copy()
    for name, digits in ROUNDED.items():
        told[name] = told[name].round(digits)
    for name in WHOLE:
        told[name] = told[name].round().astype("Int64")
    told["out_on"] = pd.Series(
        [None if pd.isna(day) else day.date() for day in rows["out_on"]],
        index=rows.index,
        dtype=object,
    )
    return told.rename(columns=COLUMNS)


def workbook(found: OrderList, rows: pd.DataFrame, facts: Sequence[tuple[str, object]]) -> bytes:
    """Sheet "Facts", then one a supplier with its total.

    Text is written as text, whatever it begins with: nothing in the file is a formula.
    """
    import xlsxwriter  # only where a file is asked for

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    bold = book.add_format({"bold": True})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("Facts")
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 80)
    for line, (what, value) in enumerate(facts):
        sheet.write_string(line, 0, what, bold)
        _write(sheet, line, 1, value, day)
    used = {"facts"}
    groups = list(rows.groupby("supplier", sort=True))
    if len(groups) > MOST_SHEETS:
        groups = [("All suppliers", rows)]
    for supplier, part in groups:
        sheet = book.add_worksheet(_sheet_name(str(supplier), used))
        _fill(sheet, part, bold, day)
    book.close()
    return buffer.getvalue()


def _fill(sheet: Any, part: pd.DataFrame, bold: Any, day: Any) -> None:
    told = table(part)
    for column, (name, label) in enumerate(COLUMNS.items()):
        sheet.set_column(column, column, WIDTHS.get(name, max(len(label) + 1, 10)))
        sheet.write_string(0, column, label, bold)
    for line, row in enumerate(told.itertuples(index=False), start=1):
        for column, value in enumerate(row):
            _write(sheet, line, column, value, day)
    names = list(COLUMNS)
    sheet.write_string(len(told) + 1, 0, "Total", bold)
    for name in ("order", "cost"):
        sheet.write_number(len(told) + 1, names.index(name), float(part[name].sum()), bold)
    sheet.freeze_panes(1, 2)


def _write(sheet: Any, line: int, column: int, value: object, day: Any) -> None:
    if value is None or value is pd.NA or (isinstance(value, float) and pd.isna(value)):
        sheet.write_blank(line, column, None)
    elif isinstance(value, datetime):
        sheet.write_string(line, column, value.isoformat(sep=" ", timespec="minutes"))
    elif isinstance(value, date):
        sheet.write_datetime(line, column, datetime(value.year, value.month, value.day), day)
    elif isinstance(value, bool):
        sheet.write_boolean(line, column, value)
    elif isinstance(value, Real):
        sheet.write_number(line, column, float(value))
    else:
        sheet.write_string(line, column, str(value))


def _sheet_name(supplier: str, used: set[str]) -> str:
    """A name that Excel takes and that no other sheet has."""
    plain = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", supplier).strip(" '") or "Supplier"
    name, number = plain[:LONGEST_SHEET], 1
    while name.lower() in used:
        number += 1
        end = f" {number}"
        name = plain[: LONGEST_SHEET - len(end)] + end
    used.add(name.lower())
    return name
