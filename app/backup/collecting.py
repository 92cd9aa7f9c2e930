"""Collecting a consistent copy of everything, beside what runs on.

Order matters: databases first, then the files that they name, since files are only ever added
before a database names them. Snapshots: the manifests first, then the parts they name; files are
linked, not copied, so that retention cannot take one away meanwhile.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import make_url

from app.backup.errors import BackupError
from app.settings import Settings
from data_access.snapshots.store import SnapshotStore

WORK = ".backup-"
"""Begin of the folder in the home where a backup collects."""
LEFT_OUT = frozenset({"logs", "backups", "slots", "artifacts", "up.lock", "web.lock"})
"""Entries of the home that are no part of its state, or come by another way."""
SIDE_FILES = ("-wal", "-shm", "-journal", ".lock", ".making", ".writing")
SQLITE_MAGIC = b"SQLite format 3\x00"
ATTEMPTS = 5
"""Times that the snapshots are listed anew when retention removed one meanwhile."""


def sqlite_file(url: str) -> Path | None:
    """The file behind a SQLite address, or ``None``."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return None
    return Path(parsed.database).resolve()


def databases(settings: Settings) -> list[Path]:
    """SQLite files of the application in the order in which they are copied.

    The app database names model versions and snapshots: it comes first, so that what it names is
    in the later copies.
    """
    urls = (settings.app_url, settings.jobs_url, settings.models_url)
    found = [path for path in map(sqlite_file, urls) if path is not None]
    return list(dict.fromkeys(found))


def collect(settings: Settings, work: Path) -> dict[str, str]:
    """Copy or link everything into ``work``; returns the files outside the home by member name."""
    home = settings.home.resolve()
    external: dict[str, str] = {}
    for path in databases(settings):
        if not path.exists():
            continue
        if path.is_relative_to(home):
            copy_sqlite(path, work / "home" / path.relative_to(home))
        else:
            copy_sqlite(path, work / "external" / path.name)
            external[f"external/{path.name}"] = "app"
    _collect_home(home, work / "home")
    artifacts = settings.artifacts.resolve()
    if artifacts.is_dir():
        _collect_snapshots(artifacts / "snapshots", work / "artifacts" / "snapshots")
        for path in _files(artifacts):
            relative = path.relative_to(artifacts)
            if relative.parts[0] != "snapshots" and not path.name.endswith(SIDE_FILES):
                _link(path, work / "artifacts" / relative, missing_ok=True)
    return external


def copy_sqlite(source: Path, target: Path) -> None:
    """One consistent copy of a database that may be in use; checked, and without side files."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with (
            closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True, timeout=30)) as live,
            closing(sqlite3.connect(target)) as copy,
        ):
            live.backup(copy)  # in one step: one moment of the database, however long it takes
            copy.execute("PRAGMA journal_mode = DELETE")
            verdict = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise BackupError(
            f"{source.name} cannot be copied: {error}.",
            remedy="Check the disk; a damaged database is put right by restoring a backup.",
        ) from error
    if verdict != "ok":
        raise BackupError(
            f"{source.name} is damaged: {verdict}.",
            remedy="Restore the last good backup.",
        )
    target.chmod(source.stat().st_mode & 0o777)


def _collect_home(home: Path, work: Path) -> None:
    for path in _files(home):
        relative = path.relative_to(home)
        if relative.parts[0] in LEFT_OUT or relative.parts[0].startswith((WORK, ".restoring")):
            continue
        if path.name.endswith(SIDE_FILES) or (work / relative).exists():
            continue
        if _is_sqlite(path):
            copy_sqlite(path, work / relative)
        else:
            _copy(path, work / relative)


def _collect_snapshots(folder: Path, work: Path) -> None:
    store = SnapshotStore(folder)
    for _ in range(ATTEMPTS):
        shutil.rmtree(work, ignore_errors=True)
        published = store.list()
        if not published:
            return
        try:
            for manifest in published:
                name = f"manifests/{manifest.number:06d}.json"
                _link(folder / name, work / name)
                for part in sorted(manifest.part_paths()):
                    _link(store.parts / part, work / "parts" / part)
        except FileNotFoundError:  # retention took one away: look again
            continue
        (work / "current").write_text(f"{published[0].number}\n", encoding="ascii")
        (work / "last_number").write_text(f"{published[0].number}\n", encoding="ascii")
        return
    raise BackupError(
        "The snapshots changed faster than they could be copied.", remedy="Try again."
    )


def _files(folder: Path) -> Iterator[Path]:
    """Regular files, no links, however deep; in a fixed order."""
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(place) / name
            if path.is_file() and not path.is_symlink():
                yield path


def _is_sqlite(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(SQLITE_MAGIC)) == SQLITE_MAGIC
    except FileNotFoundError:
        return False


def _link(source: Path, target: Path, *, missing_ok: bool = False) -> None:
    if target.exists():
        return  # a part that several snapshots share
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except FileNotFoundError:
        if not missing_ok:
            raise
    except OSError:  # another disk, or one without links
        shutil.copy2(source, target)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copy2(source, target)
    except FileNotFoundError:  # something short-lived
        return
