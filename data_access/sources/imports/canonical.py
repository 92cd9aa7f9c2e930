"""A folder of CSV or Parquet files in the canonical layout: file name = table name.

Money is written in currency units with up to four decimals (12.95), whatever the file's type;
instants as ISO 8601, in UTC where no offset is given; days as 2026-03-01.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa

from data_access.shop.tables import CANONICAL
from data_access.sources.imports import cells
from data_access.sources.imports.canonical_rules import AMOUNT, NEEDED, REFERENCES, RULES
from data_access.sources.imports.mapped import Mapped, exact_sum
from data_access.sources.imports.reading import RawTable, read_tables
from data_access.sources.imports.refusal import ImportRefused, Offences, shown
from data_access.sources.imports.report import Ledger, Note, Part

TABLES = {table.name: table for table in CANONICAL}


def required_columns(table: sa.Table) -> tuple[str, ...]:
    """Columns that a file must have: not nullable, without a default, not ``updated_at``."""
    return tuple(
        column.name
        for column in table.columns
        if not column.nullable and column.default is None and column.name != "updated_at"
    )


def check_columns(path: Path, columns: tuple[str, ...]) -> None:
    """Refuse a file whose columns are not those of the table it is named after."""
    table = TABLES[path.stem]
    lacking = [name for name in required_columns(table) if name not in columns]
    unknown = [name for name in columns if name not in table.columns]
    if lacking or unknown:
        said = [f"lacks {', '.join(lacking)}"] if lacking else []
        said += [f"has unknown {', '.join(map(shown, unknown[:20]))}"] if unknown else []
        raise ImportRefused(
            f"{path.name} does not fit the table {table.name}: it {' and '.join(said)}",
            remedy="Compare with the template (python -m app import --template FOLDER).",
        )


def prepare(
    files: dict[str, Path], *, progress: Callable[[str, float], None]
) -> Callable[[sa.Connection | None], Mapped]:
    """Read and check every file; the result checks references, also into a shop already there."""
    frames: dict[str, pd.DataFrame] = {}
    ledgers: list[Ledger] = []
    for number, (name, path) in enumerate(files.items()):
        progress(f"Reading {path.name}", 0.05 + 0.25 * number / len(files))
        (table,) = read_tables(path)
        read = read_table(TABLES[name], table)
        fresh = ~read.duplicated()
        ledgers.append(_ledger(name, path.name, read, fresh))
        frames[name] = read[fresh]

    def finish(connection: sa.Connection | None) -> Mapped:
        if connection is None:
            lacking = [name for name in NEEDED if name not in frames]
            if lacking:
                raise ImportRefused(
                    f"The folder lacks the file {', '.join(lacking)}",
                    remedy="A shop needs products, orders and order_items at least.",
                )
        _check_references(frames, files, connection)
        return Mapped(tables=frames, ledgers=tuple(ledgers), notes=_notes(frames))

    return finish


def read_table(table: sa.Table, raw: RawTable) -> pd.DataFrame:
    """The file's cells in the types of ``table``; missing ones are ``None``.

    Raises
    ------
    ImportRefused : cells that cannot be read or break a rule, keys that repeat.
    """
    offences = Offences(raw.name)
    typed: dict[str, pd.Series[Any]] = {}
    needed = set(required_columns(table))
    for name in raw.frame.columns:
        column = table.c[name]
        values = cells.parsed(
            raw.frame[name], _parser(column), offences, column=name, required=name in needed
        )
        if isinstance(column.type, sa.DateTime):
            values = cells.to_utc(values, "UTC")
        elif not column.nullable and column.default is not None:
            values = values.where(values.notna(), column.default.arg)  # type: ignore[attr-defined]
        typed[name] = values
    frame = pd.DataFrame(typed, columns=pd.Index(list(raw.frame.columns)))
    offences.refuse_if_any()
    if "updated_at" in frame and frame["updated_at"].isna().any():
        del frame["updated_at"]  # partly known is of no use: the import's own instant goes in
    keys = [column.name for column in table.primary_key]
    twice = frame.duplicated(keys) & ~frame.duplicated()
    for row in twice.index[twice]:
        value = " ".join(str(frame.at[row, key]) for key in keys)
        offences.add(row + cells.FIRST_DATA_ROW, " + ".join(keys), value, "is there twice")
    offences.refuse_if_any(remedy="Keep one record of each key.")
    return frame


def _parser(column: sa.Column[Any]) -> cells.Parse:
    parse = _plain_parser(column.type)
    rule = RULES.get((column.table.name, column.name))
    if rule is None:
        return parse
    holds, reason = rule

    @wraps(parse)  # tells which kind of cell it reads
    def checked(value: Any) -> Any:
        result = parse(value)
        if result is not None and not holds(result):
            raise ValueError(reason)
        return result

    return checked


def _plain_parser(kind: sa.types.TypeEngine[Any]) -> cells.Parse:
    if isinstance(kind, sa.BigInteger):
        return cells.money
    if isinstance(kind, sa.Boolean):
        return cells.flag
    if isinstance(kind, sa.Integer):
        return cells.whole
    if isinstance(kind, sa.Float):
        return cells.share
    if isinstance(kind, sa.DateTime):
        return cells.instant
    if isinstance(kind, sa.Date):
        return cells.day
    length = getattr(kind, "length", None)
    if isinstance(kind, sa.Text) or length is None:
        return cells.text
    return cells.short_text(length)


def _check_references(
    frames: dict[str, pd.DataFrame], files: dict[str, Path], connection: sa.Connection | None
) -> None:
    for child, column, parent in REFERENCES:
        frame = frames.get(child)
        if frame is None or column not in frame:
            continue
        key = next(iter(TABLES[parent].primary_key))
        known: set[Any] = set()
        if parent in frames:
            known.update(frames[parent][key.name])
        if connection is not None:
            known.update(connection.execute(sa.select(key)).scalars())
        lost = frame[column].notna() & ~frame[column].isin(known)
        offences = Offences(files[child].name)
        for row in frame.index[lost]:
            offences.add(
                row + cells.FIRST_DATA_ROW, column, frame.at[row, column], f"is not in {parent}"
            )
        offences.refuse_if_any(remedy=f"Add the missing rows to {parent}, or leave these out.")


def _ledger(name: str, file: str, frame: pd.DataFrame, fresh: pd.Series[bool]) -> Ledger:
    amounts = AMOUNT[name](frame) if name in AMOUNT else None
    label, values = amounts if amounts is not None else ("records", None)
    parts = []
    for key, mask in (("rows", fresh), ("repeated", ~fresh)):
        if key == "rows" or mask.any():
            parts.append(
                Part(
                    key=key,
                    outcome="mapped" if key == "rows" else "set aside",
                    into=name if key == "rows" else None,
                    why="as it is" if key == "rows" else "exact repetition of an earlier record",
                    lines=int(mask.sum()),
                    amount=None if values is None else exact_sum(values[mask]),
                )
            )
    return Ledger(
        name=label,
        file=file,
        lines_read=len(frame),
        amount_read=None if values is None else exact_sum(values),
        parts=tuple(parts),
    )


def _notes(frames: dict[str, pd.DataFrame]) -> tuple[Note, ...]:
    absent = [name for name in TABLES if name not in frames]
    if not absent:
        return ()
    return (Note(key="absent", text="tables without a file: " + ", ".join(absent), lines=0),)
