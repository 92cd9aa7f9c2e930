"""``python -m app models``, ``jobs``, ``drift``: what they say, what they change, how they end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.__main__ import cli
from app.context import Desk, get_desk, open_desk
from app.services import activation, switches
from app.settings import get_settings
from data_access.shop.engines import make_engine
from data_access.state import jobs as notes
from data_access.state.model_tables import DriftCheck, ModelHealth
from tests.factories.app_database import lay_app_database
from tests.factories.shop import ShopFactory
from tests.factories.stored_versions import lay

AT = datetime(2026, 3, 2)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A home with three versions of forecasting, the third of which lost to the rule of thumb."""
    home = tmp_path / "home"
    home.mkdir()
    lay_app_database(home)
    monkeypatch.setenv("SHOPSIGHT_HOME", str(home))
    get_settings.cache_clear()
    get_desk.cache_clear()
    made = open_desk(get_settings())
    ShopFactory(make_engine(made.settings.shop_url)).engine.dispose()
    for number in (1, 2, 3):
        lay(
            made,
            "forecasting",
            number,
            beats=number < 3,
            created_at=AT + timedelta(hours=number),
        )
    yield made
    made.jobs.close()
    made.state.close()
    get_settings.cache_clear()
    get_desk.cache_clear()


def call(*arguments: str) -> Any:
    return CliRunner().invoke(cli, list(arguments))


def told(*arguments: str) -> Any:
    found = call(*arguments, "--json")
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)


@pytest.mark.usefixtures("desk")
def test_versions_are_listed_and_shown_for_people_and_for_programs() -> None:
    forecasting, fraud = told("models", "list")
    assert forecasting["capability"]["champion"] is None
    assert [one["number"] for one in forecasting["versions"]] == [3, 2, 1]
    assert fraud["versions"] == []
    one = told("models", "show", "forecasting", "2")
    assert (one["status"], one["as_of"], one["beats_baseline"]) == ("candidate", "2026-02-28", True)
    assert "the rule of thumb decides, 3 versions" in call("models", "list").stdout
    assert "version 2: candidate" in call("models", "show", "forecasting", "2").stdout
    assert told("models", "list", "forecasting", "--status", "champion")[0]["versions"] == []


def test_a_version_is_promoted_and_rolled_back(desk: Desk) -> None:
    assert call("models", "promote", "forecasting", "1").exit_code == 0
    done = told("models", "promote", "forecasting", "2")
    assert (done["from_version"], done["to_version"], done["by"]) == (1, 2, "command line")
    assert told("models", "list", "forecasting", "--status", "champion")[0]["versions"][0][
        "decides"
    ] == ["forecasting"]
    assert told("models", "rollback", "forecasting")["to_version"] == 1
    assert activation.champion(desk, "forecasting").version == 1


def test_a_version_that_lost_needs_a_reason(desk: Desk) -> None:
    refused = call("models", "promote", "forecasting", "3")
    assert refused.exit_code == 1
    assert "did not beat the rule of thumb" in refused.stderr
    assert call("models", "promote", "forecasting", "3", "--reason", "We try it").exit_code == 0
    assert activation.champion(desk, "forecasting").version == 3


def test_who_was_slower_is_told_by_the_exit_status(desk: Desk) -> None:
    row = told("models", "list", "forecasting")[0]["capability"]["champion_row"]
    assert call("models", "promote", "forecasting", "1").exit_code == 0
    late = call("models", "promote", "forecasting", "2", "--expected", str(row))
    assert late.exit_code == 4
    assert "command line let version 1 decide" in late.stderr
    assert call("models", "promote", "forecasting", "1").exit_code == 4
    assert activation.champion(desk, "forecasting").version == 1


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize(
    "arguments",
    [
        ("models", "show", "forecasting", "99"),
        ("models", "show", "weather", "1"),
        ("models", "list", "weather"),
        ("models", "compare", "forecasting", "1", "99"),
        ("models", "promote", "forecasting", "99"),
        ("models", "rollback", "forecasting"),
        ("models", "rollback", "weather"),
        ("models", "deactivate", "weather", "--reason", "x"),
        ("models", "delete", "forecasting", "99"),
        ("models", "note", "forecasting", "99", "x"),
        ("drift", "weather"),
        ("train", "weather"),
        ("jobs", "show", "nothing"),
        ("jobs", "cancel", "nothing"),
        ("jobs", "retry", "nothing"),
    ],
)
def test_what_is_not_there_ends_with_three(arguments: tuple[str, ...]) -> None:
    found = call(*arguments)
    assert found.exit_code == 3, found.output
    assert found.stderr.startswith("Shopsight: ")
    assert "Traceback" not in found.output


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize(
    "arguments",
    [
        ("models", "show", "forecasting"),
        ("models", "show", "forecasting", "first"),
        ("models", "show", "forecasting", "0"),
        ("models", "deactivate", "forecasting"),
        ("models", "paint"),
        ("jobs", "list", "--state", "sleeping"),
        ("train", "--param", "rounds=3"),
    ],
)
def test_what_cannot_be_read_ends_with_two(arguments: tuple[str, ...]) -> None:
    assert call(*arguments).exit_code == 2


