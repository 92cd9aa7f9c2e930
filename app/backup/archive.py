"""The archive: a compressed tar whose last member is a manifest with every file's checksum.

Reading trusts nothing: only regular files under known folders, each once, none larger than the
disk has room for, all of them as the manifest says.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

from app.backup.errors import BackupError

Progress = Callable[[str, float], None]

FORMAT = 1
"""Raised when older versions of Shopsight could not read an archive any more."""
MANIFEST = "manifest.json"
FOLDERS = ("home", "artifacts", "external", "postgresql")
LEVEL = 1
"""Compression: Parquet is compressed already, and databases shrink to a third at this level."""
LARGEST_MANIFEST = 256 * 1024**2
CHUNK = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the manifest says about the archive."""

    made_at: str
    """Naive UTC, ISO 8601."""
    app_database: str
    """sqlite | postgresql"""
    versions: dict[str, str]
    """Shopsight's version and those of the packages that keep tables of their own."""
    external: dict[str, str] = field(default_factory=dict)
    """Which database a file outside the home is: member name → app."""


@dataclass(slots=True)
class Writer:
    """Adds files to an archive that is being written, and remembers their checksums."""

    tar: tarfile.TarFile
    progress: Progress
    total_bytes: int
    done_bytes: int = 0
    sums: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, path: Path) -> None:
        """Add one file under ``name``; its size is the one it has now."""
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            member = tarfile.TarInfo(name)
            member.size, member.mtime = status.st_size, int(status.st_mtime)
            member.mode = status.st_mode & 0o777
            hashing = _Hashing(file)
            self.tar.addfile(member, hashing)
            self.sums[name] = hashing.digest.hexdigest()
        self.done_bytes += status.st_size
        self.progress("Writing the archive", self.done_bytes / max(self.total_bytes, 1))


class _Hashing:
    """A file that notes the checksum of what is read from it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        chunk = self._file.read(size)
        self.digest.update(chunk)
        return chunk


@contextmanager
def writing(
    target: Path, facts: Facts, *, total_bytes: int, progress: Progress
) -> Iterator[Writer]:
    """Write an archive that appears under its name once it is whole; readable by its owner only."""
    draft = target.with_name(f".{target.name}.{os.getpid()}.writing")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=LEVEL) as tar:
                writer = Writer(tar, progress, total_bytes)
                yield writer
                content = json.dumps(
                    {"format": FORMAT, "facts": asdict(facts), "files": writer.sums}, indent=1
                ).encode()
                member = tarfile.TarInfo(MANIFEST)
                member.size, member.mode = len(content), 0o600
                tar.addfile(member, io.BytesIO(content))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def extract(source: Path, folder: Path, *, progress: Progress) -> Facts:
    """Unpack a whole, unchanged archive into an empty folder.

    Raises
    ------
    BackupError : it is no archive of ours, is cut off or changed, or holds what does not belong.
    """
    sums: dict[str, str] = {}
    manifest: dict[str, Any] | None = None
    size = max(source.stat().st_size, 1)
    try:
        with source.open("rb") as file, tarfile.open(fileobj=file, mode="r:gz") as tar:
            for member in tar:
                if manifest is not None:
                    raise _unsound(f"{member.name} comes after the manifest")
                if member.name == MANIFEST and member.isreg():
                    manifest = _read_manifest(tar, member)
                    continue
                path = folder / _checked_name(member, sums)
                if member.size > shutil.disk_usage(folder).free:
                    raise BackupError(
                        f"{member.name} needs {member.size:,} bytes, more than the disk has left.",
                        remedy="Free some space and try again.",
                    )
                path.parent.mkdir(parents=True, exist_ok=True)
                sums[member.name] = _write(tar, member, path)
                progress("Reading the archive", min(file.tell() / size, 1.0))
    except (tarfile.TarError, EOFError, zlib.error, ValueError) as error:
        raise _unsound("it is cut off, damaged, or no archive of Shopsight") from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise _unsound("it is no compressed archive") from error  # gzip's own, without a number
    if manifest is None:
        raise _unsound("it is cut off: the manifest at its end is missing")
    return _verified(manifest, sums)


def _read_manifest(tar: tarfile.TarFile, member: tarfile.TarInfo) -> dict[str, Any]:
    file = tar.extractfile(member)
    if file is None or member.size > LARGEST_MANIFEST:
        raise _unsound("its manifest cannot be read")
    found = json.loads(file.read())
    if not isinstance(found, dict):
        raise _unsound("its manifest cannot be read")
    return found


def _checked_name(member: tarfile.TarInfo, seen: dict[str, str]) -> str:
    name = PurePosixPath(member.name)
    if (
        not member.isreg()
        or name.is_absolute()
        or ".." in name.parts
        or len(name.parts) < 2
        or name.parts[0] not in FOLDERS
        or str(name) != member.name
        or member.name in seen
        or "\\" in member.name
    ):
        raise _unsound(f"it holds “{member.name[:100]!a}”, which does not belong")
    return member.name


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> str:
    digest = hashlib.sha256()
    file = tar.extractfile(member)
    if file is None:
        raise _unsound(f"{member.name} cannot be read")
    # Exclusive and not through links: nothing that an archive brought can redirect a write.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    path.chmod((member.mode | 0o600) & 0o755)
    return digest.hexdigest()


def _verified(manifest: dict[str, Any], sums: dict[str, str]) -> Facts:
    if manifest.get("format") != FORMAT:
        raise BackupError(
            f"The archive has format {manifest.get('format')}, this version reads {FORMAT}.",
            remedy="Restore it with the version of Shopsight that wrote it.",
        )
    expected = manifest.get("files")
    if expected != sums:
        known = expected if isinstance(expected, dict) else {}
        wrong = sorted(n for n in known.keys() | sums.keys() if known.get(n) != sums.get(n))
        raise _unsound(f"{', '.join(wrong[:3])} is not what was written")
    try:
        return Facts(**manifest["facts"])
    except (KeyError, TypeError) as error:
        raise _unsound("its manifest cannot be read") from error


def _unsound(what: str) -> BackupError:
    return BackupError(
        f"The archive cannot be used: {what}. Nothing was changed.",
        remedy="Use another backup, or copy this one again from where it was kept.",
    )
