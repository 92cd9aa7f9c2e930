"""Backup → damage → restore → equal; and everything that must not happen on the way."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import stat
import threading
from contextlib import closing
from pathlib import Path

import pytest

from app.backup import BackupError, backup, restore, swapping, upgrade
from app.settings import Settings
from tests.app.backup.conftest import contents, damage, furnish, make_database, settings_of


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


@pytest.mark.parametrize("lock", ["up.lock", "slots/worker-1.lock", "web.lock"])
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


def test_a_damaged_database_is_noticed_when_it_is_backed_up(
    settings: Settings, tmp_path: Path
) -> None:
    damage(settings)

    with pytest.raises(BackupError, match=r"app\.db") as refused:
        backup(settings, tmp_path / "kept.tar.gz")

    assert refused.value.remedy
    assert [p.name for p in tmp_path.iterdir()] == ["home"]
    assert not list(settings.home.glob(".backup-*"))


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
