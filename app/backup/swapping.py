"""Putting restored folders in the place of those that are there, in one step where Linux can."""

from __future__ import annotations

import ctypes
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

_RENAME_EXCHANGE = 2
_AT_FDCWD = -100


@dataclass(slots=True)
class Swap:
    """Exchanges that can be taken back until they are settled."""

    _done: list[tuple[Path, Path]] = field(default_factory=list)

    def exchange(self, staged: Path, place: Path) -> None:
        """``staged`` takes the place; what was there lies at ``staged`` afterwards."""
        _exchange(staged, place)
        self._done.append((staged, place))

    def take_back(self) -> None:
        """Undo every exchange, the last one first."""
        while self._done:
            staged, place = self._done.pop()
            _exchange(staged, place)


def _exchange(first: Path, second: Path) -> None:
    """Exchange two paths; either may be missing. Atomic where the system knows how."""
    if not second.exists():
        first.rename(second)
        return
    if not first.exists():
        second.rename(first)
        return
    if _renameat2(first, second):
        return
    aside = second.with_name(f".{second.name}.former")
    second.rename(aside)
    first.rename(second)
    aside.rename(first)


def _renameat2(first: Path, second: Path) -> bool:
    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    answer = call(_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _RENAME_EXCHANGE)
    return bool(answer == 0)


def swap_contents(swap: Swap, staged: Path, place: Path, *, kept: frozenset[str]) -> None:
    """Exchange entry by entry, for a folder that cannot be renamed itself (a mounted volume)."""
    names = {path.name for path in place.iterdir()} | {path.name for path in staged.iterdir()}
    for name in sorted(names - kept):
        if place / name != staged:
            swap.exchange(staged / name, place / name)


def remove(path: Path) -> None:
    """Remove a file or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
