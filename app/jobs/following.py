"""What follows from what: a new snapshot or a new champion asks for a new publication.

Every job that follows has an id made from what it follows, so asking twice starts it once. The
worker asks again whenever it starts and now and then (`app.jobs.worker`), for whatever a crash
left unasked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from app.jobs.kinds import Json
from data_access.scope import Scope
from data_access.snapshots.store import SnapshotStore
from data_access.state.champions import get_champion, last_change
from data_access.state.engine import utc_now
from data_access.state.experiments import running_experiment
from data_access.state.publications import newest_publication
from data_access.state.served import answering
from data_access.state.tables import Publication

if TYPE_CHECKING:
    from app.jobs.client import JobClient
    from app.jobs.running import Runner
    from app.settings import Settings
    from data_access.state.engine import StateDatabase

PUBLISHING = ("forecasting",)
"""Capabilities whose results are stored; each has a job of kind "publish"."""

LOGGED = "fraud"
"""A capability whose results are stored as they come; on each snapshot they are logged."""

FIRST_MODELS_ID = "first-models"

CALM = timedelta(minutes=2)
"""Between a publication and another one of the same champion and data."""


def follow(kind: str, result: Json, runner: Runner, client: JobClient) -> None:
    """Ask for what follows from a job that ended well."""
    if kind in ("refresh", "train", "search", "retrain", "first_models"):
        ask_for_publications(client, runner.state, runner.settings)
    if kind == "refresh":
        ask_for_first_models(client, runner.settings)


def ask_for_publications(client: JobClient, state: StateDatabase, settings: Settings) -> list[str]:
    """Ask for a publication of each capability whose newest one is not of today's champion and
    snapshot; returns the ids of the jobs.
    """
    newest = SnapshotStore(settings.artifacts / "snapshots").newest()
    if newest is None or "publish" not in client.kinds:
        return []
    asked = []
    for capability in PUBLISHING:
        with state.read() as session:
            version, scoped = answering(session, capability)
            test = running_experiment(session, capability)
            published = newest_publication(session, capability)
            change = last_change(session, capability)
        if (
            published is not None
            and published.snapshot == newest.number
            and published.model_version == version
            and published.summary.get("scoped", {}) == versions_by_key(capability, scoped)
            and _experiment(published) == (test.experiment_id if test else None)
        ):
            continue
        job_id = f"publish-{capability}-{change}-{newest.number}"
        if published is not None and client.get(job_id) is not None:
            # Neither another champion nor new data, and yet another answer: an experiment began
            # or ended, or files were refused or mended. Asked once for each publication.
            if abs(utc_now() - published.created_at) < CALM:
                continue
            job_id += f"-{published.publication_id}"
        if client.get(job_id) is None:
            asked.append(
                client.start("publish", {"capability": capability}, "worker", job_id=job_id)
            )
    with state.read() as session:
        decides = get_champion(session, LOGGED)
        change = last_change(session, LOGGED)
    if decides is not None and decides.model_version is not None:
        job_id = f"publish-{LOGGED}-{change}-{newest.number}"
        if client.get(job_id) is None:
            asked.append(client.start("publish", {"capability": LOGGED}, "worker", job_id=job_id))
    return asked


def versions_by_key(capability: str, scoped: Mapping[Scope, int]) -> dict[str, int]:
    """Who answers for which category or product, as a publication remembers it."""
    return {scope.key(capability): number for scope, number in scoped.items()}


def _experiment(published: Publication) -> int | None:
    """Number of the experiment that a publication carried out."""
    kept = published.summary.get("experiment")
    return int(kept["id"]) if kept else None


def ask_for_first_models(client: JobClient, settings: Settings) -> None:
    """Once in the life of a home: train the first models as soon as there is a snapshot."""
    if "first_models" not in client.kinds or client.get(FIRST_MODELS_ID) is not None:
        return
    if SnapshotStore(settings.artifacts / "snapshots").newest() is not None:
        client.start("first_models", {}, "first start", job_id=FIRST_MODELS_ID)
