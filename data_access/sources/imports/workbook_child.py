"""The process in which a workbook is unpacked and read: ``python -I workbook_child.py LIMITS``.

It is started by :mod:`data_access.sources.imports.workbooks` with the file as its standard input.
It loads nothing of the project and takes its limits upon itself before it looks at the file; what
the workbook makes of it, ends with it. A line of JSON leaves for each row: nothing that could run.
"""

from __future__ import annotations

import io
import json
import os
import re
import resource
import sys
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO

import python_calamine

CHUNK_BYTES = 1024**2
LARGEST_RATIO = 400
"""Unpacked by packed bytes of an archive; sheets of real shops reach about 20."""
RATIO_FROM = 10 * 1024**2
"""Bytes below which a high ratio is harmless."""
_PLACE = re.compile(rb"""\br\s{0,8}=\s{0,8}["']([A-Za-z]{0,3})(\d{0,7})["']""")
"""Where a row or a cell says that it stands."""
_OVERLAP = 64
"""Bytes of a chunk that are looked at once more with the next one: a place may lie across both."""
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    python_calamine.CalamineError,
)
"""What reading a damaged or unusual archive raises."""


class Refused(Exception):  # noqa: N818 - it is the answer
    def __init__(self, reason: str, **figures: object) -> None:
        super().__init__(reason)
        self.answer = {"refused": reason, **figures}


def main(limits: dict[str, Any]) -> None:
    """Answer with sheets, rows and an end, or with one refusal."""
    _limit(limits)
    file = sys.stdin.buffer
    try:
        _check(file, limits)
        file.seek(0)
        for line in _sheets(file, limits):
            _say(line)
        answer: dict[str, Any] = {"done": True}
    except Refused as refused:
        answer = refused.answer
    except MemoryError:
        answer = {"refused": "memory"}
    except BROKEN:
        answer = {"refused": "broken"}
    _say(answer)
    sys.stdout.flush()


def _limit(limits: dict[str, Any]) -> None:
    """Memory, time, no files, no core dumps: kept by the kernel, whatever the file does."""
    os.nice(10)  # whoever clicks meanwhile comes first
    memory, seconds = limits["memory_mb"] * 2**20, limits["seconds"]
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _check(file: BinaryIO, limits: dict[str, Any]) -> None:
    """Refuse an archive that is broken, unpacks to too much, or places cells far outside."""
    packed = file.seek(0, io.SEEK_END)
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        unpacked = sum(member.file_size for member in members)
        if unpacked > limits["unpacked"] or (
            unpacked > RATIO_FROM and unpacked > LARGEST_RATIO * packed
        ):
            raise Refused("unpacked", packed=packed, unpacked=unpacked)
        for member in members:
            # Reading to the end also compares the size and checksum that the archive declares.
            with archive.open(member) as opened:
                _count(opened, limits, sheet=member.filename.startswith("xl/worksheets/"))


def _count(opened: Any, limits: dict[str, Any], *, sheet: bool) -> None:
    """The reader's grid is dense, so that it is as large as its furthest cells say."""
    rows = columns = 0
    rest = b""
    while chunk := opened.read(CHUNK_BYTES):
        if not sheet:
            continue
        for letters, digits in set(_PLACE.findall(rest + chunk)):
            columns = max(columns, _column(letters))
            rows = max(rows, int(digits or 0))
        if rows * columns > limits["cells"]:
            raise Refused("cells", cells=rows * columns, rows=rows, columns=columns)
        rest = chunk[-_OVERLAP:]


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _sheets(file: BinaryIO, limits: dict[str, Any]) -> Iterator[Any]:
    """The name of each sheet that has cells, then its rows."""
    workbook = python_calamine.CalamineWorkbook.from_filelike(file)
    for name in workbook.sheet_names:
        sheet = workbook.get_sheet_by_name(name)
        rows = sheet.to_python(skip_empty_area=True)
        if not rows:
            continue
        yield {"sheet": name}
        yield from rows
        if limits["first_only"]:
            return


def _say(line: Any) -> None:
    sys.stdout.write(json.dumps(line, default=_told, ensure_ascii=True) + "\n")


def _told(cell: Any) -> list[Any]:
    """What JSON has no word for, with one of ours; a cell is never a list otherwise."""
    if isinstance(cell, timedelta):
        return ["span", cell.total_seconds()]
    for kind in (datetime, date, time):  # a datetime is a date, too
        if isinstance(cell, kind):
            return [kind.__name__, cell.isoformat()]
    return ["text", str(cell)]


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
