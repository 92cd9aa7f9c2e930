"""What the web holds while it has a home open, so that nothing is put in its place meanwhile."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.listening import StartError

WEB_LOCK = "web.lock"


@contextmanager
def open_in_web(home: Path) -> Iterator[None]:
    """Hold the home beside other webs; whoever replaces it holds it alone.

    Raises
    ------
    StartError : it is being restored or upgraded at this moment.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / WEB_LOCK).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError as error:
            raise StartError(
                f"{home} is being restored or upgraded",
                remedy="Start Shopsight again when that has ended.",
            ) from error
        yield
