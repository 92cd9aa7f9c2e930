"""A worker's fixed name: held by one process at a time, free again the moment it dies.

DBOS recovers a worker's jobs by its name, and two workers with one name would run a job twice.
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
import socket
import uuid
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, func, select

from app.jobs.kinds import JobError
from app.settings import Settings
from data_access.errors import DataError
from data_access.state import workers
from data_access.state.engine import StateDatabase

log = logging.getLogger("shopsight.jobs")

_LOCK_CLASS = 0x5105  # of PostgreSQL's advisory locks; any number of our own


class Slot:
    """A name that this process holds.

    Attributes
    ----------
    name : the slot.
    holder : this very process, for the row that pages read.
    """

    def __init__(self, name: str, state: StateDatabase, connection: Connection | None) -> None:
        self.name = name
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._state = state
        self._connection = connection

    def take(self) -> None:
        with self._state.write() as session:
            # The lock is ours, so whoever the row names is dead.
            workers.claim_slot(
                session, slot=self.name, holder=self.holder, now=_now(), stale_after=timedelta(0)
            )

    def beat(self) -> bool:
        """Say that the worker lives; false where the name was lost."""
        try:
            if self._connection is not None:
                self._connection.execute(select(1))
            with self._state.write() as session:
                return workers.beat(session, slot=self.name, holder=self.holder, now=_now())
        except DataError:
            return True  # the database does not answer: nobody else can take the name either
        except Exception as error:  # the lock's own connection broke, and the lock with it
            log.warning("the lock of the name %s is lost", self.name, exc_info=error)
            return False

    def release(self) -> None:
        with suppress(DataError), self._state.write() as session:
            workers.release_slot(session, slot=self.name, holder=self.holder)


@contextmanager
def hold_slot(settings: Settings, state: StateDatabase, name: str) -> Iterator[Slot]:
    """Hold a worker's name until the block ends or the process dies.

    Raises
    ------
    JobError : another process holds it, or it is no name.
    """
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", name):
        raise JobError(
            f"“{name}” cannot be the name of a worker.",
            remedy="Use up to 64 letters, digits, dots and dashes.",
        )
    folder = settings.home / "slots"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise _in_use(name) from error
        if state.engine.dialect.name != "postgresql":
            yield from _held(Slot(name, state, None))
            return
        # Workers on other machines share the database, not the folder.
        with state.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            lock = func.pg_try_advisory_lock(_LOCK_CLASS, _number(name))
            if not connection.scalar(select(lock)):
                raise _in_use(name)
            yield from _held(Slot(name, state, connection))


def _held(slot: Slot) -> Iterator[Slot]:
    slot.take()
    try:
        yield slot
    finally:
        slot.release()


def _number(name: str) -> int:
    return zlib.crc32(name.encode()) & 0x7FFFFFFF


def _in_use(name: str) -> JobError:
    return JobError(
        f"Another worker runs under the name {name}.",
        remedy="Stop it, or start this one under another name: "
        "python -m app worker --slot worker-2.",
    )


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
