"""Full and incremental snapshots of the large demo shop: seconds and memory.

Each refresh runs in a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from data_access.shop import tables as shop
from tests.benchmarks.large_shop import LargeShop, large_shop
from tests.benchmarks.report import Report

FULL_S, FULL_GB, INCREMENTAL_S = 180.0, 4.0, 20.0
NEW_ORDERS = 100_000
GIB = 1024**3

_TAKE = """
import json, resource, sys, time
from pathlib import Path
from tests.benchmarks.large_shop import LargeShop
started = time.monotonic()
manifest = LargeShop(folder=Path(sys.argv[1])).take(full=sys.argv[2] == "full")
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"kind": manifest.kind, "seconds": time.monotonic() - started,
    "cpu": used.ru_utime + used.ru_stime, "peak": used.ru_maxrss * 1024,
    "rows": manifest.rows, "changed": manifest.rows_changed, "notes": manifest.notes}))
"""


def run(report: Report) -> None:
    large = large_shop(report)
    found = _take(large, "full")
    report.add(
        "full snapshot",
        measured=found["seconds"],
        asked="≤ 180",
        unit="s",
        passed=found["seconds"] <= FULL_S,
    )
    report.add(
        "full snapshot, memory",
        measured=found["peak"] / GIB,
        asked="≤ 4",
        unit="GiB",
        passed=found["peak"] / GIB <= FULL_GB,
    )
    report.add("full snapshot, processor time", measured=found["cpu"], unit="s")
    report.add("full snapshot, rows", measured=float(found["rows"]), unit="rows")
    new = add_orders(large, NEW_ORDERS)
    found = _take(large, "incremental")
    report.add(
        f"incremental snapshot, {new:,} new orders",
        measured=found["seconds"],
        asked="≤ 20",
        unit="s",
        passed=found["kind"] == "incremental" and found["seconds"] <= INCREMENTAL_S,
    )
    report.add("incremental snapshot, processor time", measured=found["cpu"], unit="s")
    report.add("incremental snapshot, memory", measured=found["peak"] / GIB, unit="GiB")


def add_orders(large: LargeShop, count: int) -> int:
    """Copy the newest orders with their lines, payments and statuses, as if placed anew.

    The copies are placed a minute after the newest change, spread over six hours.
    """
    engine = large.engine(read_only=False)
    newest = large.last_instant()
    prefix = f"N{time.time_ns()}-"  # tells these copies from those of an earlier run
    with engine.connect().execution_options(writing=True) as connection, connection.begin():
        wanted = (
            sa.select(shop.orders.c.order_id)
            .order_by(shop.orders.c.placed_at.desc(), shop.orders.c.order_id)
            .limit(count)
        )
        ids = [row[0] for row in connection.execute(wanted)]
        at = {
            order: newest + timedelta(minutes=1) + timedelta(hours=6) * n / len(ids)
            for n, order in enumerate(ids)
        }
        for table in (shop.orders, shop.order_items, shop.payments, shop.order_status_changes):
            for some in range(0, len(ids), 500):
                chosen = ids[some : some + 500]
                rows = connection.execute(sa.select(table).where(table.c.order_id.in_(chosen)))
                copies = [_anew(dict(row), prefix, at) for row in rows.mappings()]
                if copies:
                    connection.execute(sa.insert(table), copies)
    engine.dispose()
    return len(ids)


def _anew(row: dict, prefix: str, at: dict) -> dict:
    instant = at[row["order_id"]]
    row["order_id"] = prefix + row["order_id"]
    if "payment_id" in row:
        row["payment_id"] = prefix + row["payment_id"]
    for name in ("placed_at", "attempted_at", "happened_at", "known_at", "updated_at"):
        if name in row:
            row[name] = instant
    return row


def _take(large: LargeShop, kind: str) -> dict:
    done = subprocess.run(
        [sys.executable, "-c", _TAKE, str(large.folder), kind],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    return json.loads(done.stdout.splitlines()[-1])
