"""Backup → damage → restore → equal; and everything that must not happen on the way."""

from __future__ import annotations

import fcntl
import io
import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from app.backup import BackupError, backup, restore, swapping, upgrade
from app.settings import Settings
from data_access.state.engine import StateDatabase
from tests.factories.postgres import fresh_database

ROOT = Path(__file__).parents[2]


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


def test_what_was_damaged_is_as_it_was_after_a_restore(settings: Settings, tmp_path: Path) -> None:
    before = contents(settings)
    archive = backup(settings, tmp_path / "kept.tar.gz")
    damage(settings)

    restore(settings, archive, force=True)

    assert contents(settings) == before
    assert stat.S_IMODE((settings.home / "hash.key").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "kept.tar.gz"]


def test_an_archive_opens_in_another_empty_home(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(settings)
    archive = backup(settings, tmp_path / "kept.tar.gz")
    other = settings_of(tmp_path / "other", monkeypatch)

    restore(other, archive)

    before.pop("logs/web.log")
    assert contents(other) == before


def test_the_archive_is_for_its_owner_only_and_leaves_out_what_is_no_state(
    settings: Settings, tmp_path: Path
) -> None:
    archive = backup(settings, tmp_path)

    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    with tarfile.open(archive) as tar:
        names = tar.getnames()
    assert names[-1] == "manifest.json"
    assert "home/hash.key" in names
    assert "artifacts/snapshots/parts/orders/2026-03-aa.parquet" in names
    assert not [n for n in names if "leftover" in n or "logs" in n or n.endswith("-wal")]


def test_a_backup_taken_while_writers_write_is_one_moment_of_each_database(
    settings: Settings, tmp_path: Path
) -> None:
    stop = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(settings.home / "app.db", timeout=30)) as connection:
            n = 1000
            while not stop.is_set():
                n += 2
                connection.execute("INSERT INTO things VALUES (?, ?)", (n, n))
                connection.execute("INSERT INTO things VALUES (?, ?)", (n + 1, n + 1))
                connection.commit()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        archives = [backup(settings, tmp_path / f"{n}.tar.gz") for n in range(3)]
    finally:
        stop.set()
        writer.join()

    for archive in archives:
        restore(settings, archive, force=True)
        rows = contents(settings)["app.db"]
        assert isinstance(rows, list)
        assert len(rows) % 2 == 0  # never one row of a pair


def test_a_home_that_is_not_empty_is_replaced_only_by_force(
    settings: Settings, tmp_path: Path
) -> None:
    archive = backup(settings, tmp_path / "kept.tar.gz")
    damage(settings)
    before = (settings.home / "app.db").read_bytes()

    with pytest.raises(BackupError, match="is not empty") as refused:
        restore(settings, archive)

    assert "--force" in refused.value.remedy
    assert (settings.home / "app.db").read_bytes() == before


@pytest.mark.parametrize("lock", ["up.lock", "slots/worker-1.lock"])
def test_nothing_is_restored_or_upgraded_under_a_running_application(
    settings: Settings, tmp_path: Path, lock: str
) -> None:
    archive = backup(settings, tmp_path / "kept.tar.gz")
    path = settings.home / lock
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        for act in (lambda: restore(settings, archive, force=True), lambda: upgrade(settings)):
            with pytest.raises(BackupError, match="Shopsight runs"):
                act()


def test_an_archive_that_exists_is_never_overwritten(settings: Settings, tmp_path: Path) -> None:
    target = tmp_path / "kept.tar.gz"
    target.write_text("precious")

    with pytest.raises(BackupError, match="exists already"):
        backup(settings, target)

    assert target.read_text() == "precious"


def test_a_damaged_database_is_noticed_when_it_is_backed_up(
    settings: Settings, tmp_path: Path
) -> None:
    damage(settings)

    with pytest.raises(BackupError, match=r"app\.db") as refused:
        backup(settings, tmp_path / "kept.tar.gz")

    assert refused.value.remedy
    assert [p.name for p in tmp_path.iterdir()] == ["home"]
    assert not list(settings.home.glob(".backup-*"))


