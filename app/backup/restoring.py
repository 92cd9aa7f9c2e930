"""Putting a backup back: checked whole before anything is touched, then moved in at once."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path

from sqlalchemy.engine import make_url

from app.backup import archive, postgresql
from app.backup.archive import Facts, Progress
from app.backup.collecting import LEFT_OUT, sqlite_file
from app.backup.errors import BackupError, plain_system_errors
from app.backup.swapping import Swap, remove, swap_contents
from app.home_lock import WEB_LOCK
from app.settings import Settings
from data_access.kill_points import kill_point

CARRIED = ("logs", "backups")
"""Entries of the home that a restore leaves as they are."""
HARMLESS = LEFT_OUT - {"artifacts"}


def restore(
    settings: Settings,
    source: Path,
    *,
    force: bool = False,
    progress: Progress = lambda _step, _share: None,
) -> None:
    """Replace everything that Shopsight keeps by what an archive holds.

    Parameters
    ----------
    source : an archive that `backup` wrote.
    force : replace a home that is not empty.
    progress : told the step and the share done, 0 to 1.

    Raises
    ------
    BackupError : the archive is not sound, the home is in use or not empty; nothing was changed.
    """
    if not source.is_file():
        raise BackupError(f"There is no archive at {source}.", remedy="Name the file to restore.")
    with plain_system_errors("the backup was put back"), ExitStack() as stack:
        home = settings.home.resolve()
        existed = home.exists()
        home.mkdir(parents=True, exist_ok=True)
        if not existed:
            stack.callback(_remove_if_empty, home)
        stack.enter_context(nobody_else(home))
        if not force:
            _require_empty(settings)
        staging = _staging(home)
        stack.callback(remove, staging)
        facts = archive.extract(source, staging, progress=progress)
        _require_same_engine(settings, facts)
        _secure(staging)
        progress("Putting it in place", 1.0)
        _put_in_place(settings, facts, staging)


def _put_in_place(settings: Settings, facts: Facts, staging: Path) -> None:
    """Database and files change together: the database commits when the files are in place."""
    home, artifacts = settings.home.resolve(), settings.artifacts.resolve()
    new_home = staging / "home"
    new_home.mkdir(exist_ok=True)
    inside = artifacts.is_relative_to(home)
    new_artifacts = staging / "artifacts"
    if inside and new_artifacts.exists():
        place = new_home / artifacts.relative_to(home)
        place.parent.mkdir(parents=True, exist_ok=True)
        new_artifacts.rename(place)
    beside = None if inside else _brought_beside(new_artifacts, artifacts)
    on_server = facts.app_database == "postgresql"
    loading = (
        postgresql.load(settings.app_url, staging / "postgresql") if on_server else nullcontext()
    )
    swap = Swap()
    former: list[Path] = [] if beside is None else [beside]
    try:
        with loading:
            kill_point("restore-loaded")
            _swap_home(swap, staging, home)
            if beside is not None:
                swap.exchange(beside, artifacts)
            for member in facts.external:
                database = sqlite_file(settings.app_url)
                if database is not None:
                    former += _swap_database(swap, staging / member, database)
            kill_point("restore-swapped")
    except BaseException:
        swap.take_back()
        raise
    finally:
        for path in former:
            remove(path)


def _swap_home(swap: Swap, staging: Path, home: Path) -> None:
    """Exchange the home as a whole, or entry by entry where it cannot be renamed."""
    new_home = staging / "home"
    if staging.parent == home:  # a mounted home: see _staging
        swap_contents(swap, new_home, home, kept=frozenset({staging.name, *HARMLESS}))
        return
    for name in CARRIED:
        if (home / name).exists() and not (new_home / name).exists():
            _link_tree(home / name, new_home / name)
    swap.exchange(new_home, home)


def _swap_database(swap: Swap, staged: Path, database: Path) -> list[Path]:
    """Exchange a database outside the home; returns what is left over afterwards."""
    beside = database.with_name(f".{database.name}.restoring")
    shutil.copy2(staged, beside)
    left = [beside]
    for suffix in ("-wal", "-shm"):
        aside = database.with_name(f".{database.name}{suffix}.former")
        if database.with_name(database.name + suffix).exists():
            swap.exchange(aside, database.with_name(database.name + suffix))
            left.append(aside)
    swap.exchange(beside, database)
    return left


def _brought_beside(staged: Path, place: Path) -> Path | None:
    """The staged folder on the disk of its place, so that an exchange is possible."""
    if not staged.exists():
        return None
    beside = place.with_name(f".{place.name}.restoring")
    remove(beside)
    beside.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(staged, beside)
    return beside


def _link_tree(source: Path, target: Path) -> None:
    shutil.copytree(source, target, copy_function=_link_or_copy)


def _link_or_copy(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target


def _staging(home: Path) -> Path:
    """An empty folder on the home's disk: beside it, or inside where it is a mounted volume."""
    beside = home.with_name(f".{home.name}.restoring")
    inside = home / ".restoring"
    for folder in (beside, inside):
        if folder is beside and os.path.ismount(home):
            continue
        remove(folder)
        try:
            folder.mkdir(mode=0o700)
        except OSError:
            if folder is inside:
                raise
            continue
        return folder
    raise AssertionError("unreachable")


def _secure(staging: Path) -> None:
    key = staging / "home" / "hash.key"
    if key.exists():
        key.chmod(0o600)


@contextmanager
def nobody_else(home: Path) -> Iterator[None]:
    """Hold what web and worker hold while they run; refuse where they do."""
    with ExitStack() as stack:
        locks = [home / "up.lock", home / WEB_LOCK, *sorted((home / "slots").glob("*.lock"))]
        for path in locks:
            file = stack.enter_context(path.open("a"))
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise BackupError(
                    f"Shopsight runs on {home} ({path.name} is held).",
                    remedy="Stop web and worker, then try again.",
                ) from error
        yield


def _require_empty(settings: Settings) -> None:
    home, artifacts = settings.home.resolve(), settings.artifacts.resolve()
    found = [path.name for path in home.iterdir() if path.name not in HARMLESS]
    if artifacts.is_dir() and not artifacts.is_relative_to(home):
        found += [path.name for path in artifacts.iterdir()]
    database = sqlite_file(settings.app_url)
    if database is not None and not database.is_relative_to(home) and database.exists():
        found.append(database.name)
    if make_url(settings.app_url).get_backend_name() == "postgresql":
        found += postgresql.tables(settings.app_url)
    if found:
        raise BackupError(
            f"{home} is not empty: {', '.join(sorted(found)[:5])} would be replaced.",
            remedy="Take a backup of it first, then restore with --force; or choose another "
            "SHOPSIGHT_HOME.",
        )


def _require_same_engine(settings: Settings, facts: Facts) -> None:
    here = make_url(settings.app_url).get_backend_name()
    if here != facts.app_database:
        raise BackupError(
            f"The archive holds an app database of {facts.app_database}, the settings name {here}.",
            remedy="Set APP_DATABASE_URL as it was when the backup was taken.",
        )
    for member in facts.external:
        database = sqlite_file(settings.app_url)
        if database is None or database.name != Path(member).name:
            raise BackupError(
                f"The archive holds the app database {Path(member).name}, which the settings do "
                "not name.",
                remedy="Set APP_DATABASE_URL as it was when the backup was taken.",
            )


def _remove_if_empty(home: Path) -> None:
    leftovers = [path for path in home.iterdir() if path.name not in ("up.lock", WEB_LOCK)]
    if not leftovers:
        remove(home)
