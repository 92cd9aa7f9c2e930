"""A file of columns by day, read as what it most likely means; what cannot be is refused."""

from __future__ import annotations

import csv
import io
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pandas as pd

from data_access.errors import DataError
from data_access.sources.imports import cells, workbooks

MOST_BYTES = 20 * 1024 * 1024
MOST_COLUMNS = 12
MOST_SEPARATORS = 1_000  # in a line, before a frame is made of it
MOST_ROWS = 20_000  # fifty years of days
FEWEST_DAYS = 14
LONGEST_NAME = 64
NAMED = 3  # rows that a refusal names
EARLIEST, LATEST = date(1990, 1, 1), date(2100, 1, 1)


class ExternalError(DataError):
    """A file or column that cannot be used: nothing was kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadColumn:
    """One column as it was understood."""

    name: str
    values: dict[date, float]
    gaps: int  # days between its first and last without a value

    @property
    def first(self) -> date:
        return min(self.values)

    @property
    def last(self) -> date:
        return max(self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFile:
    """A file as it was understood, before anything is kept."""

    file_name: str
    date_column: str
    date_form: str  # how dates were read, in words
    columns: tuple[ReadColumn, ...]
    rows: int
    notes: tuple[str, ...]


def read(content: bytes, file_name: str) -> ReadFile:
    """Understand a CSV or Excel file: a date first, then one to twelve numeric columns.

    Raises
    ------
    ExternalError : with the rows that are wrong and what to do.
    """
    if len(content) > MOST_BYTES:
        raise ExternalError(
            f"The file has {len(content) / 2**20:,.0f} MB.",
            remedy="Upload at most 20 MB: one row a day is enough, for a few years.",
        )
    if not content.strip():
        raise ExternalError("The file is empty.", remedy="Upload dates with at least one column.")
    frame = _table(content, file_name)
    if len(frame.columns) < 2 or frame.empty:
        raise ExternalError(
            "The file has no column of numbers beside the dates.",
            remedy="Put the date into the first column and the numbers into the next ones; the "
            "template shows how.",
        )
    if len(frame.columns) - 1 > MOST_COLUMNS:
        raise ExternalError(
            f"The file has {len(frame.columns) - 1} columns beside the dates.",
            remedy=f"Upload at most {MOST_COLUMNS}; more would only teach chance.",
        )
    if len(frame) > MOST_ROWS:
        raise ExternalError(
            f"The file has {len(frame):,} rows.", remedy="Upload one row a day; sum up the hours."
        )
    names = _names(list(frame.columns)[1:])
    days, form = _dates(frame.iloc[:, 0])
    _no_duplicates(days)
    notes: list[str] = []
    columns = tuple(
        _column(name, frame.iloc[:, place], days, notes) for place, name in enumerate(names, 1)
    )
    return ReadFile(
        file_name=_harmless(file_name)[:200] or "file",
        date_column=_harmless(str(frame.columns[0])) or "first column",
        date_form=form,
        columns=columns,
        rows=len(frame),
        notes=tuple(notes),
    )


def _table(content: bytes, file_name: str) -> pd.DataFrame:
    """All cells as they stand in the file, the first row as names."""
    if content[:4] == b"PK\x03\x04":
        return _workbook(content, file_name)
    if file_name.lower().endswith((".xlsx", ".xls")):
        raise ExternalError(
            "The file is called Excel but is none.", remedy="Save it as .xlsx or .csv again."
        )
    text = _without_remarks(_text(content))
    lines = [line for line in text.splitlines() if line.strip()][:2]  # names and first day
    separator = max(
        (";", "\t", ","), key=lambda sign: min((line.count(sign) for line in lines), default=0)
    )
    widest = max((line.count(separator) for line in text.splitlines()), default=0)
    if widest > MOST_SEPARATORS:
        raise ExternalError(
            f"A line of the file has {widest + 1:,} cells.",
            remedy=f"Upload at most {MOST_COLUMNS} columns beside the dates, one row a day.",
        )
    try:
        rows = [
            (reader.line_num, row)
            for reader in [
                csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
            ]
            for row in reader
            if any(cell.strip() for cell in row)
        ]
    except csv.Error as error:
        raise ExternalError(
            f"The file cannot be read as a table: {error}.", remedy="Save it as CSV again."
        ) from error
    if not rows:
        return pd.DataFrame()
    names = rows[0][1]
    width = len(names)
    longer = [line for line, row in rows if any(cell.strip() for cell in row[width:])]
    if longer:
        raise ExternalError(
            f"{len(longer):,} rows have more cells than there are names, the first is row "
            f"{longer[0]}.",
            remedy="Name every column; put cells that hold a separator into quotation marks.",
        )
    kept = [(row + [""] * width)[:width] for _, row in rows[1 : MOST_ROWS + 2]]
    return pd.DataFrame(kept, columns=pd.Index(names), dtype=object)


def _without_remarks(text: str) -> str:
    """The text from the table on; there a # is part of a name or of a value."""
    lines = text.splitlines(keepends=True)
    while (
        len(lines) > 1
        and lines[0].lstrip().startswith("#")
        and all(lines[0].count(sign) < lines[1].count(sign) or not lines[1].count(sign)
                for sign in ";\t,")
    ):  # fmt: skip
        lines = lines[1:]
    return "".join(lines)


