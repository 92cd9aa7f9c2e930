"""Bringing every database to this version: a backup first, put back if a migration fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from app.backup.archive import Progress
from app.backup.errors import BackupError
from app.backup.restoring import nobody_else, restore
from app.backup.taking import backup
from app.settings import Settings

Step = tuple[str, Callable[[Settings], None]]


def upgrade(
    settings: Settings,
    *,
    progress: Progress = lambda _step, _share: None,
    steps: tuple[Step, ...] | None = None,
) -> Path | None:
    """Run the migrations of the app database, of the jobs and of the models.

    Parameters
    ----------
    progress : told the step and the share done, 0 to 1.
    steps : name and migration each; default: all of them.

    Returns
    -------
    The backup that was taken before, in ``backups/`` of the home; ``None`` where nothing was there.

    Raises
    ------
    BackupError : a migration failed; the backup was put back.
    """
    home = settings.home.resolve()
    there = home.is_dir() and any(path.suffix == ".db" for path in home.iterdir())
    kept: Path | None = None
    if home.is_dir():
        with nobody_else(home):
            pass  # only asked: the restore after a failure holds it itself
    if there or not settings.embedded:
        home.mkdir(parents=True, exist_ok=True)
        folder = home / "backups"
        folder.mkdir(exist_ok=True)
        name = f"before-upgrade-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}.tar.gz"
        kept = backup(settings, folder / name, progress=_within(progress, 0.0, 0.6))
    chosen = STEPS if steps is None else steps
    for number, (label, migrate) in enumerate(chosen):
        progress(label, 0.6 + 0.4 * number / len(chosen))
        try:
            migrate(settings)
        except Exception as error:
            _put_back(settings, kept, label, error)
    progress("Up to date", 1.0)
    return kept


def _put_back(settings: Settings, kept: Path | None, label: str, error: Exception) -> None:
    said = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
    if kept is None:
        raise BackupError(
            f"{label} failed: {said}.", remedy="Start again with an empty home, or report this."
        ) from error
    try:
        restore(settings, kept, force=True)
    except BackupError as second:
        raise BackupError(
            f"{label} failed ({said}), and so did putting the backup back: {second}",
            remedy=f"{second.remedy} Then: python -m app restore {kept} --force.",
        ) from error
    raise BackupError(
        f"{label} failed: {said}. Everything is as it was before.",
        remedy=f"Go on with the former version and report this; the backup is kept at {kept}.",
    ) from error


def _within(progress: Progress, low: float, high: float) -> Progress:
    return lambda step, share: progress(step, low + (high - low) * share)


def _app_database(settings: Settings) -> None:
    from data_access.state.engine import StateDatabase

    state = StateDatabase(settings.app_url)
    try:
        state.upgrade()
    finally:
        state.close()


def _jobs(settings: Settings) -> None:
    from app.jobs.queueing import prepare_database

    prepare_database(settings)


def _models(settings: Settings) -> None:
    from data_access.models import ModelStore

    ModelStore(settings.models_url, settings.artifacts / "models").upgrade()


STEPS: tuple[Step, ...] = (
    ("Upgrading the app database", _app_database),
    ("Upgrading the jobs", _jobs),
    ("Upgrading the models", _models),
)
