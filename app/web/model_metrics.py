"""Metrics of models: what all processes counted, read from the app database at each scrape."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.registry import Collector
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.services.serving.uses import flush_state
from data_access.errors import DataError
from data_access.state import drift, model_uses, served
from data_access.state.engine import StateDatabase
from data_access.state.tables import JobNote

BY_VERSION = ("model", "version")
TRAININGS = ("train", "retrain", "search")
LOOKED_AT = 100
"""Finished trainings among which the newest of each capability is looked for."""


class ModelMetrics(Collector):
    """Read anew for each scrape; what cannot be read is left out."""

    def __init__(self, state: StateDatabase) -> None:
        self._state = state

    def collect(self) -> Iterable[Metric]:
        try:
            flush_state(self._state)  # so that this process's own counts are not seconds behind
            with self._state.read() as session:
                return [*_uses(session), _drift(session), _trainings(session), _instead(session)]
        except DataError:
            return []  # the rest is still worth showing; /readyz says what is wrong


def _uses(session: Session) -> list[Metric]:
    told = CounterMetricFamily(
        "ml_model_predictions", "Predictions given, by model and version.", labels=BY_VERSION
    )
    latency = SummaryMetricFamily(
        "ml_model_latency_seconds", "Time that a model took to answer a call.", labels=BY_VERSION
    )
    slowest = GaugeMetricFamily(
        "ml_model_slowest_seconds", "The slowest call there ever was.", labels=BY_VERSION
    )
    errors = CounterMetricFamily(
        "ml_model_errors", "Calls that failed, by model and version.", labels=BY_VERSION
    )
    memory = GaugeMetricFamily(
        "ml_model_peak_memory_bytes", "Memory of the process that answered.", labels=BY_VERSION
    )
    for one in model_uses.uses_in_all(session):
        labels = [one.capability, str(one.model_version)]
        told.add_metric(labels, one.predictions)
        latency.add_metric(labels, count_value=one.calls, sum_value=one.seconds)
        slowest.add_metric(labels, one.slowest)
        errors.add_metric(labels, one.errors)
        if one.peak_mb is not None:
            memory.add_metric(labels, one.peak_mb * 2**20)
    return [told, latency, slowest, errors, memory]


def _drift(session: Session) -> Metric:
    found = GaugeMetricFamily(
        "ml_model_drift_score",
        "The worst input's drift over its bound; above 1 is an alarm.",
        labels=BY_VERSION,
    )
    for capability, row in sorted(drift.newest_checks(session).items()):
        found.add_metric([capability, str(row.model_version)], row.score)
    return found


def _trainings(session: Session) -> Metric:
    found = GaugeMetricFamily(
        "ml_training_duration_seconds", "How long the newest training took.", labels=("model",)
    )
    rows = session.execute(
        select(JobNote.parameters, JobNote.started_at, JobNote.ended_at)
        .where(JobNote.kind.in_(TRAININGS), JobNote.state == "done")
        .order_by(JobNote.asked_at.desc())
        .limit(LOOKED_AT)
    )
    seen: set[str] = set()
    for parameters, started_at, ended_at in rows:
        capability = str((parameters or {}).get("capability", ""))
        if not capability or capability in seen or started_at is None or ended_at is None:
            continue
        seen.add(capability)
        found.add_metric([capability], (ended_at - started_at).total_seconds())
    return found


def _instead(session: Session) -> Metric:
    found = GaugeMetricFamily(
        "ml_champion_refused",
        "1 where a champion's files are refused and something else answers.",
        labels=BY_VERSION,
    )
    for key, row in served.list_instead(session).items():
        found.add_metric([key, str(row.champion)], 1)
    return found
