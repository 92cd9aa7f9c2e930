"""What a whole test session makes once: a folder that all its processes read and copy."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

FOLDER = "SHOPSIGHT_TEST_SESSION"
"""Variable with the session's folder; set before pytest-xdist starts its processes."""


def once(name: str, make: Callable[[Path], object]) -> Path:
    """The folder `name` of the session; the first process that asks makes it, others wait.

    Whoever gets it copies it before writing to it.
    """
    folder = _folder() / name
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            draft = folder.with_name(f"{name}.draft-{os.getpid()}")
            draft.mkdir()
            make(draft)
            draft.rename(folder)
    return folder


def _folder() -> Path:
    """The session's, or in a study, which has none, one until the end of its process."""
    if FOLDER not in os.environ:
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="shopsight-study-")
        atexit.register(shutil.rmtree, os.environ[FOLDER], ignore_errors=True)
    return Path(os.environ[FOLDER])