def test_two_versions_are_compared_and_one_is_not(desk: Desk) -> None:
    found = told("models", "compare", "forecasting", "1", "2")
    assert [one["number"] for one in found["versions"]] == [1, 2]
    assert found["primary"] == "wape"
    assert found["sentence"]
    assert "version 1" in call("models", "compare", "forecasting", "1", "2").stdout
    assert call("models", "compare", "forecasting", "1").exit_code == 1


def test_a_capability_is_switched_off_and_on(desk: Desk) -> None:
    call("models", "promote", "forecasting", "1")
    off = call("models", "deactivate", "forecasting", "--reason", "Wrong lately")
    assert off.exit_code == 0
    assert switches.switch(desk, "forecasting").active is False
    assert told("models", "list", "forecasting")[0]["capability"]["active"] is False
    assert call("models", "promote", "forecasting", "2").exit_code == 1
    assert call("models", "activate", "forecasting").exit_code == 0
    assert activation.champion(desk, "forecasting").version == 1


def test_a_version_is_noted_and_deleted_unless_it_decides(desk: Desk) -> None:
    assert call("models", "note", "forecasting", "2", "Best of spring").exit_code == 0
    assert told("models", "show", "forecasting", "2")["note"] == "Best of spring"
    call("models", "promote", "forecasting", "1")
    refused = call("models", "delete", "forecasting", "1")
    assert refused.exit_code == 1
    assert "it decides now" in refused.stderr
    assert call("models", "delete", "forecasting", "2").exit_code == 0
    assert [one.number for one in desk.models.versions("forecasting")] == [3, 1]


def test_an_alarm_and_a_sick_model_end_with_five(desk: Desk) -> None:
    assert call("drift").exit_code == 0
    assert "Nobody has looked yet" in call("drift").stdout
    assert told("models", "health")[0]["state"] == "unknown"
    with desk.state.write() as session:
        session.add(
            DriftCheck(
                capability="fraud",
                model_version=1,
                snapshot=1,
                day=AT.date(),
                checked_at=AT,
                score=1.7,
                alarm=True,
                sentence="The amount has moved.",
                rows={"inputs": [{"input": "amount"}]},
            )
        )
        session.add(
            ModelHealth(capability="fraud", checked_at=AT, state="bad", sentence="Drift.", parts={})
        )
    found = call("drift", "--json")
    assert found.exit_code == 5
    row = next(one for one in json.loads(found.stdout) if one["capability"] == "fraud")
    assert (row["alarm"], row["score"], row["inputs"]) == (True, 1.7, [{"input": "amount"}])
    assert call("drift", "forecasting").exit_code == 0
    assert call("models", "health").exit_code == 5


def test_jobs_are_listed_by_state_and_kind(desk: Desk) -> None:
    for name, kind, ends in (
        ("a", "train", "done"),
        ("b", "refresh", "failed"),
        ("c", "train", ""),
    ):
        notes.note_queued(
            desk.state,
            job_id=name,
            kind=kind,
            title=name,
            asked_by="ada",
            asked_at=AT,
            parameters={},
        )
        if ends:
            notes.note_ended(
                desk.state,
                name,
                state="done" if ends == "done" else "failed",
                outcome="Ended.",
                at=AT,
            )
    assert [one["job_id"] for one in told("jobs", "list", "--kind", "train")] == ["a", "c"]
    assert [one["job_id"] for one in told("jobs", "list", "--state", "failed")] == ["b"]
    assert told("jobs", "show", "a")["lines"] == []
    assert call("jobs", "cancel", "a").exit_code == 4
    assert call("jobs", "retry", "c").exit_code == 1
