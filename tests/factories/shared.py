"""What a whole test session makes once: a folder that all its processes read and copy."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

FOLDER = "SHOPSIGHT_TEST_SESSION"
"""Variable with the session's folder; set before pytest-xdist starts its processes."""


def once(name: str, make: Callable[[Path], object]) -> Path:
    """The folder `name` of the session; the first process that asks makes it, others wait.

    Whoever gets it copies it before writing to it.
    """
    folder = Path(os.environ[FOLDER]) / name
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            draft = folder.with_name(f"{name}.draft-{os.getpid()}")
            draft.mkdir()
            make(draft)
            draft.rename(folder)
    return folder
