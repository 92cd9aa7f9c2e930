"""The folder of snapshots: immutable parts, a manifest each, and one pointer to the newest.

    parts/<table>/<period>-<content hash>.parquet    shared between snapshots
    manifests/000007.json                            one a snapshot
    current                                          the number of the newest published one
    last_number                                      the last number given out; never reused
    lock                                             held by the refresh that is writing
    staging/                                         of a refresh that runs, or was broken off

A snapshot exists once ``current`` has moved to it; everything else is a leftover.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from data_access.errors import DataError
from data_access.kill_points import kill_point
from data_access.snapshots.manifest import FORMAT, Manifest

LOCK_WAIT_S = 900.0
"""How long a second refresh waits for the first: longer than a full one of a large shop."""

_REMEMBERED = 8
"""Manifests that a process keeps at hand: a page asks for the newest at every rerun."""


class SnapshotStore:
    """Snapshots in one folder, readable by any number of processes at any time."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self.parts = self.folder / "parts"
        self._manifests = self.folder / "manifests"
        self._staging = self.folder / "staging"
        self._current = self.folder / "current"
        self._read: dict[int, tuple[int, Manifest]] = {}

    # ── reading ──

    def newest(self) -> Manifest | None:
        """The newest published snapshot; None before the first."""
        number = self.newest_number()
        return None if number is None else self.get(number)

    def newest_number(self) -> int | None:
        """The number that the pointer names, or the last one before it that can be read.

        One small file read, and a look at another.
        """
        pointer = _read_number(self._current)
        if pointer is None and not self._pointer_lost():
            return None
        if pointer is not None and self._is_readable(pointer):
            return pointer
        older = (n for n in sorted(self._numbers(), reverse=True) if n < (pointer or n + 1))
        return next((n for n in older if self._is_readable(n)), None)

    def damage(self) -> DataError | None:
        """What is wrong with the newest snapshot, and what is read in its place."""
        pointer, good = _read_number(self._current), self.newest_number()
        if pointer == good:
            return None
        what = (
            "The note of which snapshot is the newest is damaged"
            if pointer is None
            else f"The newest snapshot, number {pointer}, is damaged"
        )
        instead = "none can be read" if good is None else f"snapshot {good} is shown"
        return DataError(
            f"{what}; {instead}.",
            remedy="Refresh the data in full: Data, or python -m app refresh --full. "
            "A new snapshot takes its place.",
        )

    def get(self, number: int) -> Manifest:
        """The manifest of one snapshot.

        Raises
        ------
        DataError : there is no such snapshot, or it was removed by retention.
        """
        path = self._path(number)
        try:
            written = path.stat().st_mtime_ns
            known = self._read.get(number)
            if known is not None and known[0] == written:
                return known[1]
            manifest = Manifest.from_json(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise DataError(
                f"Snapshot {number} is no longer kept.",
                remedy="Reload the page to read the newest snapshot, or refresh the data.",
            ) from error
        except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
            raise DataError(
                f"Snapshot {number} is damaged: its list of files cannot be read.",
                remedy="Refresh the data in full: Data, or python -m app refresh --full.",
            ) from error
        # One assignment of a new dict: threads share the store without a lock.
        recent = list(self._read.items())[-_REMEMBERED:]
        self._read = {**dict(recent), number: (written, manifest)}
        return manifest

    def list(self) -> tuple[Manifest, ...]:
        """All published snapshots, newest first."""
        newest = self.newest_number()
        if newest is None:
            return ()
        numbers = sorted((n for n in self._numbers() if n <= newest), reverse=True)
        return tuple(m for n in numbers if (m := self._get_if_there(n)) is not None)

    def paths(self, manifest: Manifest, table: str) -> tuple[Path, ...]:
        """The Parquet files of one table of a snapshot; empty where the table has no rows."""
        return tuple(self.parts / part.path for part in manifest.tables[table].parts)

    # ── writing: only by the holder of the lock ──

    @contextmanager
    def writing(
        self, *, wait_s: float = LOCK_WAIT_S, on_wait: Callable[[], None] | None = None
    ) -> Iterator[None]:
        """Be the only one who writes to this store, in all processes.

        The lock is the operating system's: it ends with its holder, however that ends.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as handle:
            deadline = time.monotonic() + wait_s
            while not _try_lock(handle.fileno()):
                if time.monotonic() > deadline:
                    raise DataError(
                        "Another refresh of the snapshot is still running.",
                        remedy="Wait for it to end, or cancel it on the Jobs page.",
                    )
                if on_wait is not None:
                    on_wait()
                time.sleep(0.1)
            self._collect_leftovers()
            yield

    def new_number(self) -> int:
        """A number that no snapshot has had or will have, even if this process dies now."""
        # What was given out, is named or lies there: each of the three may be damaged.
        noted = (_read_number(self.folder / "last_number"), _read_number(self._current))
        last = max(*(number or 0 for number in noted), *self._numbers(), 0)
        _write_durably(self.folder / "last_number", f"{last + 1}\n")
        return last + 1

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """A folder for the work of one refresh, gone afterwards."""
        folder = self._staging / f"{os.getpid()}-{time.time_ns()}"
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def adopt(self, table: str, period: str, file: Path) -> str:
        """Move a finished file among the parts, named by its content; returns its path there."""
        with file.open("rb") as handle:
            digest = hashlib.file_digest(handle, lambda: hashlib.blake2b(digest_size=16))
            os.fsync(handle.fileno())
        path = f"{table}/{period}-{digest.hexdigest()}.parquet"
        target = self.parts / path
        target.parent.mkdir(parents=True, exist_ok=True)
        file.replace(target)
        return path

    def publish(self, manifest: Manifest) -> None:
        """Make a snapshot the newest: one pointer moves, at once and durably."""
        for folder in {(self.parts / path).parent for path in manifest.part_paths()}:
            _sync_folder(folder)
        self._manifests.mkdir(parents=True, exist_ok=True)
        kill_point("snapshot-before-manifest")
        _write_durably(self._path(manifest.number), manifest.to_json())
        kill_point("snapshot-before-pointer")
        _write_durably(self._current, f"{manifest.number}\n")
        kill_point("snapshot-after-pointer")

    def prune(self, keep: int, pinned: set[int]) -> tuple[int, ...]:
        """Remove all but the newest `keep` snapshots and the pinned ones, and unshared parts.

        Returns
        -------
        The numbers removed. Parts go when no snapshot that remains refers to them.
        """
        with self.writing():
            published = self.list()
            going = [
                m for i, m in enumerate(published) if i >= max(keep, 1) and m.number not in pinned
            ]
            for manifest in going:
                self._path(manifest.number).unlink(missing_ok=True)
            kill_point("snapshot-prune-between")
            self._collect_parts()
            return tuple(m.number for m in going)

    def _collect_leftovers(self) -> None:
        """What a broken-off refresh left: its staging, its manifest, its parts."""
        newest = _read_number(self._current) or 0
        if newest == 0 and self._pointer_lost():
            newest = max(self._numbers(), default=0)  # which of them were published is not known
        shutil.rmtree(self._staging, ignore_errors=True)
        for stray in self.folder.glob("**/*.writing"):
            stray.unlink(missing_ok=True)
        unpublished = [n for n in self._numbers() if n > newest]
        for number in unpublished:
            self._path(number).unlink(missing_ok=True)

    def _collect_parts(self) -> None:
        used = {path for manifest in self.list() for path in manifest.part_paths()}
        for file in self.parts.glob("*/*.parquet"):
            if f"{file.parent.name}/{file.name}" not in used:
                file.unlink(missing_ok=True)

    def _pointer_lost(self) -> bool:
        """Whether snapshots were published, but the pointer to the newest is gone or no number.

        A single manifest without a pointer is the leftover of a first refresh.
        """
        return self._current.exists() or len(self._numbers()) > 1

    def _is_readable(self, number: int) -> bool:
        try:
            self.get(number)
        except DataError:
            return False
        return True

    def _numbers(self) -> tuple[int, ...]:
        found = (re.fullmatch(r"(\d+)\.json", p.name) for p in self._manifests.glob("*.json"))
        return tuple(int(match[1]) for match in found if match)

    def _path(self, number: int) -> Path:
        return self._manifests / f"{number:06d}.json"

    def _get_if_there(self, number: int) -> Manifest | None:
        try:
            manifest = self.get(number)
        except DataError:  # retention of another process was faster
            return None
        return manifest if manifest.format == FORMAT else None


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read_number(path: Path) -> int | None:
    """The number in a small file; None where it is missing or damaged."""
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _write_durably(path: Path, text: str) -> None:
    writing = path.with_name(path.name + ".writing")
    with writing.open("w", encoding="utf-8") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    writing.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
