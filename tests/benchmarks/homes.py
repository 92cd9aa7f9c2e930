"""Homes that studies share: a demo shop of one size with its snapshot, kept between runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from app.context import Desk, open_desk
from app.settings import Settings
from tests.benchmarks.large_shop import HASH_KEY, LargeShop
from tests.factories.running import ROOT, application, environment

FOLDER = Path(os.environ.get("SHOPSIGHT_BENCH_HOMES", ROOT / "var" / "bench"))
LONGEST_TRAINING_S = 3600.0


SEED = 7  # of the demo shops, unless another one is asked for


def home_of(size: str, *, seed: int = SEED) -> Path:
    """The home of this size, with shop and snapshot; made at the first call."""
    home = FOLDER / (size if seed == SEED else f"{size}-seed-{seed}")
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "prepared").exists():
        if size == "large":
            _share_large(home)
        subprocess.run(
            [sys.executable, "-m", "app", "prepare", "--demo-size", size, "--seed", str(seed)],
            cwd=ROOT,
            env=environment(home),
            check=True,
        )
        (home / "prepared").write_text(datetime.now(UTC).isoformat())
    return home


def _share_large(home: Path) -> None:
    """Begin with the large shop and snapshot of the other studies, where they are made already."""
    large = LargeShop.of_environment()
    if not (large.folder / "shop.db").exists() or large.store.newest() is None:
        return
    # A copy: the application goes on writing to a demo shop, and the other studies count its rows.
    shutil.copyfile(large.folder / "shop.db", home / "shop.db")
    shutil.copytree(large.store.folder, home / "artifacts" / "snapshots", copy_function=os.link)
    (home / "hash.key").write_bytes(HASH_KEY)


def desk_of(home: Path) -> Desk:
    return open_desk(Settings(home=home))


def home_with_forecasts(size: str) -> Path:
    """As `home_of`, after the first models were trained and the first forecast was published."""
    home = home_of(size)
    if (home / "forecast").exists():
        return home
    with application(home) as running:
        desk = desk_of(running.home)
        deadline = time.monotonic() + LONGEST_TRAINING_S
        while time.monotonic() < deadline:
            waiting = [job for job in desk.jobs.list(with_quiet=True) if job.active]
            known = [job for job in desk.jobs.list() if job.kind in ("first_models", "publish")]
            if known and not waiting:
                break
            time.sleep(1)
        failed = [job for job in known if job.state == "failed"]
        if failed:
            raise RuntimeError(f"{failed[0].title}: {failed[0].outcome}")
    (home / "forecast").write_text(datetime.now(UTC).isoformat())
    return home