def _text(content: bytes) -> str:
    for encoding in (
        "utf-8-sig",
        "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8",
    ):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    text = content.decode("cp1252", errors="replace")
    if "\x00" in text:
        raise ExternalError(
            "The file is no text and no Excel workbook.", remedy="Save it as .csv or .xlsx."
        )
    return text


def _workbook(content: bytes, file_name: str) -> pd.DataFrame:
    """The first sheet, its first row as names."""
    try:
        rows = workbooks.first_sheet(content, _harmless(file_name)[:60] or "The workbook")
    except DataError as error:
        raise ExternalError(f"{error}.", remedy=error.remedy) from error
    while len(rows) > 1 and all(cell == "" for cell in rows[-1]):
        rows.pop()
    cells = [[_whole(cell) for cell in row] for row in rows]
    return pd.DataFrame(cells[1:], columns=pd.Index(cells[0], dtype=object), dtype=object)


def _whole(cell: object) -> object:
    """A workbook knows no whole numbers: 5 is 5.0 there."""
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


def _names(given: Sequence[object]) -> list[str]:
    """Names that can be shown and kept: short, printable, each once."""
    names = []
    for place, one in enumerate(given, 2):
        name = _harmless(str(one))
        if not name or re.fullmatch(r"Unnamed: \d+", name):
            raise ExternalError(
                f"Column {place} has no name.", remedy="Write a name into the first row."
            )
        if len(name) > LONGEST_NAME:
            raise ExternalError(
                f"The name “{name[:40]} …” has {len(name)} characters.",
                remedy=f"Use at most {LONGEST_NAME}.",
            )
        names.append(name)
    double = {name for name in names if [n.casefold() for n in names].count(name.casefold()) > 1}
    if double:
        raise ExternalError(
            f"Two columns are called “{min(double)}”.", remedy="Give each its own name."
        )
    return names


def _harmless(text: str) -> str:
    """Without what cannot be seen (control characters, marks of direction); spaces single."""
    seen = "".join(" " if c.isspace() else c for c in text)
    kept = "".join(c for c in seen if unicodedata.category(c)[0] != "C")
    return " ".join(kept.split())


ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?)?")
LOCAL = re.compile(r"(\d{1,2})\s*([./-])\s*(\d{1,2})\s*\2\s*(\d{4})")


def _dates(column: pd.Series) -> tuple[list[date], str]:
    """Days in the order of the rows, and how they were read."""
    raw = [cell.date() if isinstance(cell, datetime) else cell for cell in column]
    texts = [one.isoformat() if isinstance(one, date) else _cell(one) for one in raw]
    local = [match for text in texts if (match := LOCAL.fullmatch(text))]
    month_first = _month_first(local)
    days: list[date | None] = [_day(text, month_first) for text in texts]
    wrong = [(i, texts[i]) for i, day in enumerate(days) if day is None]
    if wrong:
        told = ", ".join(f"row {i + 2} “{text[:20]}”" for i, text in wrong[:NAMED])
        raise ExternalError(
            f"{len(wrong):,} of {len(days):,} cells of the first column are no date: {told}.",
            remedy="Write dates as 2026-11-21 or 21.11.2026 in the first column.",
        )
    found = [day for day in days if day is not None]
    beyond = [day for day in found if not EARLIEST <= day <= LATEST]
    if beyond:
        raise ExternalError(
            f"{beyond[0].isoformat()} is no day of a shop.", remedy="Check the year of the dates."
        )
    if not local:
        return found, "year-month-day"
    return found, "month/day/year" if month_first else "day.month.year"


