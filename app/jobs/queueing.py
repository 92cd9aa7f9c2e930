"""The DBOS side that clients and workers share: its database, names and queues."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url

from app.settings import Settings

if TYPE_CHECKING:
    from dbos import DBOSClient

APPLICATION = "shopsight"
APPLICATION_VERSION = "1"
"""Pinned: DBOS recovers only workflows of its own version, and a changing one orphans them.
Raise it only when the workflow's arguments change so that old ones cannot be run any more."""

SCHEMA = "dbos"
WORKFLOW = "job"
TICK = "tick"

QUEUES = ("data", "models", "publish", "fraud", "watch")
"""One job of each at a time in a worker: a refresh does not wait for a training, and new orders
are scored within seconds whatever else is computed."""

POLL_S = 0.25
"""Between two looks into a queue; a job's first sign of life is due within 2 s of its button."""

SCHEDULE_POLL_S = 5.0
"""Between two looks at the schedules: how soon a changed one is heeded."""


def prepare_database(settings: Settings) -> None:
    """Create or migrate DBOS's tables; safe when several processes start at once."""
    from dbos import DBOS

    url = make_url(settings.jobs_url)
    if url.get_backend_name() == "sqlite" and url.database:
        path = Path(url.database)
        path.parent.mkdir(parents=True, exist_ok=True)
        _use_wal(path)
    DBOS.migrate(settings.jobs_url, schema=SCHEMA)


def connect(settings: Settings) -> DBOSClient:
    """A client that enqueues and cancels, in any process; it never runs a job."""
    from dbos import DBOSClient, DBOSPortableJSONSerializer

    prepare_database(settings)
    return DBOSClient(
        system_database_url=settings.jobs_url,
        dbos_system_schema=SCHEMA,
        serializer=DBOSPortableJSONSerializer(),
        application_name=APPLICATION,
        retry_connection_errors=False,  # a page says that the database does not answer
    )


def _use_wal(path: Path) -> None:
    """Readers and a writer do not wait for each other in WAL; the mode stays with the file."""
    with closing(sqlite3.connect(path, timeout=30)) as connection:
        for _ in range(100):
            try:  # switching does not heed the busy timeout
                mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
                if mode == "wal":
                    return
            except sqlite3.OperationalError:
                pass
            time.sleep(0.05)
