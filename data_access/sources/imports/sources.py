"""Recognising what a path holds, by its columns."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from data_access.sources.imports import online_retail
from data_access.sources.imports.reading import FORMATS, read_columns
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
    files: tuple[Path, ...]
    currency: str | None
    """ISO 4217, known from the source; null: whoever imports must say."""
    zone: str | None
    """IANA zone of the source's instants."""

    def fingerprint(self) -> str:
        """SHA-256 over names and contents of the files."""
        digest = hashlib.sha256()
        for file in self.files:
            if len(self.files) > 1:
                digest.update(file.name.encode() + b"\x00")
            with file.open("rb") as opened:
                digest.update(hashlib.file_digest(opened, "sha256").digest())
        return digest.hexdigest()


def recognise(path: Path) -> ImportSource:
    """The kind of source at ``path``.

    Raises
    ------
    ImportRefused : nothing there that is known; the message names what is missing.
    """
    if path.is_dir():
        raise _unknown(path, "no file of a known layout")
    columns = read_columns(path)
    found = column_names(columns)
    if len(found) == len(COLUMNS):
        second = "Invoice" in columns
        return ImportSource(
            kind="online_retail",
            label="UCI Online Retail II" if second else "UCI Online Retail",
            path=path,
            files=(path,),
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


def _unknown(path: Path, found: str) -> ImportRefused:
    return ImportRefused(f"{path.name}: not recognised, it has {found}", remedy=KNOWN)


__all__ = ["FORMATS", "ImportSource", "Kind", "recognise"]