def _month_first(local: Sequence[re.Match[str]]) -> bool:
    """Whether 3/4/2026 is the 4 March: decided by the cells that leave no doubt, else by “/”."""
    first = [int(match[1]) for match in local]
    second = [int(match[3]) for match in local]
    if any(number > 12 for number in first):
        return False
    if any(number > 12 for number in second):
        return True
    if any(match[2] == "/" for match in local):
        sample = local[0][0]
        raise ExternalError(
            f"Dates such as {sample} can be read in two ways.",
            remedy="Write them as 2026-11-21, or upload more days so that the order is clear.",
        )
    return False


def _day(text: str, month_first: bool) -> date | None:
    iso, local = ISO.fullmatch(text), LOCAL.fullmatch(text)
    if iso:
        year, month, day = (int(iso[i]) for i in (1, 2, 3))
    elif local:
        year = int(local[4])
        month, day = (int(local[i]) for i in ((1, 3) if month_first else (3, 1)))
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _no_duplicates(days: Sequence[date]) -> None:
    double = sorted(day for day, count in Counter(days).items() if count > 1)
    if double:
        told = ", ".join(day.isoformat() for day in double[:NAMED])
        raise ExternalError(
            f"{len(double):,} days stand in the file more than once: {told}.",
            remedy="Keep one row a day.",
        )


def _column(name: str, column: pd.Series, days: Sequence[date], notes: list[str]) -> ReadColumn:
    texts = [_cell(cell) for cell in column]
    comma = _decimal_comma(texts)
    unclear = frozenset() if comma else cells.unclear_points(texts)
    if unclear:
        row, text = next((r, t) for r, t in enumerate(texts, 2) if t in unclear)
        raise ExternalError(
            f"{sum(text in unclear for text in texts):,} cells of “{name}” can be read in two "
            f"ways: row {row} “{text}” {cells.two_readings(text)}.",
            remedy="Write thousands without a sign between, as in 1000.",
        )
    values: dict[date, float] = {}
    wrong = []
    for row, (day, text) in enumerate(zip(days, texts, strict=True), 2):
        if text == "":
            continue
        number = _number(text, comma)
        if number is None:
            wrong.append(f"row {row} “{text[:20]}”")
        else:
            values[day] = number
    if wrong:
        raise ExternalError(
            f"{len(wrong):,} cells of “{name}” are no numbers: {', '.join(wrong[:NAMED])}.",
            remedy="Correct them, or leave cells without a value empty.",
        )
    if len(values) < FEWEST_DAYS:
        raise ExternalError(
            f"“{name}” has a value on {len(values)} days; that is too few to learn from.",
            remedy=f"Upload at least {FEWEST_DAYS} days, better two years and the weeks ahead.",
        )
    span = (max(values) - min(values)) // timedelta(days=1) + 1
    gaps = span - len(values)
    if gaps:
        notes.append(
            f"“{name}” has no value on {gaps:,} of {span:,} days; a week is the mean of the days "
            "that have one."
        )
    if len(set(values.values())) == 1:
        notes.append(f"“{name}” is the same on every day, so nothing can be learned from it.")
    return ReadColumn(name=name, values=dict(sorted(values.items())), gaps=gaps)


def _cell(cell: object) -> str:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)) or cell is pd.NaT:
        return ""
    return str(cell).replace("\u00a0", " ").strip()


def _decimal_comma(texts: Sequence[str]) -> bool:
    """Whether a comma separates decimals: it stands after dots, or not before three digits."""
    for text in texts:
        if re.fullmatch(r"[+−-]?\d{1,3}(\.\d{3})++,\d++", text):
            return True
        if re.fullmatch(r"[+−-]?\d+,\d+", text) and not re.fullmatch(r"[+−-]?\d{1,3},\d{3}", text):
            return True
    return False


def _number(text: str, comma: bool) -> float | None:
    plain = text.replace("−", "-").replace(" ", "").removesuffix("%")
    plain = plain.replace(".", "").replace(",", ".") if comma else plain.replace(",", "")
    if not re.fullmatch(r"[+-]?(\d++(\.\d*+)?|\.\d++)([eE][+-]?\d{1,3})?", plain):
        return None
    number = float(plain)
    return number if math.isfinite(number) and abs(number) < 1e15 else None
