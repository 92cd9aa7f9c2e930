"""The manifest of a snapshot: what it holds, where it came from, what was checked."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Table

Kind = Literal["full", "incremental"]
Severity = Literal["hard", "soft"]
FORMAT = 1
"""Version of the layout of parts and manifests; a snapshot of another format is made anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One Parquet file, named by its content, that any number of snapshots may share."""

    path: str  # relative to the store's folder of parts
    period: str  # "2026-03", "none" (no date) or "all"
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFacts:
    """One table of a snapshot."""

    rows: int
    schema_hash: str
    parts: tuple[Part, ...]
    watermark: datetime | None = None  # newest updated_at that was read; None for derived tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the data-quality report."""

    name: str
    severity: Severity
    passed: bool
    detail: str  # a sentence with figures
    rows_found: int = 0  # rows that break the rule
    sample: tuple[str, ...] = ()  # ids of a few of them, never personal data
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A published snapshot."""

    number: int
    kind: Kind
    created_at: datetime  # naive UTC
    source: str  # address of the shop database, without password
    currency: str
    zone: str
    watermark: datetime | None  # newest change that was read
    as_of: datetime  # naive UTC: now for a living shop, else the end of its last day
    as_of_day: date  # local day of as_of
    first_day: date  # local day of the first order
    tables: dict[str, TableFacts]
    checks: tuple[Check, ...]
    seconds: float
    rows_changed: int  # rows of copied tables that differ from the snapshot before
    last_full_at: datetime | None = None
    incrementals_since_full: int = 0
    key_mark: str = ""  # tells hash keys apart without telling the key
    notes: tuple[str, ...] = ()
    # link (device, card, address, ip) → hashes that join unrelated accounts and so link nothing
    placeholders: dict[str, tuple[str, ...]] = field(default_factory=dict)
    format: int = field(default=FORMAT)

    @property
    def rows(self) -> int:
        """Rows in all tables."""
        return sum(facts.rows for facts in self.tables.values())

    @property
    def warnings(self) -> tuple[Check, ...]:
        """Soft checks that failed."""
        return tuple(c for c in self.checks if not c.passed and c.severity == "soft")

    def part_paths(self) -> frozenset[str]:
        """Every part that this snapshot reads, relative to the folder of parts."""
        return frozenset(p.path for facts in self.tables.values() for p in facts.parts)

    def to_json(self) -> str:
        return json.dumps(asdict(self), default=_plain, indent=1, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        raw: dict[str, Any] = json.loads(text)
        tables = {
            name: TableFacts(
                rows=facts["rows"],
                schema_hash=facts["schema_hash"],
                parts=tuple(Part(**part) for part in facts["parts"]),
                watermark=_instant(facts["watermark"]),
            )
            for name, facts in raw.pop("tables").items()
        }
        checks = tuple(
            Check(**{**check, "sample": tuple(check["sample"])}) for check in raw.pop("checks")
        )
        for name in ("created_at", "watermark", "as_of", "last_full_at"):
            raw[name] = _instant(raw[name])
        for name in ("as_of_day", "first_day"):
            raw[name] = date.fromisoformat(raw[name])
        raw["notes"] = tuple(raw["notes"])
        raw["placeholders"] = {
            link: tuple(found) for link, found in raw.get("placeholders", {}).items()
        }
        return cls(tables=tables, checks=checks, **raw)


def schema_hash(table: Table) -> str:
    """Short hash of the table's column names and types."""
    columns = ";".join(f"{c.name}:{type(c.type).__name__}" for c in table.columns)
    return hashlib.sha256(columns.encode()).hexdigest()[:16]


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a manifest")


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
