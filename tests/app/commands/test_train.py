"""``python -m app train``: what it asks for, and what it refuses in words."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from app.__main__ import cli
from app.context import get_desk, open_desk
from app.settings import get_settings
from tests.factories.small_shop import close, copy_home, lay_home

pytestmark = pytest.mark.usefixtures("wednesday_morning")


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    return lay_home(tmp_path_factory.mktemp("train") / "home")


@pytest.fixture
def desk(template, tmp_path, monkeypatch):
    settings = copy_home(template, tmp_path / "home")
    monkeypatch.setenv("SHOPSIGHT_HOME", str(settings.home))
    get_settings.cache_clear()
    get_desk.cache_clear()
    made = open_desk(settings)
    yield made
    close(made)
    get_settings.cache_clear()
    get_desk.cache_clear()


def call(*arguments: str):
    return CliRunner().invoke(cli, ["train", "forecasting", *arguments, "--no-wait"])


def test_it_asks_for_the_candidates_with_their_parameters_for_one_product(desk):
    found = call(
        "--candidate", "recent_mean", "--candidate", "lightgbm", "--product", "mug",
        "--param", "horizon_weeks=8", "--param", "lightgbm.rounds=40", "--json",
    )  # fmt: skip
    assert found.exit_code == 0, found.output
    told = json.loads(found.stdout)
    assert told["scope"] == {"level": "product", "series_id": "mug"}
    rows = {row["candidate"]: row["parameters"] for row in told["candidates"]}
    assert rows["recent_mean"] == {"horizon_weeks": 8}
    assert (rows["lightgbm"]["horizon_weeks"], rows["lightgbm"]["rounds"]) == (8, 40)
    job = desk.jobs.get(told["job"])
    assert (job.kind, job.asked_by) == ("train", "command line")


def test_without_a_candidate_it_takes_what_suits_the_size_of_the_shop(desk):
    told = json.loads(call("--category", "kitchen", "--json").stdout)
    assert "lightgbm" in [row["candidate"] for row in told["candidates"]]
    assert told["scope"] == {"level": "category", "series_id": "kitchen"}


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--product", "nonsense"), "There is no product nonsense"),
        (("--category", "nonsense"), "There is no category nonsense"),
        (("--product", "mug", "--category", "kitchen"), "Give one of them"),
        (("--candidate", "oracle"), "no candidate 'oracle'"),
        (("--candidate", "recent_mean", "--param", "rounds=3"), "has a parameter rounds"),
        (("--candidate", "lightgbm", "--param", "rounds"), "is not NAME=VALUE"),
        (("--candidate", "lightgbm", "--param", "rounds=1"), "Trees: 1 cannot be used"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence_with_a_remedy(arguments, said):
    found = call(*arguments)
    assert found.exit_code == 1
    assert said in found.stderr
    assert "Traceback" not in found.output
