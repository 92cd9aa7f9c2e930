"""Publishing is one step; what a crash leaves is collected; what is pinned stays."""

from __future__ import annotations

import signal
import threading
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from app.jobs.fork_server import Process
from data_access.errors import DataError
from data_access.snapshots import tables
from data_access.snapshots.analytics import Analytics
from data_access.snapshots.store import SnapshotStore
from tests.factories import warm
from tests.factories.databases import HASH_KEY, NOW, Taker
from tests.factories.patience import PATIENCE_S
from tests.factories.shop import ShopFactory

REFRESH = """
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo
from data_access.shop.engines import make_engine
from data_access.snapshots.refresh import refresh
from data_access.snapshots.store import SnapshotStore
url, folder, now, full = sys.argv[1:]
refresh(make_engine(url, read_only=True), SnapshotStore(Path(folder)),
        zone=ZoneInfo("Europe/Berlin"), currency="EUR", hash_key=%r,
        now=datetime.fromisoformat(now), full=full == "full", memory_mb=512)
"""
ROOT = Path(__file__).parents[3]

on_sqlite = pytest.mark.parametrize("shop_engine", ["sqlite"], indirect=True)
"""The store does not know which engine the shop has."""


def refresh_elsewhere(
    shop: ShopFactory, store: SnapshotStore, *, kill_at: str = "", full: bool = False
) -> Process:
    """Start a refresh in a process of its own."""
    now = (NOW + timedelta(hours=1)).isoformat()
    url = shop.engine.url.render_as_string(hide_password=False)
    arguments = [url, str(store.folder), now, "full" if full else "changes"]
    log = store.folder.with_name("elsewhere.log")
    code = REFRESH % HASH_KEY
    return warm.python("-c", code, *arguments, log=log, env={"SHOPSIGHT_KILL_AT": kill_at})


@pytest.mark.parametrize(
    ("place", "full", "published"),
    [
        ("refresh-read-orders", True, False),
        ("refresh-after-read", False, False),
        ("refresh-after-parts", True, False),
        ("refresh-after-derive", False, False),
        ("refresh-before-publish", False, False),
        ("snapshot-before-manifest", False, False),
        ("snapshot-before-pointer", True, False),
        ("snapshot-after-pointer", False, True),
    ],
)
@on_sqlite
def test_a_refresh_killed_anywhere_leaves_a_whole_snapshot(
    shop: ShopFactory,
    take: Taker,
    store: SnapshotStore,
    analytics: Analytics,
    place: str,
    full: bool,
    published: bool,
) -> None:
    shop.order(day="2026-03-20", product="mug")
    first = take()
    shop.order(day="2026-03-21", product="mug")

    process = refresh_elsewhere(shop, store, kill_at=place, full=full)
    assert process.wait(timeout=PATIENCE_S) == -signal.SIGKILL

    newest = store.newest()
    assert newest is not None
    assert newest.number == (2 if published else first.number)
    assert [m.number for m in store.list()] == ([2, 1] if published else [1])
    sales = analytics.frame(newest.number, sa.select(tables.daily_sales))
    assert len(sales) == (2 if published else 1)

    third = take(now=NOW + timedelta(hours=2))
    assert third.number > newest.number
    assert len(analytics.frame(third.number, sa.select(tables.daily_sales))) == 2
    assert not list((store.folder / "staging").iterdir())
    used = {path for m in store.list() for path in m.part_paths()}
    store.prune(keep=9, pinned=set())
    there = {f"{f.parent.name}/{f.name}" for f in store.parts.glob("*/*.parquet")}
    assert there == used


@on_sqlite
def test_two_refreshes_at_once_follow_each_other(
    shop: ShopFactory, store: SnapshotStore, analytics: Analytics
) -> None:
    shop.order(day="2026-03-20", product="mug")

    processes = [refresh_elsewhere(shop, store) for _ in range(2)]

    assert [p.wait(timeout=PATIENCE_S) for p in processes] == [0, 0]
    assert [m.number for m in store.list()] == [2, 1]
    assert len(analytics.frame(2, sa.select(tables.orders))) == 1


def test_a_refresh_that_must_wait_too_long_says_why(store: SnapshotStore) -> None:
    with (
        store.writing(),
        pytest.raises(DataError, match="Another refresh"),
        store.writing(wait_s=0.2),
    ):
        pass


def test_numbers_are_never_given_out_twice(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)

    assert [store.new_number() for _ in range(3)] == [1, 2, 3]
    assert SnapshotStore(tmp_path).new_number() == 4


