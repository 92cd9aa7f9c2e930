"""The template of the canonical layout: a file a table, and a page that explains them."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from data_access.shop.tables import CANONICAL
from data_access.sources.imports.canonical import required_columns
from data_access.sources.imports.canonical_rules import NEEDED, REFERENCES, RULES
from data_access.sources.imports.refusal import ImportRefused

GUIDE = """# Canonical layout

One CSV (or Parquet) file a table, named as here; leave out the tables that you do not have.
Needed are {needed}. CSV: UTF-8, comma, column names in the first line, quotes around text that
holds a comma. Columns may be left out unless they are marked *needed*; unknown columns are refused.

- money: currency units with up to four decimals and a point (12.95), never a currency sign
- instant: 2026-03-01T14:30:00+01:00; without an offset it is UTC
- day: 2026-03-01
- code: up to 64 characters, compared byte for byte (a1 and A1 are two codes)
- yes/no: true or false
- happened_at is when something happened, known_at when the shop learned of it
- updated_at may be left out: the instant of the import goes in

Then: `python -m app import THIS_FOLDER`. Importing the folder again, or a later one that overlaps,
changes the rows with the same key and doubles nothing.
"""


def write_template(folder: Path) -> tuple[Path, ...]:
    """Write a header-only CSV file a table and README.md into a new or empty folder.

    Raises
    ------
    ImportRefused : the folder holds something, or cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise ImportRefused(
                f"{folder} is not empty", remedy="Name a new folder for the template."
            )
        written = [folder / "README.md"]
        written[0].write_text(_guide(), encoding="utf-8")
        for table in CANONICAL:
            path = folder / f"{table.name}.csv"
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerow([column.name for column in table.columns])
            written.append(path)
    except OSError as error:
        raise ImportRefused(
            f"The template cannot be written to {folder} ({error.strerror})",
            remedy="Name a folder that this user may write to.",
        ) from error
    return tuple(written)


def _guide() -> str:
    parts = [GUIDE.format(needed=", ".join(NEEDED))]
    references = {(child, column): parent for child, column, parent in REFERENCES}
    for table in CANONICAL:
        needed = required_columns(table)
        parts.append(f"\n## {table.name}\n\n| column | what | |\n|---|---|---|\n")
        for column in table.columns:
            key = (table.name, column.name)
            remarks = ["key"] if column.primary_key else []
            remarks += ["needed"] if column.name in needed else []
            remarks += [f"names a row of {references[key]}"] if key in references else []
            remarks += [f"refused where it {RULES[key][1]}"] if key in RULES else []
            parts.append(f"| {column.name} | {_meaning(column.type)} | {'; '.join(remarks)} |\n")
    return "".join(parts)


def _meaning(kind: sa.types.TypeEngine[Any]) -> str:
    if isinstance(kind, sa.BigInteger):
        return "money"
    if isinstance(kind, sa.Boolean):
        return "yes/no"
    if isinstance(kind, sa.Integer):
        return "whole number"
    if isinstance(kind, sa.Float):
        return "number"
    if isinstance(kind, sa.DateTime):
        return "instant"
    if isinstance(kind, sa.Date):
        return "day"
    length = getattr(kind, "length", None)
    if length is None:
        return "text"
    return "code" if length == 64 else f"text, up to {length} characters"
