"""The worker: takes jobs from the queues and runs them, each in processes of its own."""

from __future__ import annotations

import logging
import os
import signal
import threading
from types import FrameType
from typing import TYPE_CHECKING

from app.jobs.client import JobClient
from app.jobs.clock import Clock
from app.jobs.following import ask_for_first_models, ask_for_publications
from app.jobs.fork_server import ForkServer
from app.jobs.fraud_work import Looking, keep_sending
from app.jobs.kinds import DEFINITIONS
from app.jobs.mending import mend_notes
from app.jobs.queueing import (
    APPLICATION,
    APPLICATION_VERSION,
    POLL_S,
    QUEUES,
    SCHEDULE_POLL_S,
    SCHEMA,
    prepare_database,
)
from app.jobs.retraining import Triggering
from app.jobs.running import Runner
from app.jobs.schedules import (
    DIGEST_MINUTES,
    GONE,
    LIVE_ON_MINUTES,
    RETAIN_MINUTES,
    WATCH_MINUTES,
    create_schedules,
    remove_schedules,
)
from app.jobs.slots import Slot, hold_slot
from app.jobs.watch_work import Telling
from app.logs import configure_logs
from app.settings import Settings
from data_access.errors import DataError
from data_access.state.engine import StateDatabase

if TYPE_CHECKING:
    from dbos import DBOSConfig

log = logging.getLogger("shopsight.jobs")

BEAT_S = 5.0
"""Between two signs of life, and between two looks for what a crash left undone."""

STOP_S = 4.0
"""Within which the processes of all jobs end when the worker is stopped."""

EXIT_NAME_LOST = 3


def run(settings: Settings, slot: str, *, kinds: str = DEFINITIONS) -> None:
    """Work until stopped by SIGTERM or Ctrl-C.

    Parameters
    ----------
    slot : fixed name of this worker; under the same name it takes up what it left.
    kinds : module that defines the kinds of jobs.

    Raises
    ------
    JobError : the name is in use.
    """
    server = ForkServer()
    server.fork()  # first of all: a process with threads must not be forked
    settings.home.mkdir(parents=True, exist_ok=True)
    configure_logs(settings, process=slot)
    state = StateDatabase(settings.app_url)
    state.upgrade()
    with hold_slot(settings, state, slot) as held:
        _work(settings, state, held, kinds, server)


def _work(
    settings: Settings, state: StateDatabase, slot: Slot, kinds: str, server: ForkServer
) -> None:
    from dbos import DBOS

    from app.jobs import workflows

    stop = threading.Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)

    logging.getLogger("dbos").addFilter(_not_about_cancelling)
    logging.getLogger("dbos").setLevel(logging.WARNING)
    prepare_database(settings)
    client = JobClient(settings, state, kinds=kinds)
    runner = Runner(settings=settings, state=state, kinds_module=kinds, server=server)
    workflows.use(runner, client)
    DBOS(config=_config(settings, slot.name))
    DBOS.listen_queues(QUEUES)
    DBOS.launch()
    for name in QUEUES:
        DBOS.register_queue(name, worker_concurrency=1, polling_interval_sec=POLL_S)
    keep_schedules(settings, client)
    if "mend" in client.kinds and any((settings.artifacts / "models").glob("*/")):
        client.start("mend", {}, "worker", "mend")
    log.info("worker %s takes jobs", slot.name)

    keep_sending(settings, stop)
    looking, triggering = Looking(client, settings), Triggering(client, settings)
    telling = Telling(client, settings)
    clock = Clock(client.dbos, state)
    name_lost = False
    while not name_lost:
        _look_after(client, state, settings, looking, triggering, telling, clock)
        if stop.wait(BEAT_S):
            break
        name_lost = not slot.beat()
    if name_lost:
        log.error("the name %s was taken over; this worker ends", slot.name)
    runner.stop(STOP_S)
    if not name_lost:
        slot.release()
    log.info("worker %s stops", slot.name)
    logging.shutdown()
    # Not through DBOS: it would note the interrupted steps as failed instead of recovering them.
    os._exit(EXIT_NAME_LOST if name_lost else 0)


def _look_after(
    client: JobClient,
    state: StateDatabase,
    settings: Settings,
    looking: Looking,
    triggering: Triggering,
    telling: Telling,
    clock: Clock,
) -> None:
    """Ask for what a crash or a quick succession of changes left unasked."""
    try:
        clock.look()
        mend_notes(client, state)
        ask_for_publications(client, state, settings)
        ask_for_first_models(client, settings)
        looking.look()
        triggering.look()
        telling.look()
    except DataError as error:
        log.warning("%s", error)
    except Exception:
        log.exception("looking after the jobs failed")


def keep_schedules(settings: Settings, client: JobClient) -> None:
    wanted = {
        "refresh": settings.refresh_minutes,
        "live_on": LIVE_ON_MINUTES,
        "retain": RETAIN_MINUTES,
        "digest": DIGEST_MINUTES,
        "watch": WATCH_MINUTES,
    }
    known = {kind: minutes for kind, minutes in wanted.items() if kind in client.kinds}
    create_schedules(client.dbos, known, demo=_is_demo(settings), zone=settings.zone)
    remove_schedules(client.dbos, GONE)


def _is_demo(settings: Settings) -> bool:
    from data_access.shop.engines import make_engine, read_mark

    try:
        mark = read_mark(make_engine(settings.shop_url, read_only=True))
    except DataError:
        return False
    return mark is not None and mark.made_by == "demo"


def _not_about_cancelling(record: logging.LogRecord) -> bool:
    """DBOS tells of a cancelled job as of an error; here it is an order carried out."""
    if "no longer owned by this execution" in record.getMessage():
        return False
    kind = record.exc_info[0] if record.exc_info else None
    return kind is None or "Cancelled" not in kind.__name__


def _config(settings: Settings, slot: str) -> DBOSConfig:
    from dbos import DBOSPortableJSONSerializer

    return {
        "name": APPLICATION,
        "system_database_url": settings.jobs_url,
        "dbos_system_schema": SCHEMA,
        "application_version": APPLICATION_VERSION,
        "executor_id": slot,
        "serializer": DBOSPortableJSONSerializer(),
        "scheduler_polling_interval_sec": SCHEDULE_POLL_S,
        "log_level": "WARNING",
        "run_migrations": True,
    }
