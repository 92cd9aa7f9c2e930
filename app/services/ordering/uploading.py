"""Files of stock figures: read, checked row by row, stored whole or not at all."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, BinaryIO

import pandas as pd

from app.access import Identity, Permission, require
from app.services.ordering.views import OrderList
from app.services.settings import Change
from data_access.errors import DataError
from data_access.sources.imports import cells, workbooks
from data_access.state import stock_uploads
from data_access.state.engine import utc_now

if TYPE_CHECKING:
    from app.context import Desk

LARGEST = 20 * 1024**2
"""Bytes of a file: 100,000 products take about 5 MB."""

MOST_ROWS = 300_000
MOST_COLUMNS = 200
"""Each row is filled up to as many as the first one names."""
EXAMPLES = 3
MOST_UNITS = 10_000_000
MOST_DAYS = 730

NAMES: dict[str, tuple[str, ...]] = {
    "product_id": ("product number", "product", "product id", "sku", "article", "stock code"),
    "on_hand": ("stock", "on hand", "in stock", "units in stock"),
    "on_order": ("on order",),
    "lead_time_days": ("lead time days", "lead time"),
    "pack_size": ("pack size", "pack"),
    "unit_cost": ("unit cost", "cost"),
    "supplier": ("supplier",),
}
"""Columns by what they may be called, in any case; the first name is that of the template."""

REQUIRED = ("product_id", "on_hand")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """Rows that cannot be used, for one reason."""

    reason: str
    rows: int
    examples: tuple[str, ...]  # "row 7: −4"


@dataclass(frozen=True, eq=False, kw_only=True)
class CheckedFile:
    """A file as it would be stored, and what of it would not be."""

    file_name: str
    rows: tuple[dict[str, Any], ...]  # keys of `stock_uploads.COLUMNS`
    set_aside: tuple[SetAside, ...]
    ignored: tuple[str, ...]  # columns that mean nothing here

    @property
    def sentence(self) -> str:
        lost = sum(each.rows for each in self.set_aside)
        told = f"{len(self.rows):,} products can be used"
        return f"{told}; {lost:,} rows are set aside." if lost else f"{told}."


def template() -> bytes:
    """An empty file with every column, and one row that shows what goes where."""
    names = [said[0].capitalize() for said in NAMES.values()]
    return (",".join(names) + "\n" + "P000123,40,12,14,6,4.5,Example supplier\n").encode(
        "utf-8-sig"
    )


def check_file(file: BinaryIO, *, size: int, name: str, found: OrderList) -> CheckedFile:
    """Read and check a CSV or xlsx file; its size is looked at before a byte of it is read.

    Raises
    ------
    DataError : the file cannot be used at all.
    """
    if size > LARGEST:
        raise DataError(
            f"{name} has {size / 1024**2:,.0f} MB; stock files have at most "
            f"{LARGEST // 1024**2} MB.",
            remedy="Keep only the columns of the template, one row a product.",
        )
    table = _read(file, name)
    columns, ignored = _columns(table, name)
    if table.empty:
        raise DataError(f"{name} has no rows.", remedy="Give one row a product.")
    if len(table) > MOST_ROWS:
        raise DataError(
            f"{name} has {len(table):,} rows; {MOST_ROWS:,} are the most.",
            remedy="Give one row a product.",
        )
    rows, aside = _checked(table[list(columns)].rename(columns=columns), found)
    if not rows:
        said = "; ".join(f"{each.reason} ({each.rows:,})" for each in aside)
        raise DataError(
            f"No row of {name} can be used: {said}.",
            remedy="Compare it with the template and with the product numbers of the list.",
        )
    return CheckedFile(file_name=name[:200], rows=rows, set_aside=aside, ignored=ignored)


def store_file(desk: Desk, by: Identity, checked: CheckedFile, *, counted_on: date) -> Change:
    """Make the figures of a checked file hold: all of them in one transaction."""
    require(by, Permission.decide_commerce)
    report = {
        "set_aside": [
            {"reason": each.reason, "rows": each.rows, "examples": list(each.examples)}
            for each in checked.set_aside
        ]
    }
    with desk.state.decide(by.name, "stock.uploaded", f"stock:{checked.file_name}") as session:
        upload = stock_uploads.add_upload(
            session,
            file_name=checked.file_name,
            counted_on=counted_on,
            rows=checked.rows,
            report=report,
            by=by.name,
            now=utc_now(),
        )
        session.after = {"upload": upload.upload_id, "rows": upload.rows}
    return Change(
        entry_id=session.entry_id, text=f"Stock of {len(checked.rows):,} products now holds."
    )


def undo_file(desk: Desk, by: Identity, upload_id: int) -> Change:
    """Take an upload back: what was known before it holds again."""
    require(by, Permission.decide_commerce)
    with desk.state.decide(by.name, "stock.undone", f"stock:{upload_id}") as session:
        upload = stock_uploads.undo_upload(session, upload_id, now=utc_now())
        session.before = {"file": upload.file_name, "rows": upload.rows}
    return Change(entry_id=session.entry_id, text=f"{upload.file_name} was taken back.")


def files(desk: Desk) -> list[tuple[int, str, date, int, str]]:
    """Uploads that hold, newest first: number, name, counted on, rows, by whom."""
    with desk.state.read() as session:
        return [
            (each.upload_id, each.file_name, each.counted_on, each.rows, each.by)
            for each in stock_uploads.holding_uploads(session)
        ]


def _read(file: BinaryIO, name: str) -> pd.DataFrame:
    """Cells of the first sheet, or of the CSV, as they stand in the file."""
    if name.lower().endswith(".xlsx"):
        rows = workbooks.first_sheet(file.read(LARGEST + 1), name)
        head = [str(cell).strip() for cell in rows[0]]
        return pd.DataFrame(rows[1:], columns=pd.Index(head), dtype=object)
    if not name.lower().endswith(".csv"):
        raise DataError(f"{name} is neither CSV nor xlsx.", remedy="Save it as CSV or xlsx.")
    raw = file.read(LARGEST + 1)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    if not text.strip() or "\x00" in text:
        raise DataError(
            f"{name} is empty or no text.", remedy="Save the sheet as CSV and upload that."
        )
    lines = text.splitlines()
    divider = max(",;\t", key=lines[0].count)
    try:
        read = [row for row in csv.reader(lines, delimiter=divider) if any(c.strip() for c in row)]
    except csv.Error as error:
        raise DataError(
            f"{name} cannot be read as CSV: {error}.", remedy="Save the sheet as CSV again."
        ) from error
    width = len(read[0])
    if width > MOST_COLUMNS:
        raise DataError(
            f"{name} has {width:,} columns; {MOST_COLUMNS} are the most.",
            remedy="Keep only the columns of the template.",
        )
    longer = [place for place, row in enumerate(read, 1) if any(c.strip() for c in row[width:])]
    if longer:
        raise DataError(
            f"{len(longer):,} rows of {name} have more cells than there are columns, the first is "
            f"row {longer[0]}.",
            remedy="Name every column; put cells that hold a divider into quotation marks.",
        )
    return pd.DataFrame(
        [(row + [""] * width)[:width] for row in read[1:]],
        columns=pd.Index([cell.strip() for cell in read[0]]),
        dtype=object,
    )


def _columns(table: pd.DataFrame, name: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """Column of the file → ours, and those that mean nothing here."""
    found: dict[str, str] = {}
    ignored = []
    for column in table.columns:
        plain = re.sub(r"[\s_,.()-]+", " ", str(column)).strip().lower()
        mine = next((key for key, said in NAMES.items() if plain in (*said, key.replace("_", " "))),
                    None)  # fmt: skip
        if mine is None or mine in found.values():
            ignored.append(str(column)[:60])
        else:
            found[str(column)] = mine
    lacking = [NAMES[key][0] for key in REQUIRED if key not in found.values()]
    if lacking:
        there = ", ".join(str(column)[:40] for column in table.columns[:12]) or "none"
        raise DataError(
            f"{name} lacks the {'column' if len(lacking) == 1 else 'columns'} "
            f"{' and '.join(lacking)}; it has: {there}.",
            remedy="Name the columns as in the template.",
        )
    return found, tuple(ignored)


def _checked(
    table: pd.DataFrame, found: OrderList
) -> tuple[tuple[dict[str, Any], ...], tuple[SetAside, ...]]:
    """Rows that can be used, and the others by reason."""
    problems: dict[str, list[str]] = {}

    def aside(reason: str, place: int, value: object) -> None:
        problems.setdefault(reason, []).append(f"row {place + 2}: {str(value)[:40]}")

    known = set(found.demand.products) | set(found.rows["product_id"])
    ids = [_code(value) for value in table["product_id"]]
    counts = pd.Series(ids, dtype=object).value_counts()
    kept: list[dict[str, Any]] = []
    others = [name for name in table.columns if name != "product_id"]
    values = {name: table[name].tolist() for name in others}
    numbers = [name for name in others if name != "supplier"]
    unclear = {name: cells.unclear_points(values[name]) for name in numbers}
    for place, product_id in enumerate(ids):
        if not product_id:
            aside("no product number", place, "")
        elif product_id not in known:
            aside("unknown product", place, product_id)
        elif counts[product_id] > 1:
            aside("named more than once", place, product_id)
        else:
            row: dict[str, Any] = dict.fromkeys(stock_uploads.COLUMNS)
            row["product_id"] = product_id
            for name in others:
                value = values[name][place]
                try:
                    if value in unclear.get(name, ()):
                        raise ValueError(cells.two_readings(value))
                    row[name] = _PARSE[name](value)
                except ValueError as error:
                    aside(f"{NAMES[name][0]} {error}", place, value)
                    break
            else:
                kept.append(row)
    return tuple(kept), tuple(
        SetAside(reason=reason, rows=len(cases), examples=tuple(cases[:EXAMPLES]))
        for reason, cases in sorted(problems.items(), key=lambda each: -len(each[1]))
    )


def _code(value: Any) -> str:
    try:
        return cells.code(value) or ""
    except ValueError:
        return ""


def _whole(most: int, *, least: int = 0, needed: bool = False) -> Callable[[Any], int | None]:
    def read(value: Any) -> int | None:
        number = cells.whole(value)
        if number is None and needed:
            raise ValueError("is missing")
        if number is not None and number < least:
            raise ValueError("is negative" if number < 0 else f"is below {least}")
        if number is not None and number > most:
            raise ValueError(f"is above {most:,}")
        return number

    return read


def _days(value: Any) -> float | None:
    days = cells.share(value)
    if days is not None and not 0 < days <= MOST_DAYS:
        raise ValueError(f"is not between 0 and {MOST_DAYS}")
    return days


def _cost(value: Any) -> int | None:
    amount = cells.money(value)
    if amount is not None and amount < 0:
        raise ValueError("is negative")
    return amount


_PARSE: dict[str, Callable[[Any], Any]] = {
    "on_hand": _whole(MOST_UNITS, needed=True),
    "on_order": _whole(MOST_UNITS),
    "lead_time_days": _days,
    "pack_size": _whole(MOST_UNITS, least=1),
    "unit_cost": _cost,
    "supplier": cells.short_text(64),
}
