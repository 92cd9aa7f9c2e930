"""Models in memory: read once after their files were checked, and looked at again when they move.

A model stays in memory while its files look as they did when they were read (name, size, time of
change, number on the disk): that look costs microseconds, so every answer can afford it. Whatever
looks different is hashed and read again.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_access.errors import DataError

if TYPE_CHECKING:
    from app.context import Desk
    from data_access.models import ModelVersion

MOST = 8
"""Models kept at once in a process: champions, a challenger, and some of scopes."""

LOOK_AGAIN_S = 30.0
"""After which refused files are hashed again, even where nothing seems to have moved."""

Seen = tuple[tuple[str, int, int, int], ...]
Name = tuple[str, str, int]  # folder of the model store, capability, number


class ModelRefused(DataError):  # noqa: N818 - reads as what happened
    """A version that must not answer: its files are missing, altered or not its own."""

    def __init__(self, why: str, *, remedy: str | None = None) -> None:
        super().__init__(why, remedy=remedy or REMEDY)


REMEDY = "Restore its files from a backup, train it again, or activate another version."


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is known of a version: its model, or why it is refused."""

    folder: Path
    seen: Seen
    model: Any
    refused: ModelRefused | None
    at: float  # monotonic seconds
    files: dict[str, str] = field(default_factory=dict)  # hashes of what was read


_kept: OrderedDict[Name, _Kept] = OrderedDict()
_reading = threading.RLock()


def loaded(desk: Desk, capability: str, number: int, *, again: bool = False) -> Any:
    """The model of a version, from memory where its files have not moved since it was read.

    Parameters
    ----------
    again : hash the files in any case, as the hourly look does: what somebody alters with care
        keeps its size and time.

    Raises
    ------
    ModelRefused : the files are missing, altered, or of another version or capability.
    """
    name = (str(desk.models.folder), capability, number)
    kept = _kept.get(name)
    if kept is None or again or not _holds(kept):
        with _reading:
            kept = _kept.get(name)
            if kept is None or again or not _holds(kept):
                kept = _read(desk, capability, number, kept)
                _kept[name] = kept
                _kept.move_to_end(name)
                while len(_kept) > MOST:
                    _kept.popitem(last=False)
    if kept.refused is not None:
        raise ModelRefused(str(kept.refused), remedy=kept.refused.remedy) from kept.refused
    return kept.model


def require_good(desk: Desk, capability: str, number: int) -> None:
    """Go on only where a version could answer.

    Raises
    ------
    ModelRefused : why it must not.
    """
    loaded(desk, capability, number)


def forget() -> None:
    """Empty the memory, as a new process has it."""
    with _reading:
        _kept.clear()


def _holds(kept: _Kept) -> bool:
    if kept.refused is not None and time.monotonic() - kept.at > LOOK_AGAIN_S:
        return False
    return _look(kept.folder) == kept.seen


def _read(desk: Desk, capability: str, number: int, before: _Kept | None) -> _Kept:
    """Check and read; a version whose files are unchanged after all keeps its model."""
    folder = before.folder if before else Path()
    seen: Seen = ()
    try:
        version = _version(desk, capability, number)
        folder = desk.models.place(capability, number)
        seen = _look(folder)
        _check(desk, version)
        if before is not None and before.files == version.files:
            model = before.model
        else:
            model = _load(version, folder)
        if _look(folder) != seen:
            raise ModelRefused(
                f"The files of {_name(capability, number)} changed while they were read."
            )
    except ModelRefused as refused:
        return _Kept(folder, seen, None, refused, time.monotonic())
    return _Kept(folder, seen, model, None, time.monotonic(), version.files)


def _version(desk: Desk, capability: str, number: int) -> ModelVersion:
    """What was stored of a version, which must say that it is this one."""
    try:
        version = desk.models.version(capability, number)
    except DataError as error:
        raise ModelRefused(str(error), remedy=error.remedy) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelRefused(
            f"What is stored of {_name(capability, number)} cannot be read."
        ) from error
    if (version.capability, version.number) != (capability, number):
        raise ModelRefused(
            f"{_name(capability, number)} says that it is {version.capability} version "
            f"{version.number}."
        )
    return version


def _check(desk: Desk, version: ModelVersion) -> None:
    """Plain files with the hashes that were stored."""
    try:
        desk.models.files(version.capability, version.number)
        listed = desk.models.head(version.capability, version.number).files
    except DataError as error:
        raise ModelRefused(str(error), remedy=error.remedy) from error
    except OSError as error:
        name = _name(version.capability, version.number)
        raise ModelRefused(f"The files of {name} cannot be read.") from error
    if listed != version.files:
        name = _name(version.capability, version.number)
        raise ModelRefused(f"The list of the files of {name} is not what was stored.")


def _load(version: ModelVersion, folder: Path) -> Any:
    from ml.contract import capability as capability_of
    from ml.errors import ModelError

    name = _name(version.capability, version.number)
    try:
        model = capability_of(version.capability).load(folder)
    except ModelError as error:  # a format of a later version, a file that is not there
        raise ModelRefused(
            f"The files of {name} are not those of such a model: {error}", remedy=error.remedy
        ) from error
    except Exception as error:  # whatever a reader of another kind of file trips over
        raise ModelRefused(f"The files of {name} are not those of such a model.") from error
    if (model.candidate, model.as_of) != (version.candidate, version.as_of):
        raise ModelRefused(
            f"The files of {name} hold another model: {model.candidate}, "
            f"learned up to {model.as_of.isoformat()}."
        )
    return model


def _look(folder: Path) -> Seen:
    """How the files look from outside; empty where there are none."""
    try:
        return tuple(sorted(_facts(str(folder))))
    except OSError:
        return ()


def _facts(folder: str) -> Iterator[tuple[str, int, int, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _facts(entry.path)
                continue
            facts = entry.stat()
            yield entry.path, facts.st_size, facts.st_mtime_ns, facts.st_ino


def _name(capability: str, number: int) -> str:
    return f"{capability} version {number}"
