"""The same on PostgreSQL: jobs, models and decisions in one database, killed in between."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.access import Identity, Role
from app.context import open_desk
from app.services.activation import activate, champion
from data_access.state.tables import Publication
from tests.factories.postgres import fresh_database
from tests.factories.small_shop import make_home, utc_now
from tests.kills.conftest import pause_schedules, played, without_first_models


@pytest.fixture
def scene(tmp_path):
    with fresh_database("jobs_kills") as url:
        settings = make_home(tmp_path / "home", app_url=url, now=utc_now())
        without_first_models(settings)
        pause_schedules(settings)
        yield from played(settings)


def test_a_training_killed_while_registering_and_its_activation_end_once(scene):
    parameters = {"capability": "forecasting", "candidate": "rule_of_thumb", "parameters": {}}
    job_id = scene.desk.jobs.start("train", parameters, "ada")
    scene.dies(scene.worker(kill_at="models-registered", cold=True))
    assert scene.desk.models.versions("forecasting") == []

    worker = scene.worker()
    assert scene.ended(job_id).state == "done"
    assert [v.job_id for v in scene.desk.models.versions("forecasting")] == [job_id]

    person = Identity(name="ada", role=Role.merchandiser)
    desk = open_desk(scene.settings)
    activate(desk, person, "forecasting", 1, 0, "We want to try it for a while")
    desk.jobs.close()
    desk.state.close()
    assert scene.ended("publish-forecasting-1-1").state == "done"
    scene.settled()
    scene.stop(worker)
    assert champion(scene.desk, "forecasting").version == 1
    assert scene.desk.models._registry.aliased("forecasting") == 1
    with scene.desk.state.read() as session:
        newest = session.scalars(
            select(Publication).order_by(Publication.publication_id.desc())
        ).first()
    assert (newest.model_version, newest.snapshot) == (1, 1)