def rewritten(source: Path, target: Path, **changes: object) -> Path:
    """The archive with members added, changed, or left out; the manifest as it was."""
    with tarfile.open(source) as tar, tarfile.open(target, "w:gz") as out:
        for member in tar:
            file = tar.extractfile(member)
            assert file is not None
            content = file.read()
            if member.name == "manifest.json":
                for extra in changes.get("add", []):  # type: ignore[attr-defined]
                    out.addfile(extra, io.BytesIO(b"x" * extra.size))
                content = changes.get("manifest", lambda c: c)(content)  # type: ignore[operator]
            if member.name == changes.get("drop"):
                continue
            if member.name == changes.get("change"):
                content = bytes(len(content))
            member.size = len(content)
            out.addfile(member, io.BytesIO(content))
    return target


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type, found.linkname, found.size = kind, link, 1 if kind == tarfile.REGTYPE else 0
    return found


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"change": "home/hash.key"}, "home/hash.key is not what was written"),
        ({"drop": "home/jobs.db"}, "home/jobs.db is not what was written"),
        ({"drop": "manifest.json"}, "is missing"),
        ({"add": [member("home/extra")]}, "home/extra is not what was written"),
        ({"add": [member("../outside")]}, "does not belong"),
        ({"add": [member("home/../../outside")]}, "does not belong"),
        ({"add": [member("/etc/outside")]}, "does not belong"),
        ({"add": [member("home/link", tarfile.SYMTYPE, "/etc")]}, "does not belong"),
        ({"add": [member("home/link", tarfile.LNKTYPE, "home/hash.key")]}, "does not belong"),
        ({"add": [member("home/pipe", tarfile.FIFOTYPE)]}, "does not belong"),
        ({"add": [member("home/hash.key")]}, "does not belong"),
        ({"manifest": lambda c: c.replace(b'"format": 1', b'"format": 2')}, "format 2"),
        ({"manifest": lambda c: b"[]"}, "manifest cannot be read"),
    ],
)
def test_an_archive_that_is_not_as_it_was_written_changes_nothing(
    settings: Settings, tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    before = contents(settings)
    archive = rewritten(backup(settings, tmp_path / "a.tar.gz"), tmp_path / "b.tar.gz", **changes)

    with pytest.raises(BackupError, match=said) as refused:
        restore(settings, archive, force=True)

    assert refused.value.remedy
    assert contents(settings) == before
    assert not (tmp_path / "outside").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.tar.gz", "b.tar.gz", "home"]


@pytest.mark.parametrize("content", [b"", b"hello", b"\x1f\x8b\x08\x00rubbish"])
def test_what_is_no_archive_is_refused(settings: Settings, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.tar.gz"
    path.write_bytes(content)

    with pytest.raises(BackupError, match="cannot be used"):
        restore(settings, path, force=True)


def test_a_cut_off_archive_is_refused(settings: Settings, tmp_path: Path) -> None:
    archive = backup(settings, tmp_path / "a.tar.gz")
    archive.write_bytes(archive.read_bytes()[:-200])

    with pytest.raises(BackupError, match="cannot be used"):
        restore(settings, archive, force=True)


def test_artifacts_and_an_app_database_elsewhere_are_kept_and_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(
        tmp_path / "home",
        monkeypatch,
        ARTIFACT_URL=str(tmp_path / "artifacts"),
        APP_DATABASE_URL=f"sqlite:///{tmp_path / 'elsewhere.db'}",
    )
    furnish(settings)
    make_database(tmp_path / "elsewhere.db", rows=5)
    before = contents(settings)
    archive = backup(settings, tmp_path / "kept.tar.gz")
    damage(settings)
    (tmp_path / "elsewhere.db").write_bytes(b"rubbish")

    restore(settings, archive, force=True)

    assert contents(settings) == before
    with closing(sqlite3.connect(tmp_path / "elsewhere.db")) as connection:
        assert connection.execute("SELECT count(*) FROM things").fetchone() == (5,)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "artifacts", "elsewhere.db", "home", "kept.tar.gz",
    ]  # fmt: skip


@pytest.mark.parametrize("how", ["no exchange", "mounted"])
def test_a_restore_works_where_folders_cannot_be_exchanged(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    if how == "no exchange":
        monkeypatch.setattr(swapping, "_renameat2", lambda _first, _second: False)
    else:
        monkeypatch.setattr(os.path, "ismount", lambda _path: True)
    before = contents(settings)
    archive = backup(settings, tmp_path / "kept.tar.gz")
    damage(settings)

    restore(settings, archive, force=True)

    assert contents(settings) == before


KILLED = """
import sys
from pathlib import Path
from app import backup
from app.settings import Settings
act, path = sys.argv[1:]
if act == "backup":
    backup.backup(Settings(_env_file=None), Path(path))
else:
    backup.restore(Settings(_env_file=None), Path(path), force=True)
"""


def die(act: str, path: Path, place: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, act, str(path)],
        cwd=ROOT,
        env={**os.environ, "SHOPSIGHT_KILL_AT": place},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


def test_a_backup_that_was_killed_leaves_no_archive_and_the_next_one_cleans_up(
    settings: Settings, tmp_path: Path
) -> None:
    target = tmp_path / "kept.tar.gz"
    die("backup", target, "backup-collected")
    assert not target.exists()

    backup(settings, target)

    assert not list(settings.home.glob(".backup-*"))


@pytest.mark.parametrize("place", ["restore-loaded", "restore-swapped"])
def test_a_restore_that_was_killed_is_before_or_after_and_can_be_repeated(
    settings: Settings, tmp_path: Path, place: str
) -> None:
    before = contents(settings)
    archive = backup(settings, tmp_path / "kept.tar.gz")
    (settings.home / "hash.key").write_text("another")
    changed = contents(settings)

    die("restore", archive, place)

    assert contents(settings) == (changed if place == "restore-loaded" else before)
    restore(settings, archive, force=True)
    assert contents(settings) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["home", "kept.tar.gz"]


def test_an_upgrade_that_fails_puts_everything_back(settings: Settings) -> None:
    before = contents(settings)

    def half(settings: Settings) -> None:
        with closing(sqlite3.connect(settings.home / "app.db")) as connection:
            connection.execute("DELETE FROM things")
            connection.commit()
        raise RuntimeError("column is missing")

    with pytest.raises(BackupError, match="The app database failed: column is missing") as failed:
        upgrade(settings, steps=(("The app database", half),))

    after = contents(settings)
    kept = [name for name in after if name.startswith("backups/")]
    assert len(kept) == 1
    assert kept[0].removeprefix("backups/") in failed.value.remedy
    assert {name: content for name, content in after.items() if name not in kept} == before


def test_an_upgrade_runs_all_migrations_on_an_empty_home_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(tmp_path / "home", monkeypatch)
    steps: list[str] = []

    assert upgrade(settings, progress=lambda step, _share: steps.append(step)) is None
    kept = upgrade(settings)

    assert steps[-1] == "Up to date"
    assert kept is not None
    assert kept.parent == settings.home.resolve() / "backups"
    assert {"app.db", "jobs.db", "models.db"} <= {path.name for path in settings.home.iterdir()}


@pytest.fixture
def on_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A home whose app, jobs and models are on PostgreSQL, migrated."""
    with fresh_database("imp") as url:
        settings = settings_of(tmp_path / "home", monkeypatch, APP_DATABASE_URL=url)
        furnish(settings)
        upgrade(settings)
        yield settings


def shape(url: str) -> list[tuple[object, ...]]:
    """Columns, constraints, indexes and triggers of our schemas."""
    from app.backup import catalogue

    asked = {"schemas": ["shopsight", "dbos", "mlflow"]}
    plain = make_url(url).render_as_string(hide_password=False)
    with closing(psycopg.connect(plain)) as connection:
        connection.execute("SET search_path = ''")
        return [
            # PostgreSQL writes some conditions differently once it has read its own words.
            tuple(str(cell).partition(" CHECK ")[0] for cell in row)
            for query in (*catalogue.BEFORE_DATA, *catalogue.AFTER_DATA)
            for row in connection.execute(query, asked).fetchall()
        ]


def test_the_app_database_on_postgresql_comes_back_with_rows_tables_and_triggers(
    on_server: Settings, tmp_path: Path
) -> None:
    state = StateDatabase(on_server.app_url)
    with state.decide("ada", "thing.made", "thing:1", after={"text": "tab\tquote'\nline\\ ü €"}):
        pass
    before, entries = shape(on_server.app_url), audit(state)
    archive = backup(on_server, tmp_path / "kept.tar.gz")
    with state.engine.begin() as connection:
        connection.execute(text("DROP TABLE shopsight.audit"))
        connection.execute(text("DROP SCHEMA mlflow CASCADE"))
        connection.execute(text("CREATE TABLE public.own (n int)"))
    state.close()

    with pytest.raises(BackupError, match="is not empty"):
        restore(on_server, archive)
    restore(on_server, archive, force=True)

    state = StateDatabase(on_server.app_url)
    assert shape(on_server.app_url) == before
    assert audit(state) == entries
    with state.decide("ada", "thing.made", "thing:2"):
        pass  # the sequences go on where they were
    assert len(audit(state)) == len(entries) + 1
    with state.engine.connect() as connection:  # what is not ours was left alone
        assert connection.execute(text("SELECT count(*) FROM public.own")).scalar_one() == 0
    state.close()
    upgrade(on_server)


def audit(state: StateDatabase) -> list[tuple[object, ...]]:
    with state.engine.connect() as connection:
        found = connection.execute(text("SELECT * FROM shopsight.audit ORDER BY entry_id"))
        return [tuple(json.dumps(v, default=str) for v in row) for row in found]


def test_an_archive_of_another_kind_of_database_is_refused(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = backup(settings, tmp_path / "kept.tar.gz")
    with fresh_database("imp") as url:
        other = settings_of(tmp_path / "other", monkeypatch, APP_DATABASE_URL=url)

        with pytest.raises(BackupError, match="app database of sqlite"):
            restore(other, archive)

    assert not (tmp_path / "other").exists()


def test_a_server_that_does_not_answer_is_said_in_one_sentence(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = "postgresql://nobody:secret@127.0.0.1:1/none"
    away = settings_of(settings.home, monkeypatch, APP_DATABASE_URL=gone)

    with pytest.raises(BackupError) as refused:
        backup(away, tmp_path / "kept.tar.gz")

    assert "secret" not in str(refused.value)
    assert not (tmp_path / "kept.tar.gz").exists()
