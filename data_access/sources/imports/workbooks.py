"""xlsx files: checked as the zip archives that they are, then read sheet by sheet."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path
from typing import Any

import python_calamine

from data_access.sources.imports.refusal import ImportRefused

LARGEST_UNPACKED = 4 * 1024**3
"""Bytes that the archive may unpack to."""
LARGEST_RATIO = 400
"""Unpacked by packed bytes of a member; sheets of real shops reach about 20."""
RATIO_FROM = 10 * 1024**2
"""Bytes below which a high ratio is harmless."""
CHUNK_BYTES = 1024**2
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
)
"""What reading a damaged or unusual archive raises."""
_FAR_CELL = re.compile(rb"""\br\s*=\s*["'](?:[A-Za-z]{2,}\d|[A-Za-z]?\d{8})""")
"""A cell right of column Z or below row 9,999,999: the reader's grid is dense, so one such cell
would ask for all the memory between."""


def sheets(path: Path) -> list[tuple[str, list[list[Any]]]]:
    """Every sheet that has cells: its name and its rows, the first of them the column names."""
    check(path)
    try:
        workbook = python_calamine.CalamineWorkbook.from_path(str(path))
        found = [
            (name, workbook.get_sheet_by_name(name).to_python(skip_empty_area=True))
            for name in workbook.sheet_names
        ]
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise _broken(path) from error
    filled = [(name, rows) for name, rows in found if rows]
    if not filled:
        raise ImportRefused(f"{path.name} has no cells", remedy="Export the file again.")
    return filled


def check(path: Path) -> None:
    """Refuse an archive that is broken, unpacks to too much, or places cells far outside."""
    packed = path.stat().st_size
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            unpacked = sum(member.file_size for member in members)
            if unpacked > LARGEST_UNPACKED or (
                unpacked > RATIO_FROM and unpacked > LARGEST_RATIO * packed
            ):
                raise ImportRefused(
                    f"{path.name} would unpack from {packed:,} to {unpacked:,} bytes",
                    remedy="Save the sheet as CSV and import that.",
                )
            for member in members:
                _check_member(archive, member, path)
    except BROKEN as error:
        raise _broken(path) from error


def _check_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> None:
    # Reading to the end also compares the size and checksum that the archive declares.
    is_sheet = member.filename.startswith("xl/worksheets/")
    rest = b""
    with archive.open(member) as file:
        while chunk := file.read(CHUNK_BYTES):
            if is_sheet and (far := _FAR_CELL.search(rest + chunk)):
                place = far.group().decode("ascii", "replace").split("=")[-1].strip(" \"'")
                raise ImportRefused(
                    f"{path.name} has cells as far out as {place}…, beyond column Z",
                    remedy="Delete the empty columns and rows around the table, "
                    "or save the sheet as CSV.",
                )
            rest = chunk[-64:]


def _broken(path: Path) -> ImportRefused:
    return ImportRefused(
        f"{path.name} is no readable xlsx file", remedy="Save it again, or save the sheet as CSV."
    )
