"""kill -9 at every named point of refresh, training and publication.

One job lives through all points of its kind, a new worker each time; after every death the state
is the one before or the one after, and in the end the job has ended once.
"""

from __future__ import annotations

import time

from sqlalchemy import select

from data_access.state.champions import get_champion
from data_access.state.tables import JobNote, Publication
from tests.factories.small_shop import sell

REFRESH_POINTS = (
    "job-started",
    "refresh-after-read",
    "refresh-after-parts",
    "refresh-after-derive",
    "snapshot-before-manifest",
    "snapshot-before-pointer",
    "snapshot-after-pointer",
    "job-worked",
    "job-concluded",
)
TRAIN_POINTS = (
    "train-evaluated",
    "train-fitted",
    "models-copied",
    "models-logged",
    "models-registered",
    "models-stored",
)
PUBLISHED = "snapshot-after-pointer"


def test_a_refresh_killed_at_every_point_publishes_one_snapshot_and_ends_once(scene):
    sell(scene.settings, orders=3)
    before = scene.desk.store.get(1).tables["orders"].rows
    job_id = scene.desk.jobs.start("refresh", {}, "ada")
    reached = False
    for point in REFRESH_POINTS:
        scene.dies(scene.worker(kill_at=point))
        reached = reached or point == PUBLISHED
        newest = scene.desk.store.newest()
        assert len(scene.desk.store.list()) == (2 if reached else 1), point
        assert newest.tables["orders"].rows == before + (3 if reached else 0)
        assert all(path.exists() for path in scene.desk.store.paths(newest, "orders"))

    worker = scene.worker()
    job = scene.ended(job_id)
    number = scene.desk.store.newest().number
    assert (job.state, job.result["snapshot"]) == ("done", number)
    published = scene.ended(f"publish-forecasting-0-{number}")
    assert published.state == "done", published
    assert [m.number for m in scene.desk.store.list()] == [number, 1]
    assert _publications(scene)[-1] == (None, number)
    assert _left_open(scene) == []
    assert scene.desk.jobs.get(job_id) == job
    scene.stop(worker)


def test_a_training_killed_at_every_point_stores_one_version_and_switches_nothing(scene):
    job_id = scene.desk.jobs.start(
        "train",
        {"capability": "forecasting", "candidate": "rule_of_thumb", "parameters": {}},
        "ada",
    )
    for point in TRAIN_POINTS:
        scene.dies(scene.worker(kill_at=point))
        stored = scene.desk.models.versions("forecasting")
        assert len(stored) == (1 if point == "models-stored" else 0), point

    worker = scene.worker()
    job = scene.ended(job_id)
    assert (job.state, job.result["version"]) == ("done", 1)
    versions = scene.desk.models.versions("forecasting")
    assert [(v.number, v.job_id, v.asked_by) for v in versions] == [(1, job_id, "ada")]
    assert scene.desk.models.files("forecasting", 1).exists()
    with scene.desk.state.read() as session:
        assert get_champion(session, "forecasting") is None
    scene.stop(worker)
    assert [f.name for f in (scene.settings.artifacts / "models" / "forecasting").iterdir()] == [
        job_id
    ]
    assert list(scene.desk.models._registry.numbers("forecasting").values()) == [1]


def test_a_publication_killed_between_file_and_row_is_there_once(scene):
    """By the real command, as an operator starts a worker."""
    scene.dies(scene.worker(kill_at="forecast-stored", cold=True))
    assert _publications(scene) == []

    worker = scene.worker(cold=True)
    assert scene.ended("publish-forecasting-0-1").state == "done"
    assert _publications(scene) == [(None, 1)]
    folders = list((scene.settings.artifacts / "forecasts").iterdir())
    assert len(folders) == 1
    scene.stop(worker)


def _publications(scene) -> list[tuple[int | None, int]]:
    with scene.desk.state.read() as session:
        rows = session.scalars(select(Publication).order_by(Publication.publication_id))
        return [(row.model_version, row.snapshot) for row in rows]


def _left_open(scene) -> list[str]:
    """Jobs that are done for staff but stay alive for DBOS."""
    deadline = time.monotonic() + 10.0  # DBOS hears of the end a moment later
    while True:
        with scene.desk.state.read() as session:
            done = set(session.scalars(select(JobNote.job_id).where(JobNote.state == "done")))
        found = scene.desk.jobs.dbos.list_workflows(status=["PENDING", "ENQUEUED"])
        left = [workflow.workflow_id for workflow in found if workflow.workflow_id in done]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.1)
