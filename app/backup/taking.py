"""Taking a backup while web and worker run."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from sqlalchemy.engine import make_url

from app.backup import archive, collecting, postgresql
from app.backup.archive import Facts, Progress
from app.backup.errors import BackupError, plain_system_errors
from app.settings import Settings
from data_access.kill_points import kill_point

PACKAGES = ("dbos", "mlflow-skinny", "sqlalchemy", "alembic")
"""Packages whose tables or files are in the archive."""


def backup(
    settings: Settings, target: Path, *, progress: Progress = lambda _step, _share: None
) -> Path:
    """Write one consistent archive of everything that Shopsight keeps.

    In it: every database in the home, the app database on PostgreSQL, snapshots, forecasts, models
    and the hash key. Not in it: a shop's own database, logs, earlier backups. It holds personal
    data and the key: it is readable by its owner only, keep it so.

    Parameters
    ----------
    target : the file to write, or a folder in which it is named by the instant.
    progress : told the step and the share done, 0 to 1.

    Returns
    -------
    The archive's path.

    Raises
    ------
    BackupError : something could not be read or written; no archive is left behind.
    """
    home = settings.home.resolve()
    if not home.is_dir():
        raise BackupError(
            f"There is nothing to back up in {home}.",
            remedy="Set SHOPSIGHT_HOME to the home that is meant.",
        )
    made_at = datetime.now(UTC).replace(tzinfo=None)
    if target.is_dir():
        target = target / f"shopsight-{made_at:%Y%m%d-%H%M%S}.tar.gz"
    if target.exists():
        raise BackupError(f"{target} exists already.", remedy="Name another file.")
    with plain_system_errors("the backup was written"):
        _remove_stale(home)
        target.parent.mkdir(parents=True, exist_ok=True)
        prefix = f"{collecting.WORK}{os.getpid()}-"
        work = Path(tempfile.mkdtemp(prefix=prefix, dir=home))
        try:
            progress("Copying databases and linking files", 0.0)
            backend = make_url(settings.app_url).get_backend_name()
            if backend == "postgresql":
                postgresql.dump(settings.app_url, work / "postgresql")
            facts = Facts(
                made_at=made_at.isoformat(timespec="seconds"),
                app_database=backend,
                versions=_versions(),
                external=collecting.collect(settings, work),
            )
            kill_point("backup-collected")
            files = sorted(path for path in work.rglob("*") if path.is_file())
            size = sum(path.stat().st_size for path in files)
            with archive.writing(target, facts, total_bytes=size, progress=progress) as writer:
                for path in files:
                    writer.add(path.relative_to(work).as_posix(), path)
            kill_point("backup-written")
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return target


def _versions() -> dict[str, str]:
    found = {}
    for name in ("shopsight", *PACKAGES):
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def _remove_stale(home: Path) -> None:
    """What a backup that was killed left behind."""
    for folder in home.glob(f"{collecting.WORK}*"):
        number = folder.name.removeprefix(collecting.WORK).split("-")[0]
        if number.isdigit() and not _runs(int(number)):
            shutil.rmtree(folder, ignore_errors=True)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
