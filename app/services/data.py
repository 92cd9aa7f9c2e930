"""The Data page: snapshots, their checks and rows, imports, and totals beside the shop's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pandas as pd

from app.access import Identity
from app.services import jobs
from data_access.snapshots.manifest import Manifest
from data_access.snapshots.reconcile import reconcile
from data_access.snapshots.tables import DERIVED
from data_access.state.import_reports import list_reports

if TYPE_CHECKING:
    from app.context import Desk

__all__ = [
    "Import",
    "Manifest",
    "checks",
    "history",
    "import_parts",
    "import_tables",
    "imports",
    "numbers",
    "refresh",
    "tables",
    "totals",
]

DERIVED_NAMES = frozenset(table.name for table in DERIVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One import into the shop database, as its report tells it."""

    report_id: int
    at: datetime
    by: str
    source: str
    report: dict[str, Any]


def refresh(desk: Desk, person: Identity, *, full: bool = False) -> str:
    """Ask for a new snapshot; gives the id of the job, also where one runs already."""
    return jobs.start(desk, person, "refresh", {"full": True} if full else {})


def checks(manifest: Manifest) -> pd.DataFrame:
    """One row a check: failed ones first.

    result str · check str · detail str · rows int · sample str · remedy str · severity str
    """
    rows = [
        {
            "result": "Passed" if c.passed else "Failed" if c.severity == "hard" else "Look at it",
            "check": c.name,
            "detail": c.detail,
            "rows": c.rows_found,
            "sample": ", ".join(c.sample),
            "remedy": "" if c.passed else c.remedy,
            "severity": c.severity,
        }
        for c in sorted(manifest.checks, key=lambda c: (c.passed, c.severity != "hard"))
    ]
    columns = ["result", "check", "detail", "rows", "sample", "remedy", "severity"]
    return pd.DataFrame(rows, columns=columns)


def tables(manifest: Manifest) -> pd.DataFrame:
    """One row a table of the snapshot: table str · kind str · rows int · parts int · megabytes."""
    rows = [
        {
            "table": name.replace("_", " "),
            "kind": "Computed" if name in DERIVED_NAMES else "Copied",
            "rows": facts.rows,
            "parts": len(facts.parts),
            "megabytes": sum(part.bytes for part in facts.parts) / 2**20,
            "newest": facts.watermark,
        }
        for name, facts in manifest.tables.items()
    ]
    return pd.DataFrame(rows).sort_values(["kind", "rows"], ascending=[False, False])


def numbers(desk: Desk) -> list[int]:
    """Snapshots that are kept, newest first."""
    return [manifest.number for manifest in desk.store.list()]


def history(desk: Desk, zone: ZoneInfo) -> pd.DataFrame:
    """One row a snapshot that is kept, newest first; `taken` is local time in the zone."""
    return pd.DataFrame(
        [
            {
                "number": m.number,
                "taken": m.created_at.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None),
                "kind": m.kind,
                "rows": m.rows,
                "changed": m.rows_changed,
                "failed": len(m.warnings),
                "seconds": m.seconds,
            }
            for m in desk.store.list()
        ]
    )


def imports(desk: Desk) -> list[Import]:
    """What was imported, newest first."""
    with desk.state.read() as session:
        return [
            Import(report_id=r.report_id, at=r.at, by=r.by, source=r.source, report=r.report)
            for r in list_reports(session)
        ]


def import_parts(one: Import) -> pd.DataFrame:
    """One row a part of the files: what became of its lines. Amounts in the file's currency.

    file str · what str · outcome str · lines int · amount float or None
    """
    scale = int(one.report.get("money_scale", 10_000))
    rows = []
    for ledger in one.report.get("ledgers", []):
        for part in ledger["parts"]:
            into = f"{part['outcome']} to {part['into']}" if part["into"] else part["outcome"]
            rows.append(
                {
                    "file": ledger["file"],
                    "outcome": into.replace("_", " "),
                    "what": part["why"],
                    "lines": part["lines"],
                    "amount": None if part["amount"] is None else part["amount"] / scale,
                }
            )
    return pd.DataFrame(rows, columns=["file", "outcome", "what", "lines", "amount"])


def import_tables(one: Import) -> pd.DataFrame:
    """One row a table of the shop that the import wrote to."""
    columns = ["table", "added", "changed", "unchanged", "removed"]
    return pd.DataFrame(one.report.get("tables", []), columns=columns)


def totals(desk: Desk, manifest: Manifest) -> pd.DataFrame:
    """Key totals in the shop database, as it is now, beside the same ones in the snapshot.

    name str · shop float · snapshot float · difference float
    """
    rows = reconcile(desk.shop_engine, manifest, desk.analytics)
    return pd.DataFrame(
        [
            {
                "name": total.name,
                "shop": float(total.shop),
                "snapshot": float(total.snapshot),
                "difference": float(total.difference),
            }
            for total in rows
        ]
    )
