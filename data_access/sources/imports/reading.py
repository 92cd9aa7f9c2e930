"""Reading tabular files (CSV, xlsx, Parquet) into frames of raw cells, or refusing them.

Nothing is interpreted here: CSV cells stay text, xlsx and Parquet cells keep their type.
"""

from __future__ import annotations

import csv
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from data_access.sources.imports import encoding, workbooks
from data_access.sources.imports.refusal import ImportRefused, Offence, shown

Format = Literal["csv", "xlsx", "parquet"]
FORMATS: dict[str, Format] = {".csv": "csv", ".xlsx": "xlsx", ".parquet": "parquet"}

LARGEST_FILE = 2 * 1024**3
"""Bytes of one file."""
LARGEST_UNPACKED = 8 * 1024**3
"""Bytes that a Parquet file may unpack to: more is a bomb, or beyond this machine's memory."""
MOST_CELLS = 400_000_000
"""Cells of one file; a run-length encoded column packs any number of rows into nothing."""
HEADER_BYTES = 64 * 1024
"""A longer first line is no line of column names."""
BLOCK_BYTES = 16 * 1024**2
"""CSV block; the longest record must fit in one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTable:
    """Records of one file or sheet, before any of them is interpreted."""

    name: str
    """File name, with the sheet's name where there are several."""
    frame: pd.DataFrame
    """Raw cells, one row a record; missing cells are null."""
    encoding: str | None
    """How a CSV file was decoded; null for other formats."""


def file_format(path: Path) -> Format | None:
    """The format that the file's name ends in, or ``None``."""
    return FORMATS.get(path.suffix.lower())


def check_file(path: Path) -> Format:
    """Refuse what is no ordinary file of a known format, is empty or too large."""
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        raise ImportRefused(
            f"{shown(path.name)} cannot be opened",
            remedy="Check the path and the right to read it.",
        ) from error
    kind = file_format(path)
    if not stat.S_ISREG(status.st_mode) or kind is None:
        raise ImportRefused(
            f"{path.name} is no CSV, xlsx or Parquet file",
            remedy="Save the data in one of these formats.",
        )
    if status.st_size == 0:
        raise ImportRefused(f"{path.name} is empty", remedy="Export the file again.")
    if status.st_size > LARGEST_FILE:
        raise ImportRefused(
            f"{path.name} has {status.st_size / 1024**3:.1f} GiB, "
            f"{LARGEST_FILE // 1024**3} are allowed",
            remedy="Split it, or save it as Parquet.",
        )
    return kind


def read_columns(path: Path) -> tuple[str, ...]:
    """Column names of a file (of an xlsx file's first sheet), outer blanks removed."""
    match check_file(path):
        case "csv":
            return _csv_header(path, encoding.detect(path))[0]
        case "xlsx":
            return tuple(str(cell).strip() for cell in workbooks.sheets(path)[0][1][0])
        case "parquet":
            with _plain_parquet_errors(path):
                names = pa.parquet.ParquetFile(path).schema_arrow.names
            return tuple(name.strip() for name in names)


def read_tables(path: Path) -> list[RawTable]:
    """Every table of the file: one, or one a sheet."""
    match check_file(path):
        case "csv":
            return [_read_csv(path)]
        case "parquet":
            return [_read_parquet(path)]
        case "xlsx":
            found = workbooks.sheets(path)
            return [
                _from_rows(path.name if len(found) == 1 else f"{path.name} [{name}]", rows)
                for name, rows in found
            ]


def _from_rows(name: str, rows: list[list[object]]) -> RawTable:
    columns = _checked_names(name, tuple(str(cell).strip() for cell in rows[0]))
    frame = pd.DataFrame(rows[1:], columns=pd.Index(columns), dtype=object)
    for column in columns:
        frame[column] = frame[column].where(frame[column].ne(""))
    return RawTable(name=name, frame=frame, encoding=None)


def _checked_names(name: str, columns: tuple[str, ...]) -> tuple[str, ...]:
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise ImportRefused(
            f"{name}: the column {shown(twice[0])} is there twice",
            remedy="Give every column a name of its own in the first row.",
        )
    return columns


