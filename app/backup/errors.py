"""Errors of backup, restore and upgrade."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

Message = str


class BackupError(Exception):
    """What kept a backup, a restore or an upgrade from ending well; nothing is left half done.

    Parameters
    ----------
    message : one sentence with the names.
    remedy : one sentence that says what to do next.
    """

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


@contextmanager
def plain_system_errors(doing: str) -> Iterator[None]:
    """Turn what the operating system refuses into a sentence with a remedy."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise BackupError(
                f"The disk became full while {doing}.",
                remedy="Free some space, or choose another disk, and try again.",
            ) from error
        raise BackupError(
            f"The system refused something while {doing}: {error.strerror or error} "
            f"({error.filename or 'no file'}).",
            remedy="Check that the folders exist and that this user may write to them.",
        ) from error