@on_sqlite
def test_retention_keeps_the_newest_the_pinned_and_what_they_share(
    shop: ShopFactory, take: Taker, store: SnapshotStore, analytics: Analytics
) -> None:
    shop.order(day="2026-01-20", product="mug")
    for n in range(5):
        shop.order(day=f"2026-03-2{n}", product="mug")
        take(now=NOW + timedelta(hours=n))

    assert store.prune(keep=2, pinned={2}) == (3, 1)

    assert [m.number for m in store.list()] == [5, 4, 2]
    counts = [len(analytics.frame(number, sa.select(tables.orders))) for number in (2, 4, 5)]
    assert counts == [3, 5, 6]
    with pytest.raises(DataError, match="no longer kept") as gone:
        analytics.frame(1, sa.select(tables.orders))
    assert gone.value.remedy


@on_sqlite
def test_parts_are_named_by_their_content_and_shared(
    shop: ShopFactory, take: Taker, store: SnapshotStore
) -> None:
    shop.order(day="2026-01-20", product="mug")
    shop.order(day="2026-03-20", product="mug")

    one, two = take(full=True), take(full=True)

    assert one.part_paths() == two.part_paths()


@on_sqlite
def test_readers_see_the_old_or_the_new_snapshot_while_refreshes_run(
    shop: ShopFactory, take: Taker, store: SnapshotStore, analytics: Analytics
) -> None:
    shop.order(day="2026-03-01", product="mug")
    take()
    stop = threading.Event()
    wrong: list[str] = []

    def look() -> None:
        while not stop.is_set():
            manifest = store.newest()
            assert manifest is not None
            frame = analytics.frame(manifest.number, sa.select(tables.orders.c.order_id))
            if len(frame) != manifest.tables["orders"].rows:
                wrong.append(f"{manifest.number}: {len(frame)}")

    readers = [threading.Thread(target=look) for _ in range(4)]
    for reader in readers:
        reader.start()
    for n in range(2, 6):
        shop.order(day=f"2026-03-0{n}", product="mug")
        take(now=NOW + timedelta(minutes=n))
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []


def test_dates_arrive_as_nanoseconds_and_missing_counts_as_floats(
    shop: ShopFactory, take: Taker, analytics: Analytics
) -> None:
    shop.order(day="2026-03-20", product="mug")

    frame = analytics.frame(take().number, sa.select(tables.key_figures))

    assert frame["local_day"].dtype == "datetime64[ns]"
    assert frame["revenue"].dtype == "int64"
    assert frame["visits"].dtype == "float64"
    assert pd.isna(frame["visits"]).all()


@on_sqlite
@pytest.mark.parametrize("torn", ["pointer", "manifest", "pointer gone", "last number"])
def test_a_damaged_pointer_or_manifest_costs_the_newest_snapshot_at_most(
    shop: ShopFactory, take: Taker, store: SnapshotStore, torn: str
) -> None:
    shop.order(day="2026-03-03", product="mug")
    take(full=True)
    shop.order(day="2026-03-03", product="mug")
    newest = take(now=NOW + timedelta(hours=1)).number
    parts = set(store.parts.glob("*/*"))
    manifest = store.folder / "manifests" / f"{newest:06d}.json"
    if torn == "pointer":
        (store.folder / "current").write_bytes(b"\xff")
    elif torn == "pointer gone":
        (store.folder / "current").unlink()
    elif torn == "manifest":
        manifest.write_text(manifest.read_text()[:300])
    else:
        (store.folder / "last_number").write_text("")
    good = newest - 1 if torn == "manifest" else newest
    assert store.newest_number() == good
    damage = store.damage()
    assert (damage is None) == (torn == "last number")
    assert damage is None or f"snapshot {good} is shown" in str(damage)
    with store.writing():
        pass
    assert store.newest_number() == good
    assert parts <= set(store.parts.glob("*/*"))
    mended = take(now=NOW + timedelta(hours=2), full=True)
    assert mended.number == newest + 1
    assert store.damage() is None
    assert store.newest_number() == mended.number


@on_sqlite
def test_a_missing_part_is_told_in_a_sentence(
    shop: ShopFactory, take: Taker, store: SnapshotStore, analytics: Analytics
) -> None:
    shop.order(day="2026-03-03", product="mug")
    number = take(full=True).number
    for part in store.parts.glob("orders/*"):
        part.unlink()
    orders = tables.snapshot_metadata.tables["orders"]
    with pytest.raises(DataError, match="missing or damaged"):
        analytics.frame(number, sa.select(orders.c.order_id))
