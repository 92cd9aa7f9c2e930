"""Where rows go: into the shop once they are known, into `truth_pending` until then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from numpy.typing import NDArray

from data_access.shop import tables as shop
from data_access.sources.demo import truth
from data_access.sources.demo.columns import Arrow

LATE_COLUMNS: dict[str, tuple[str, ...]] = {
    "tickets": ("first_answer_at", "closed_at"),
    "purchase_orders": ("received_at",),
}
"""Instants that are filled in after a row appeared: until then they are null."""

VISIBLE = "__visible"
PATCHES = "products_patches"
"""Changes of product rows that are not due yet: product_id, unit_cost, ended_on, updated_at."""

TABLES: dict[str, sa.Table] = {table.name: table for table in (*shop.CANONICAL, *truth.TRUTH)}

Append = Callable[[sa.Table, pa.Table], None]


@dataclass(slots=True)
class Ledger:
    """Takes rows with the instant at which each becomes known.

    Parameters
    ----------
    until : microseconds; rows known later are held back.
    append, replace : what to do with rows that are known and new, or known and changed.
    held : rows of former weeks that were not known then, by table.
    """

    until: int
    append: Append
    replace: Append
    since: int = np.iinfo(np.int64).min  # what was known until then is in the shop already
    held: dict[str, list[pa.Table]] = field(default_factory=dict)
    written: dict[str, int] = field(default_factory=dict)

    def add(
        self, table: sa.Table, columns: Mapping[str, Arrow], visible: NDArray[np.integer]
    ) -> None:
        """Add rows; ``visible`` holds the instant (microseconds) at which each becomes known."""
        if len(visible) == 0:
            return
        rows = pa.table(dict(columns))
        late = LATE_COLUMNS.get(table.name)
        if late is not None:
            self._late(table, rows, late, np.asarray(visible), fresh=True)
            return
        open_rows = np.asarray(visible) > self.until
        if open_rows.any():
            self._hold(table.name, rows, np.asarray(visible), open_rows)
            rows = rows.filter(pa.array(~open_rows))
        self._write(table, rows)

    def patch_products(self, rows: Mapping[str, Arrow], visible: NDArray[np.integer]) -> None:
        """Change unit cost or last day of products from an instant on."""
        if len(visible):
            self._hold(PATCHES, pa.table(dict(rows)), np.asarray(visible), None)

    def release(self) -> None:
        """Hand on what has become known by now."""
        held, self.held = self.held, {}
        for name, parts in held.items():
            rows = pa.concat_tables(parts)
            visible = rows[VISIBLE].to_numpy()
            if name == PATCHES:
                self.held[name] = [rows]
                continue
            rows = rows.drop_columns([VISIBLE])
            late = LATE_COLUMNS.get(name)
            if late is not None:
                self._late(TABLES[name], rows, late, visible, fresh=False)
            else:
                self.add(TABLES[name], dict(zip(rows.column_names, rows.columns, strict=True)),
                         visible)  # fmt: skip

    def due_patches(self) -> pa.Table | None:
        """Product changes that have become known, oldest first; the others stay."""
        parts = self.held.pop(PATCHES, [])
        if not parts:
            return None
        rows = pa.concat_tables(parts)
        due = pc.less_equal(rows[VISIBLE], pa.scalar(self.until, pa.int64()))
        rest = rows.filter(pc.invert(due))
        if rest.num_rows:
            self.held[PATCHES] = [rest]
        return rows.filter(due).sort_by([(VISIBLE, "ascending"), ("product_id", "ascending")])

    def contents(self) -> dict[str, bytes]:
        """What is held back, as bytes that depend on the rows alone and not on their order."""
        found = {}
        for name in sorted(self.held):
            rows = pa.concat_tables(self.held[name]).combine_chunks()
            keys = ["product_id"] if name == PATCHES else [c.name for c in TABLES[name].primary_key]
            rows = rows.sort_by([(key, "ascending") for key in [*keys, VISIBLE]]).combine_chunks()
            sink = pa.BufferOutputStream()
            options = pa.ipc.IpcWriteOptions(compression="zstd")
            with pa.ipc.new_stream(sink, rows.schema, options=options) as stream:
                stream.write_table(rows)
            found[name] = sink.getvalue().to_pybytes()
        return found

    def _hold(
        self,
        name: str,
        rows: pa.Table,
        visible: NDArray[np.int64],
        which: NDArray[np.bool_] | None,
    ) -> None:
        rows = rows.append_column(VISIBLE, pa.array(visible, pa.int64()))
        self.held.setdefault(name, []).append(
            rows if which is None else rows.filter(pa.array(which))
        )

    def _late(
        self,
        table: sa.Table,
        rows: pa.Table,
        late: tuple[str, ...],
        visible: NDArray[np.int64],
        *,
        fresh: bool,
    ) -> None:
        """Rows whose last columns are filled in later; held until all of them are known."""
        newest = visible.astype(np.int64)
        unfinished = newest > self.until
        shown = rows
        for name in late:
            at: Arrow = rows[name].cast(pa.int64())
            instant = at.fill_null(np.iinfo(np.int64).min).to_numpy()
            hidden = instant > self.until
            unfinished |= hidden
            newest = np.where(hidden, newest, np.maximum(newest, instant))
            if hidden.any():
                place = shown.schema.get_field_index(name)
                blank = pc.if_else(
                    pa.array(hidden), pa.scalar(None, pa.timestamp("us")), shown[name]
                )
                shown = shown.set_column(place, name, blank)
        place = shown.schema.get_field_index("updated_at")
        shown = shown.set_column(
            place, "updated_at", pa.array(newest, pa.int64()).cast(pa.timestamp("us"))
        )
        if unfinished.any():
            self._hold(table.name, rows, visible, unfinished)
        known = visible <= self.until
        if fresh:
            self._write(table, shown.filter(pa.array(known)))
        else:
            self._rewrite(table, shown.filter(pa.array(known & (newest > self.since))))

    def _write(self, table: sa.Table, rows: pa.Table) -> None:
        if rows.num_rows:
            self.written[table.name] = self.written.get(table.name, 0) + rows.num_rows
            self.append(table, rows)

    def _rewrite(self, table: sa.Table, rows: pa.Table) -> None:
        if rows.num_rows:
            self.written[table.name] = self.written.get(table.name, 0) + rows.num_rows
            self.replace(table, rows)


def read_held(content: bytes) -> pa.Table:
    with pa.ipc.open_stream(content) as stream:
        return stream.read_all()
