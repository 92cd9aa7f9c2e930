"""Model files are plain data: nothing that is loaded can run code.

Pickle and what is built on it (joblib, cloudpickle, torch.save of objects) run whatever the file
says while it is read. They are refused by name and by content, on the way in and on the way out.
"""

from __future__ import annotations

import hashlib
import pickletools
import zipfile
from pathlib import Path

from data_access.errors import DataError

PLAIN = frozenset({".txt", ".json", ".parquet", ".safetensors", ".skops", ".csv", ".md", ".npy"})

_MAGIC = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))
_LOOK_BYTES = 64 * 2**20  # a text pickle longer than that is no use to anybody


class UnsafeFile(DataError):  # noqa: N818 - reads as what was found
    """A file that could run code when it is loaded."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(
            f"The model file {name} is refused: {why}.",
            remedy=f"Save the model in one of the plain formats: {', '.join(sorted(PLAIN))}.",
        )


def require_plain_files(folder: Path) -> None:
    """Go on only where every file below the folder is plain data.

    Raises
    ------
    UnsafeFile : names the first that is not.
    """
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            raise UnsafeFile(name, "it is a link to somewhere else")
        if path.is_dir():
            continue
        if path.suffix.lower() not in PLAIN:
            raise UnsafeFile(name, f"files ending in {path.suffix or 'nothing'} are not plain data")
        why = _why_unsafe(path)
        if why:
            raise UnsafeFile(name, why)


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of each file, by its name below the folder."""
    return {
        path.relative_to(folder).as_posix(): sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _why_unsafe(path: Path) -> str | None:
    with path.open("rb") as file:
        head = file.read(128)
        size = path.stat().st_size
        if size:
            file.seek(-1, 2)
        last = file.read(1)
    # `safetensors` begins with a length, whose low bytes may be anything: it is judged below.
    if path.suffix != ".safetensors" and head[:2] in _MAGIC:
        return "it is a pickle"
    if path.suffix == ".npy" and b"'|O'" in head:
        return "it holds pickled objects"
    if head[:4] == b"PK\x03\x04":
        return _why_unsafe_archive(path)
    if path.suffix == ".skops":
        return "it is not a skops archive"
    if last == b"." and size <= _LOOK_BYTES and _is_pickle(path.read_bytes()):
        return "it is a pickle"
    return None


def _why_unsafe_archive(path: Path) -> str | None:
    if path.suffix != ".skops":
        return "it is an archive"
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            if Path(member).suffix.lower() not in {".json", ".npy", ".npz", ".bin", ""}:
                return f"its part {member} is not plain data"
            with archive.open(member) as part:
                head = part.read(128)
            if head[:2] in _MAGIC or b"'|O'" in head:
                return f"its part {member} is a pickle"
    return None


def _is_pickle(content: bytes) -> bool:
    """Whether the whole content is one program for the pickle machine, in any protocol."""
    try:
        *_, (_, _, end) = pickletools.genops(content)
    except Exception:  # any other content stops the reading somewhere
        return False
    return end == len(content) - 1


def sha256(path: Path) -> str:
    """Of a file's content, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()
