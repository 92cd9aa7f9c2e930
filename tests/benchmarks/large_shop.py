"""The large demo shop and its snapshots, made once and used by several studies.

``SHOPSIGHT_BENCH_LARGE`` names the folder that keeps them (default ``var/bench-large``).
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from data_access.shop.engines import make_engine
from data_access.snapshots.manifest import Manifest
from data_access.snapshots.refresh import refresh
from data_access.snapshots.store import SnapshotStore
from tests.benchmarks.report import Report

ZONE = ZoneInfo("Europe/Berlin")
HASH_KEY = b"a key that only benchmarks know 0"
SEED = 7
FOLDER = "var/bench-large"

_MAKE = """
import sys
from datetime import datetime
from data_access.shop.engines import make_engine
from data_access.sources.demo import make_demo
make_demo(make_engine(sys.argv[1]), size="large", seed=int(sys.argv[2]),
          until=datetime.fromisoformat(sys.argv[3]), progress=lambda step, share: None)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LargeShop:
    folder: Path

    @classmethod
    def of_environment(cls) -> LargeShop:
        return cls(folder=Path(os.environ.get("SHOPSIGHT_BENCH_LARGE", FOLDER)).resolve())

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / 'shop.db'}"

    @property
    def store(self) -> SnapshotStore:
        return SnapshotStore(self.folder / "snapshots")

    def engine(self, *, read_only: bool = True) -> sa.Engine:
        return make_engine(self.url, read_only=read_only)

    def last_instant(self) -> datetime:
        """When the shop's newest change was made, naive UTC."""
        orders = sa.Table("orders", sa.MetaData(), sa.Column("updated_at", sa.DateTime()))
        engine = self.engine()
        with engine.connect() as connection:
            newest: datetime = connection.execute(
                sa.select(sa.func.max(orders.c.updated_at))
            ).scalar_one()
        engine.dispose()
        return newest

    def snapshot(self) -> Manifest:
        """The newest snapshot, made if there is none."""
        return self.store.newest() or self.take(full=True)

    def take(self, *, full: bool) -> Manifest:
        engine = self.engine()
        try:
            return refresh(
                engine,
                self.store,
                zone=ZONE,
                currency="EUR",
                hash_key=HASH_KEY,
                now=self.last_instant(),
                full=full,
            )
        finally:
            engine.dispose()


def large_shop(report: Report) -> LargeShop:
    """The shop, made in a process of its own if it is not there yet."""
    large = LargeShop.of_environment()
    folder = large.folder
    if not (folder / "shop.db").exists():
        folder.mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        until = datetime(2026, 11, 1, 12).isoformat()
        subprocess.run([sys.executable, "-c", _MAKE, large.url, str(SEED), until], check=True)
        report.add("large demo shop made", measured=time.monotonic() - started, unit="s")
    return large
