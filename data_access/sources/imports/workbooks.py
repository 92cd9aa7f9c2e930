"""xlsx files, read by a process of their own with limits of memory and time.

A workbook of two kilobytes can claim any number of cells, and the readers of such files believe
it. So one is never unpacked where others would suffer for it: see `workbook_child`.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO, Any, BinaryIO

from data_access.sources.imports.refusal import ImportRefused

Sheet = tuple[str, list[list[Any]]]
CHILD = Path(__file__).with_name("workbook_child.py")
LONGEST_ROW = 4 * 2**20
"""Characters of one row as it arrives."""
SAVE_AS_CSV = "Save the one sheet with the table as CSV and use that."
EMPTY_AROUND = (
    "Delete the empty columns and rows around the table, or save the one sheet with the table "
    "as CSV and use that."
)
AT_ONCE = threading.BoundedSemaphore(2)
"""Workbooks that one process has read at the same time; the next one waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What reading one workbook may take."""

    cells: int
    """Between the first and the furthest cell of a sheet, empty ones included."""
    text: int
    """Characters of all rows as they arrive here."""
    unpacked: int
    """Bytes."""
    memory_mb: int
    seconds: int
    first_only: bool = False
    """Only the first sheet that has cells."""


UPLOAD = Limits(
    cells=3_000_000,
    text=60 * 2**20,
    unpacked=200 * 2**20,
    memory_mb=700,
    seconds=20,
    first_only=True,
)
"""What somebody hands to the web, while others use it: 300,000 rows of ten columns."""

IMPORT = Limits(
    cells=120_000_000,
    text=8 * 2**30,
    unpacked=4 * 2**30,
    memory_mb=12 * 1024,
    seconds=1800,
)
"""What an admin imports at the command line: a sheet has a million rows at most."""


def sheets(path: Path, limits: Limits = IMPORT) -> list[Sheet]:
    """Every sheet that has cells: its name and its rows, the first of them the column names.

    Raises
    ------
    ImportRefused : it is broken, empty, or would need more than the limits.
    """
    try:
        with path.open("rb") as file:
            return _read(file, path.name, limits)
    except OSError as error:
        raise _broken(path.name) from error


def first_sheet(content: bytes, name: str, limits: Limits = UPLOAD) -> list[list[Any]]:
    """Rows of the first sheet that has cells, of a file that was handed over.

    Raises
    ------
    ImportRefused : it is broken, empty, or would need more than the limits.
    """
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        return _read(file, name, limits)[0][1]


def _read(file: BinaryIO | IO[bytes], name: str, limits: Limits) -> list[Sheet]:
    with AT_ONCE:
        found, answer, late = _asked(file, name, limits)
    if answer is None or "refused" in answer:
        raise _refusal(name, answer or {}, limits, late=late)
    if not found:
        raise ImportRefused(f"{name} has no cells", remedy="Export the file again.")
    return found


def _asked(
    file: BinaryIO | IO[bytes], name: str, limits: Limits
) -> tuple[list[Sheet], dict[str, Any] | None, bool]:
    """What a process of its own says of the file, and whether it was too late."""
    child = subprocess.Popen(  # noqa: S603 - our own command
        # Isolated: it finds installed libraries, and nothing of the folder or the environment.
        [sys.executable, "-I", str(CHILD), json.dumps(asdict(limits))],
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
    )
    late = threading.Event()

    def end() -> None:
        late.set()
        child.kill()

    watch = threading.Timer(limits.seconds, end)
    watch.start()
    try:
        found, answer = _heard(_lines(child, name, limits), limits, name)
        return found, answer, late.is_set()
    finally:
        watch.cancel()
        child.kill()
        if child.stdout is not None:
            child.stdout.close()
        child.wait()


def _lines(child: subprocess.Popen[bytes], name: str, limits: Limits) -> Iterator[Any]:
    """What the child says, as long as it keeps within the limits."""
    assert child.stdout is not None
    left = limits.text
    while line := child.stdout.readline(LONGEST_ROW):
        left -= len(line)
        if left < 0 or not line.endswith(b"\n"):
            if len(line) == LONGEST_ROW or left < 0:
                raise ImportRefused(
                    f"{name} holds more text than {limits.text / 2**20:,.0f} MB, or a row of "
                    f"more than {LONGEST_ROW / 2**20:,.0f} MB",
                    remedy=SAVE_AS_CSV,
                )
            return  # it ended in the midst of a line
        with contextlib.suppress(ValueError):
            yield json.loads(line)


def _heard(
    lines: Iterator[Any], limits: Limits, name: str
) -> tuple[list[Sheet], dict[str, Any] | None]:
    """Sheets, and the last word; none where the child ended without one."""
    found: list[Sheet] = []
    cells = 0
    for line in lines:
        if isinstance(line, list):
            cells += len(line)
            if cells > limits.cells * (1 if limits.first_only else 4):
                raise ImportRefused(f"{name} has {cells:,} cells", remedy=SAVE_AS_CSV)
            found[-1][1].append([_cell(one) if type(one) is list else one for one in line])
        elif "sheet" in line:
            found.append((line["sheet"], []))
        else:
            return found, line
    return found, None


def _cell(tagged: list[Any]) -> Any:
    kind, value = tagged
    if kind == "span":
        return timedelta(seconds=value)
    kinds: dict[str, Any] = {"datetime": datetime, "date": date, "time": time}
    return kinds[kind].fromisoformat(value) if kind in kinds else value


def _refusal(name: str, answer: dict[str, Any], limits: Limits, *, late: bool) -> ImportRefused:
    match answer.get("refused"):
        case "cells":
            return ImportRefused(
                f"{name} claims {_many(answer['cells'])} cells: its furthest lies in row "
                f"{answer['rows']:,} and column {answer['columns']:,}",
                remedy=EMPTY_AROUND,
            )
        case "unpacked":
            return ImportRefused(
                f"{name} would unpack from {answer['packed']:,} to {answer['unpacked']:,} bytes",
                remedy=SAVE_AS_CSV,
            )
        case "broken":
            return _broken(name)
    if late:
        return ImportRefused(
            f"{name} takes longer than {limits.seconds} seconds to read", remedy=SAVE_AS_CSV
        )
    # The kernel refuses memory, and the reader has no other answer to that than to end.
    return ImportRefused(
        f"{name} needs more than {limits.memory_mb:,} MB of memory, or more than "
        f"{limits.seconds} seconds of work, to be read",
        remedy=SAVE_AS_CSV,
    )


def _many(number: int) -> str:
    for size, word in ((10**9, "billion"), (10**6, "million")):
        if number >= size:
            return f"{number / size:,.0f} {word}"
    return f"{number:,}"


def _broken(name: str) -> ImportRefused:
    return ImportRefused(
        f"{name} is no readable xlsx file", remedy="Save it again, or save the sheet as CSV."
    )
