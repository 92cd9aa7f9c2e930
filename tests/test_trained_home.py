"""The trained home that journeys copy holds what they need."""

from __future__ import annotations

import pytest

from app.context import open_desk
from app.services import forecasting, serving
from app.settings import Settings
from tests.factories.small_shop import close
from tests.factories.trained_home import copy_trained_home


@pytest.fixture
def desk(tmp_path):
    made = open_desk(Settings(_env_file=None, home=copy_trained_home(tmp_path / "home")))
    yield made
    close(made)


def test_each_capability_has_versions_and_one_decides_forecasts(desk):
    for capability in ("forecasting", "fraud"):
        assert desk.models.versions(capability)
    decides = serving.standing(desk, "forecasting").version
    published = forecasting.newest(desk)
    assert published.model_version == decides


def test_no_job_failed_and_none_is_at_work_about_models(desk):
    assert desk.jobs.list(states=("failed",), with_quiet=True) == []
    assert desk.jobs.list(kinds=("train", "first_models", "publish"), states=("running",)) == []
