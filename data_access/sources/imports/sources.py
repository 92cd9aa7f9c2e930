"""Recognising what a path holds, by its columns."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from data_access.sources.imports import canonical, olist, olist_files, online_retail
from data_access.sources.imports.reading import (
    RawTable,
    file_format,
    read_columns,
    read_tables,
)
from data_access.sources.imports.refusal import ImportRefused, shown
from data_access.sources.imports.retail_lines import COLUMNS, column_names

Kind = Literal["online_retail", "olist", "canonical"]
KNOWN = (
    "Known are UCI Online Retail (one CSV, xlsx or Parquet file), the Olist folder, and a folder "
    "in the canonical layout (python -m app import --template FOLDER writes it)."
)
NEARLY = 4
"""Columns of Online Retail from which on a file is meant to be one, and its diff is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSource:
    """What lies at a path."""

    kind: Kind
    label: str
    """For staff, e.g. "UCI Online Retail"."""
    path: Path
    parts: dict[str, Path]
    """What each file is: a table's name, one of `olist_files.FILES`, or "lines"."""
    others: tuple[Path, ...] = ()
    """Tabular files in the folder that belong to no part; the report names them."""
    currency: str | None
    """ISO 4217, known from the source; null: whoever imports must say."""
    zone: str | None
    """IANA zone of the source's local instants; null: whoever imports must say."""

    def fingerprint(self) -> str:
        """SHA-256 over names and contents of the files."""
        digest = hashlib.sha256()
        for name, file in sorted(self.parts.items()):
            digest.update(name.encode() + b"\x00")
            with file.open("rb") as opened:
                digest.update(hashlib.file_digest(opened, "sha256").digest())
        return digest.hexdigest()


def recognise(path: Path) -> ImportSource:
    """The kind of source at ``path``.

    Raises
    ------
    ImportRefused : nothing there that is known; the message names what is missing.
    """
    return open_source(path)[0]


def open_source(path: Path) -> tuple[ImportSource, list[RawTable] | None]:
    """As `recognise`, with the tables where they had to be read whole to be recognised (xlsx)."""
    if path.is_dir():
        return _folder(path), None
    if file_format(path) == "xlsx":
        tables = read_tables(path)
        return _file(path, tuple(tables[0].frame.columns)), tables
    return _file(path, read_columns(path)), None


def _file(path: Path, columns: tuple[str, ...]) -> ImportSource:
    found = column_names(columns)
    if len(found) == len(COLUMNS):
        second = "Invoice" in columns
        return ImportSource(
            kind="online_retail",
            label="UCI Online Retail II" if second else "UCI Online Retail",
            path=path,
            parts={"lines": path},
            currency=online_retail.CURRENCY,
            zone=online_retail.ZONE,
        )
    if len(found) >= NEARLY:
        missing = [" or ".join(theirs) for ours, theirs in COLUMNS.items() if ours not in found]
        raise ImportRefused(
            f"{path.name} looks like Online Retail but lacks the column {', '.join(missing)}; "
            f"it has {', '.join(map(shown, columns[:20]))}",
            remedy="Name the columns as in the original: InvoiceNo, StockCode, Description, "
            "Quantity, InvoiceDate, UnitPrice, CustomerID, Country.",
        )
    raise _unknown(path, "the columns " + ", ".join(map(shown, columns[:20])))


def _folder(folder: Path) -> ImportSource:
    inside = folder.resolve()
    columns: dict[Path, tuple[str, ...]] = {}
    for path in sorted(folder.iterdir()):
        if file_format(path) is None or path.name.startswith("."):
            continue
        if not path.resolve().is_relative_to(inside):
            raise ImportRefused(
                f"{path.name} is a link out of the folder", remedy="Copy the file into the folder."
            )
        columns[path] = read_columns(path)
    named = {path.stem: path for path in columns if path.stem in canonical.TABLES}
    found, others = olist_files.sort_files(
        {p: c for p, c in columns.items() if p.stem not in named}
    )
    if all(kind in found for kind in olist_files.NEEDED):
        return ImportSource(
            kind="olist",
            label="Olist",
            path=folder,
            parts=found,
            others=(*others, *named.values()),
            currency=olist.CURRENCY,
            zone=olist.ZONE,
        )
    if not named:
        lacking = [olist_files.FILES[kind].name for kind in olist_files.NEEDED if kind not in found]
        said = f"Olist files but not {', '.join(lacking)}" if found else "no file of a known layout"
        raise _unknown(folder, said)
    strangers = [path for path in columns if path.stem not in named]
    if strangers or len(named) < len(columns):
        names = ", ".join(p.name for p in columns if named.get(p.stem) != p)
        raise ImportRefused(
            f"{names}: not the name of a table, or a table that is there twice",
            remedy="Name each file as its table, one file a table, and take others out of the "
            "folder.",
        )
    for path, names_found in columns.items():
        canonical.check_columns(path, names_found)
    return ImportSource(
        kind="canonical",
        label="Canonical layout",
        path=folder,
        parts={table: named[table] for table in canonical.TABLES if table in named},
        currency=None,
        zone=None,
    )


def _unknown(path: Path, found: str) -> ImportRefused:
    return ImportRefused(f"{path.name}: not recognised, it has {found}", remedy=KNOWN)
