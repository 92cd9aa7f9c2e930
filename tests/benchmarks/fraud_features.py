"""Features of fraud review: all orders of the large demo shop, and one order by the event store."""

from __future__ import annotations

import multiprocessing
import resource
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.context import Desk, open_desk
from app.services.fraud import events, inputs
from app.settings import Settings
from ml.fraud.features import compute
from tests.benchmarks.homes import home_of
from tests.benchmarks.report import Report

LONGEST_S = 240.0
MOST_GIB = 6.0
ONE_BY_ONE = 300  # orders scored alone


def run(report: Report) -> None:
    made = _aside(_whole_history, home_of("large"))
    report.add("orders", measured=made["orders"], unit="orders")
    report.add("frames of the snapshot", measured=made["frames_s"], unit="s")
    report.add(
        "features of all orders, with their frames",
        measured=made["seconds"],
        asked=f"≤ {LONGEST_S:.0f}",
        unit="s",
        passed=made["seconds"] <= LONGEST_S,
    )
    report.add(
        "memory at most",
        measured=made["gib"],
        asked=f"≤ {MOST_GIB:.0f}",
        unit="GiB",
        passed=made["gib"] <= MOST_GIB,
    )
    found = _aside(_one_by_one, home_of("medium"))
    report.add("event store filled, demo medium", measured=found["fill_s"], unit="s")
    report.add("rows of one order, median", measured=found["rows_ms"], unit="ms")
    report.add("features of one order, median", measured=found["features_ms"], unit="ms")
    report.add(
        "orders whose features differ from those of the snapshot",
        measured=found["different"],
        asked="0",
        unit="orders",
        passed=found["different"] == 0,
    )


def _aside(work: Any, home: Path) -> dict[str, float]:
    """The work's figures, from a process of its own, whose memory is its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found: dict[str, float] = pool.apply(work, (home,))
    return found


def _whole_history(home: Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        desk = _desk(home, Path(folder))
        manifest = desk.store.newest()
        assert manifest is not None
        begun = time.perf_counter()
        frames = inputs.frames(desk, manifest)
        read = time.perf_counter()
        made = compute(frames["orders"], chargebacks=frames["labels"])
        seconds = time.perf_counter() - begun
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
        return {
            "orders": len(made), "frames_s": read - begun, "seconds": seconds, "gib": most,
        }  # fmt: skip


def _one_by_one(home: Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        desk = _desk(home, Path(folder))
        manifest = desk.store.newest()
        assert manifest is not None
        begun = time.perf_counter()
        events.advance(desk, now=manifest.as_of)
        filled = time.perf_counter() - begun
        ids = events.seen_since(desk, manifest.as_of - timedelta(days=7))[-ONE_BY_ONE:]
        frames = inputs.frames(desk, manifest)
        whole = compute(frames["orders"], of=ids, chargebacks=frames["labels"])
        rows_s, features_s, different = [], [], 0
        for order in ids:
            started = time.perf_counter()
            orders, chargebacks, profiles = events.rows_for(desk, [order])
            between = time.perf_counter()
            made = compute(orders, of=[order], chargebacks=chargebacks, profiles=profiles)
            features_s.append(time.perf_counter() - between)
            rows_s.append(between - started)
            different += not made.equals(whole.loc[[order]])
        return {
            "fill_s": filled,
            "rows_ms": statistics.median(rows_s) * 1000,
            "features_ms": statistics.median(features_s) * 1000,
            "different": different,
        }


def _desk(home: Path, folder: Path) -> Desk:
    """A desk on the home's shop and snapshot with an app database that is thrown away."""
    desk = open_desk(Settings(home=home, app_database_url=f"sqlite:///{folder / 'app.db'}"))
    desk.state.upgrade()
    return desk
