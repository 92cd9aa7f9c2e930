"""Prometheus metrics of the web process, and of what it can see of the rest."""

from __future__ import annotations

from dataclasses import dataclass

import anyio.to_thread
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from sqlalchemy import func, select
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.access import Identity, Permission
from app.settings import Settings
from app.web import paths
from app.web.identity import IDENTITY
from app.web.model_metrics import ModelMetrics
from app.web.origin import from_this_machine
from app.web.problems import problem
from app.web.sockets import OpenSockets
from data_access.errors import DataError
from data_access.snapshots.store import SnapshotStore
from data_access.state.engine import StateDatabase, utc_now
from data_access.state.tables import JobNote

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
REQUESTS = Counter(
    "shopsight_requests_total",
    "Requests answered.",
    ("method", "kind", "status"),
    registry=REGISTRY,
)
LATENCY = Histogram(
    "shopsight_request_seconds",
    "Time until a request was answered.",
    ("kind",),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
    registry=REGISTRY,
)
LOGINS = Counter(
    "shopsight_logins_total", "Logins: let_in, refused, locked.", ("result",), registry=REGISTRY
)
SOCKETS = Gauge("shopsight_open_sockets", "Pages open now.", registry=REGISTRY)
JOBS = Gauge("shopsight_jobs", "Jobs by state.", ("state",), registry=REGISTRY)
QUEUE = Gauge("shopsight_job_queue_length", "Jobs that wait for a worker.", registry=REGISTRY)
SNAPSHOT = Gauge("shopsight_snapshot_number", "Newest snapshot; 0: none.", registry=REGISTRY)
SNAPSHOT_AGE = Gauge(
    "shopsight_snapshot_age_seconds", "Time since the newest snapshot was made.", registry=REGISTRY
)
REVISION = Gauge("shopsight_state_revision", "Decisions taken so far.", registry=REGISTRY)
JOB_STATES = ("queued", "running", "done", "failed", "cancelled")


@dataclass(frozen=True)
class Metrics:
    settings: Settings
    state: StateDatabase
    store: SnapshotStore
    open_sockets: OpenSockets

    def routes(self) -> list[Route]:
        return [Route(paths.METRICS, self.show, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        """For this machine, for admins, and for programs with an admin's key."""
        identity: Identity | None = request.scope.get(IDENTITY)
        allowed = identity is not None and identity.may(Permission.read_metrics)
        if not allowed and not from_this_machine(request.scope, "127.0.0.1"):
            return problem(
                403,
                "Metrics are for admins.",
                remedy="Send an admin's API key as Authorization: Bearer KEY.",
            )
        told = await anyio.to_thread.run_sync(self._told)
        return Response(told, media_type=CONTENT_TYPE_LATEST)

    def _told(self) -> bytes:
        """What this process counted, and what the app database knows of all of them."""
        self._look()
        models = CollectorRegistry()
        models.register(ModelMetrics(self.state))
        return generate_latest(REGISTRY) + generate_latest(models)

    def _look(self) -> None:
        SOCKETS.set(len(self.open_sockets))
        try:
            with self.state.read() as session:
                rows = session.execute(select(JobNote.state, func.count()).group_by(JobNote.state))
                counted = {row[0]: row[1] for row in rows}
            REVISION.set(self.state.revision())
            newest = self.store.newest()
        except (DataError, OSError):
            return  # the rest is still worth showing; /readyz says what is wrong
        for state in JOB_STATES:
            JOBS.labels(state).set(counted.get(state, 0))
        QUEUE.set(counted.get("queued", 0))
        SNAPSHOT.set(newest.number if newest else 0)
        if newest:
            SNAPSHOT_AGE.set((utc_now() - newest.created_at).total_seconds())
