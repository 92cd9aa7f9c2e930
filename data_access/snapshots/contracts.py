"""What every row of a table must be, checked with pandera on each batch as it is read.

Only columns whose values mean money, amounts, time or a state are looked at. Bad rows are
counted and a few of their keys kept; keys are codes of the shop, never personal data.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa

from data_access.snapshots import tables
from data_access.snapshots.manifest import Check

AHEAD_OF_CLOCK = timedelta(hours=24)
"""How far in the future an instant may lie: a shop's clock, or its idea of UTC, may be off by
half a day; more is a wrong date."""

MOST_UNKNOWN = 0.02
"""Share of a column's texts that may stand for nothing before staff are warned."""

SAMPLE = 5
"""Keys of bad rows that a check names."""


def _rule(label: str) -> dict[str, Any]:
    """What a check is called; pandera tells a failed one by its error text."""
    return {"name": label, "error": label}


_POSITIVE = pandera.Check.gt(0, **_rule("is above 0"))
_NOT_NEGATIVE = pandera.Check.ge(0, **_rule("is not negative"))
_SHARE = pandera.Check.in_range(0, 1, **_rule("lies between 0 and 1"))
_STARS = pandera.Check.in_range(1, 5, **_rule("lies between 1 and 5"))
_STATUS = pandera.Check.isin(tables.ORDER_STATUSES, **_rule("is a known status"))

_VALUES: dict[str, dict[str, pandera.Check]] = {
    "order_items": {
        "units": _POSITIVE,
        "unit_price": _NOT_NEGATIVE,
        "list_price": _NOT_NEGATIVE,
    },
    "orders": {"shipping_fee": _NOT_NEGATIVE, "discount_total": _NOT_NEGATIVE},
    "products": {"unit_cost": _NOT_NEGATIVE},
    "price_history": {"price": _NOT_NEGATIVE},
    "competitor_prices": {"price": _NOT_NEGATIVE},
    "promotions": {"discount": _SHARE},
    "payments": {"amount": _NOT_NEGATIVE},
    "refunds": {"amount": _NOT_NEGATIVE},
    "chargebacks": {"amount": _NOT_NEGATIVE},
    "reviews": {"stars": _STARS},
    "order_status_changes": {"status": _STATUS},
}
_PAST = {
    **{name: (column,) for name, column in tables.MAIN_INSTANT.items()},
    **dict.fromkeys(
        ("order_status_changes", "chargebacks", "refunds", "reviews", "stock_changes"),
        ("happened_at", "known_at"),
    ),
}
"""Instants that can only lie in the past. A planned price may begin later."""
_PAST.pop("price_history")


@dataclass(slots=True)
class _Found:
    rows: int = 0
    sample: list[str] = field(default_factory=list)


class Inspector:
    """Looks at every batch that is about to be kept, and remembers what was wrong."""

    def __init__(self, now: datetime) -> None:
        self._latest = pd.Timestamp(now + AHEAD_OF_CLOCK)
        self._found: dict[tuple[str, str, str], _Found] = {}
        self._unknown: dict[tuple[str, str], list[int]] = {}
        self._schemas = {
            table.name: self._schema(table.name)
            for table in tables.COPIED
            if table.name in _VALUES or table.name in _PAST
        }

    def inspect(self, name: str, batch: pa.RecordBatch) -> None:
        """Check one batch of a table."""
        self._inspect_missing(name, batch)
        schema = self._schemas.get(name)
        if schema is None:
            return
        columns = list(schema.columns)
        frame = batch.select(columns).to_pandas(categories=[c for c in columns if c == "status"])
        try:
            schema.validate(frame, lazy=True)
        except pandera.errors.SchemaErrors as errors:
            self._remember(name, batch, errors.failure_cases)

    def unknown(self, name: str, column: str, texts: int, nothing: int) -> None:
        """Count texts of a column that were read, and those that stand for nothing."""
        counted = self._unknown.setdefault((name, column), [0, 0])
        counted[0] += texts
        counted[1] += nothing

    def set_aside(self) -> tuple[Check, ...]:
        """A soft check for each column of which something was read as unknown."""
        return tuple(
            Check(
                name=f"{name}.{column} stands for something",
                severity="soft",
                passed=nothing <= MOST_UNKNOWN * texts,
                detail=f"{nothing:,} of {texts:,} values read of {name}.{column} "
                f"({nothing / texts:.1%}) are blank, zeros or a word for nothing (“undefined”, "
                "“unknown”): they count as unknown and link no orders.",
                rows_found=nothing,
                remedy=""
                if nothing <= MOST_UNKNOWN * texts
                else "Leave the column empty in the shop where nothing is known.",
            )
            for (name, column), (texts, nothing) in sorted(self._unknown.items())
            if nothing
        )

    def checks(self) -> tuple[Check, ...]:
        """One hard check a table and rule, passed or failed."""
        rules = {
            (name, column, str(check.name))
            for name, schema in self._schemas.items()
            for column, facts in schema.columns.items()
            for check in facts.checks
        }
        return tuple(
            _as_check(rule, self._found.get(rule, _Found()))
            for rule in sorted(rules | self._found.keys())
        )

    def _inspect_missing(self, name: str, batch: pa.RecordBatch) -> None:
        table = tables.snapshot_metadata.tables[name]
        for column in table.columns:
            if column.nullable or column.name not in batch.schema.names:
                continue
            values = batch[column.name]
            if values.null_count:
                bad = [i for i, missing in enumerate(values.is_null().to_pylist()) if missing]
                self._add((name, column.name, "is known"), batch, table.name, bad)

    def _remember(self, name: str, batch: pa.RecordBatch, cases: pd.DataFrame) -> None:
        for (column, label), rows in cases.groupby(["column", "check"], sort=False):
            at = sorted(int(i) for i in rows["index"].dropna())
            self._add((name, str(column), str(label)), batch, name, at)

    def _add(
        self, rule: tuple[str, str, str], batch: pa.RecordBatch, name: str, rows: list[int]
    ) -> None:
        found = self._found.setdefault(rule, _Found())
        found.rows += len(rows)
        keys = [c.name for c in tables.snapshot_metadata.tables[name].primary_key.columns]
        for row in rows[: SAMPLE - len(found.sample)]:
            found.sample.append("/".join(str(batch[key][row].as_py()) for key in keys))

    def _schema(self, name: str) -> pandera.DataFrameSchema:
        past = pandera.Check.le(self._latest, **_rule("is not in the future"))
        checks = {**_VALUES.get(name, {}), **dict.fromkeys(_PAST.get(name, ()), past)}
        return pandera.DataFrameSchema(
            {c: pandera.Column(nullable=True, checks=[check]) for c, check in checks.items()}
        )


def _as_check(rule: tuple[str, str, str], found: _Found) -> Check:
    name, column, label = rule
    if found.rows == 0:
        detail = f"Every {name}.{column} {label}."
    else:
        named = ", ".join(found.sample)
        detail = f"{found.rows:,} rows of {name} where {column} is not as it must be ({label}): "
        detail += f"{named}{' …' if found.rows > len(found.sample) else ''}."
    return Check(
        name=f"{name}.{column} {label}",
        severity="hard",
        passed=found.rows == 0,
        detail=detail,
        rows_found=found.rows,
        sample=tuple(found.sample),
        remedy=f"Correct these rows of {name} in the shop and refresh again.",
    )
