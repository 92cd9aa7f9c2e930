"""The demo shop: how long each size takes to make, and how much memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.large_shop import LargeShop
from tests.benchmarks.report import Report

ROOT = Path(__file__).parents[2]

ASKED = {"small": (10.0, None), "medium": (None, None), "large": (300.0, 6.0)}
"""Seconds and gigabytes that were promised, by size."""

_MAKE = """
import json, resource, sys, time
from datetime import datetime
from data_access.shop.engines import make_engine
from data_access.shop.tables import order_items, orders
from data_access.sources.demo import make_demo
import sqlalchemy as sa

size, path = sys.argv[1:]
started = time.monotonic()
engine = make_engine(f"sqlite:///{path}")
make_demo(engine, size=size, seed=7, until=datetime(2026, 11, 20, 22))
seconds = time.monotonic() - started
with engine.connect() as connection:
    lines = connection.scalar(sa.select(sa.func.count()).select_from(order_items))
    placed = connection.scalar(sa.select(sa.func.count()).select_from(orders))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
print(json.dumps({"seconds": seconds, "peak": peak, "lines": lines, "orders": placed}))
"""


def measure(size: str, path: Path) -> dict[str, float]:
    """Make a shop in a process of its own: seconds, peak memory (GB), orders and lines."""
    done = subprocess.run(
        [sys.executable, "-c", _MAKE, size, str(path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
        text=True,
    )
    return {**json.loads(done.stdout), "file": path.stat().st_size / 1e9}


def place(size: str, folder: Path) -> Path:
    """Where to make it: the large one stays for the studies that need it, if they have none."""
    kept = LargeShop.of_environment().folder / "shop.db"
    if size != "large" or kept.exists():
        return folder / f"{size}.db"
    kept.parent.mkdir(parents=True, exist_ok=True)
    return kept


def run(report: Report, sizes: tuple[str, ...] = ("small", "medium", "large")) -> None:
    with tempfile.TemporaryDirectory(prefix="shopsight-demo-") as folder:
        for size in sizes:
            found = measure(size, place(size, Path(folder)))
            seconds, memory = ASKED[size]
            report.add(
                f"demo {size}: made",
                measured=found["seconds"],
                asked=f"≤ {seconds:g} s" if seconds else "",
                unit="s",
                passed=found["seconds"] <= seconds if seconds else None,
            )
            report.add(
                f"demo {size}: peak memory",
                measured=found["peak"],
                asked=f"≤ {memory:g} GB" if memory else "",
                unit="GB",
                passed=found["peak"] <= memory if memory else None,
            )
            report.add(f"demo {size}: order lines", measured=float(found["lines"]))
            report.add(f"demo {size}: file", measured=found["file"], unit="GB")