def _csv_header(path: Path, coding: str) -> tuple[tuple[str, ...], str]:
    with path.open("rb") as file:
        line = file.readline(HEADER_BYTES)
    text = line.decode(coding, "replace").rstrip("\r\n")
    separator = max(",;\t", key=text.count)
    try:
        names = next(csv.reader([text], delimiter=separator), [])
    except csv.Error:  # a carriage return alone, in files of another age
        names = []
    if not any(names) or len(line) >= HEADER_BYTES:
        raise ImportRefused(
            f"{path.name}: the first line holds no column names",
            remedy="Put the column names into the first line.",
        )
    return _checked_names(path.name, tuple(name.strip() for name in names)), separator


def _read_csv(path: Path) -> RawTable:
    coding = encoding.detect(path)
    names, separator = _csv_header(path, coding)
    malformed: list[Offence] = []

    def note(row: pa.csv.InvalidRow) -> Literal["skip"]:
        malformed.append(
            Offence(
                row=row.number or 0,
                column="?",
                value=shown(row.text),
                reason=f"has {row.actual_columns} cells, not {row.expected_columns}",
            )
        )
        return "skip"

    try:
        table = pa.csv.read_csv(
            path,
            read_options=pa.csv.ReadOptions(
                use_threads=False,  # or the rows of malformed records are unknown
                column_names=list(names),
                skip_rows=1,
                encoding="utf8" if coding == "utf-8-sig" else coding,
                block_size=BLOCK_BYTES,
            ),
            parse_options=pa.csv.ParseOptions(
                delimiter=separator, newlines_in_values=True, invalid_row_handler=note
            ),
            convert_options=pa.csv.ConvertOptions(
                column_types={name: pa.string() for name in names},
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid as error:
        raise ImportRefused(
            f"{path.name} is no readable CSV: {str(error).splitlines()[0][:200]}",
            remedy="Export it again with one record a line and quotes around text.",
        ) from error
    if malformed:
        raise ImportRefused(
            f"{path.name}: {len(malformed):,} malformed records, nothing was imported. First: "
            + "; ".join(f"row {o.row}: {o.value} {o.reason}" for o in malformed[:5]),
            remedy="Put quotes around text that holds the separator, and import again.",
            offences=tuple(malformed[:10]),
        )
    _check_size(path, table.num_rows, table.num_columns)
    return RawTable(name=path.name, frame=table.to_pandas(), encoding=coding)


def _read_parquet(path: Path) -> RawTable:
    with _plain_parquet_errors(path):
        file = pa.parquet.ParquetFile(path)
        meta = file.metadata
        unpacked = sum(meta.row_group(i).total_byte_size for i in range(meta.num_row_groups))
        _check_size(path, meta.num_rows, meta.num_columns, unpacked)
        for field in file.schema_arrow:
            kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
            if pa.types.is_nested(kind) or pa.types.is_binary(kind):
                raise ImportRefused(
                    f"{path.name}: the column {shown(field.name)} holds {kind}, not plain values",
                    remedy="Store text, numbers and dates only.",
                )
        # Without what pandas or others noted beside the columns: only the cells count.
        table = file.read().replace_schema_metadata(None)
        frame = table.to_pandas(integer_object_nulls=True, ignore_metadata=True)
    frame.columns = pd.Index(_checked_names(path.name, tuple(n.strip() for n in frame.columns)))
    return RawTable(name=path.name, frame=frame, encoding=None)


@contextmanager
def _plain_parquet_errors(path: Path) -> Iterator[None]:
    """Names that are no text and damaged pages arrive as errors of many kinds."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise ImportRefused(
            f"{path.name} is no readable Parquet file", remedy="Export the file again."
        ) from error


def _check_size(path: Path, rows: int, columns: int, unpacked: int = 0) -> None:
    if rows * columns > MOST_CELLS or unpacked > LARGEST_UNPACKED:
        raise ImportRefused(
            f"{path.name} holds {rows:,} rows of {columns} columns, more than fits in memory",
            remedy="Split it into several files.",
        )
