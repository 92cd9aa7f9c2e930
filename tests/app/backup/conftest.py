"""A small home to back up, to damage, and to compare."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.settings import Settings


def settings_of(home: Path, monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name in ("SHOP_DATABASE_URL", "APP_DATABASE_URL", "ARTIFACT_URL", "SHOPSIGHT_HASH_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SHOPSIGHT_HOME", str(home))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return Settings(_env_file=None)  # type: ignore[call-arg]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A small home: three databases, a snapshot of two parts, a model, the key, a log."""
    found = settings_of(tmp_path / "home", monkeypatch)
    furnish(found)
    return found


def furnish(settings: Settings) -> None:
    home, artifacts = settings.home, settings.artifacts
    home.mkdir()
    for name in ("shop.db", "app.db", "jobs.db"):
        make_database(home / name, rows=20)
    (home / "hash.key").write_text("secret")
    (home / "hash.key").chmod(0o600)
    for name, content in {
        "snapshots/current": "1\n",
        "snapshots/last_number": "1\n",
        "snapshots/manifests/000001.json": manifest(),
        "snapshots/parts/orders/2026-03-aa.parquet": "first part",
        "snapshots/parts/orders/2026-04-bb.parquet": "second part",
        "snapshots/parts/orders/2026-05-leftover.parquet": "of a refresh that broke off",
        "models/forecasting/job/files/model.txt": "tree",
    }.items():
        path = artifacts / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (home / "logs").mkdir()
    (home / "logs" / "web.log").write_text("hello")


def manifest() -> str:
    from datetime import date, datetime

    from data_access.snapshots.manifest import Manifest, Part, TableFacts

    moment = datetime(2026, 5, 1)
    parts = tuple(
        Part(path=f"orders/2026-{name}.parquet", period="2026-03", rows=1, bytes=10)
        for name in ("03-aa", "04-bb")
    )
    return Manifest(
        number=1, kind="full", created_at=moment, source="sqlite", currency="EUR",
        zone="Europe/Berlin", watermark=moment, as_of=moment, as_of_day=date(2026, 5, 1),
        first_day=date(2026, 3, 1),
        tables={"orders": TableFacts(rows=2, schema_hash="x", parts=parts)},
        checks=(), seconds=1.0, rows_changed=2,
    ).to_json()  # fmt: skip


def make_database(path: Path, *, rows: int) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE things (n INTEGER PRIMARY KEY, twin INTEGER)")
        connection.executemany("INSERT INTO things VALUES (?, ?)", [(n, n) for n in range(rows)])
        connection.commit()


def contents(settings: Settings) -> dict[str, object]:
    """Everything kept: rows of databases, bytes of other files."""
    found: dict[str, object] = {}
    for root in {settings.home.resolve(), settings.artifacts.resolve()}:
        for path in sorted(root.rglob("*")):
            if not path.is_file() or path.name.endswith(
                ("-wal", "-shm", ".lock", "leftover.parquet")
            ):
                continue
            name = str(path.relative_to(root))
            if path.suffix == ".db":
                with closing(sqlite3.connect(path)) as connection:
                    found[name] = connection.execute("SELECT * FROM things").fetchall()
            else:
                found[name] = path.read_bytes()
    return found


def damage(settings: Settings) -> None:
    (settings.home / "app.db").write_bytes(b"rubbish")
    (settings.home / "hash.key").write_text("another")
    (settings.artifacts / "snapshots" / "current").write_text("9\n")
    (settings.artifacts / "models" / "forecasting" / "job" / "files" / "model.txt").unlink()
    (settings.home / "stray.txt").write_text("stray")
