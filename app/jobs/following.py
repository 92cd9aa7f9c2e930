"""What follows from what: a new snapshot or a new champion asks for a new publication.

Every job that follows has an id made from what it follows, so asking twice starts it once. The
worker asks again whenever it starts and now and then (`app.jobs.worker`), for whatever a crash
left unasked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.jobs.kinds import Json
from data_access.snapshots.store import SnapshotStore
from data_access.state.champions import get_champion
from data_access.state.publications import newest_publication

if TYPE_CHECKING:
    from app.jobs.client import JobClient
    from app.jobs.running import Runner
    from app.settings import Settings
    from data_access.state.engine import StateDatabase

PUBLISHING = ("forecasting",)
"""Capabilities whose results are stored; each has a job of kind "publish"."""

FIRST_MODELS_ID = "first-models"


def follow(kind: str, result: Json, runner: Runner, client: JobClient) -> None:
    """Ask for what follows from a job that ended well."""
    if kind in ("refresh", "train", "first_models"):
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
            champion = get_champion(session, capability)
            published = newest_publication(session, capability)
        version = champion.model_version if champion else None
        if (
            published is not None
            and published.snapshot == newest.number
            and published.model_version == version
        ):
            continue
        change = champion.version if champion else 0
        job_id = f"publish-{capability}-{change}-{newest.number}"
        if client.get(job_id) is None:
            asked.append(
                client.start("publish", {"capability": capability}, "worker", job_id=job_id)
            )
    return asked


def ask_for_first_models(client: JobClient, settings: Settings) -> None:
    """Once in the life of a home: train the first models as soon as there is a snapshot."""
    if "first_models" not in client.kinds or client.get(FIRST_MODELS_ID) is not None:
        return
    if SnapshotStore(settings.artifacts / "snapshots").newest() is not None:
        client.start("first_models", {}, "first start", job_id=FIRST_MODELS_ID)
