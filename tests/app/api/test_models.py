"""Models by program: roles, stale writes, repeats, refusals, and what is thrown at it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.access import Role
from app.api import models as api
from app.api.limits import Allowance
from app.context import Desk
from app.services import activation, switches
from app.services.snapshots import take_snapshot
from data_access.shop.engines import make_engine
from data_access.state import jobs as notes
from data_access.state.engine import utc_now
from data_access.state.model_tables import CapabilitySwitch, ModelHealth, VersionNote
from data_access.state.tables import AuditEntry, ChampionChange, JobNote
from tests.app.api.caller import Program
from tests.app.api.conftest import Caller
from tests.factories.shop import ShopFactory
from tests.factories.stored_versions import lay

pytestmark = pytest.mark.usefixtures("wednesday_morning")

AT = datetime(2026, 3, 2)
OTHERS = (Role.merchandiser, Role.fraud_analyst, Role.manager)


@pytest.fixture(autouse=True)
def versions(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Three versions of forecasting, the third of which lost; a shop; allowances of its own."""
    ShopFactory(make_engine(desk.settings.shop_url)).engine.dispose()
    for number in (1, 2, 3):
        lay(desk, "forecasting", number, beats=number < 3, created_at=AT + timedelta(number))
    for name in ("REQUESTS", "TRAININGS"):
        monkeypatch.setattr(api, name, Allowance(a_minute=60_000, at_once=60_000))
    monkeypatch.setattr("app.api.training_jobs.REQUESTS", Allowance(a_minute=6e4, at_once=6e4))
    monkeypatch.setattr("app.api.training_jobs.TRAININGS", Allowance(a_minute=6e4, at_once=6e4))
    yield
    desk.jobs.close()


@pytest.fixture
def snapshot(desk: Desk) -> None:
    shop = ShopFactory(make_engine(desk.settings.shop_url))
    shop.order(day="2026-03-01")
    shop.engine.dispose()
    take_snapshot(desk, full=True, now=AT, progress=lambda *_: None)


def counted(desk: Desk, table: Any) -> int:
    with desk.state.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def champion_row(caller: Program) -> int:
    rows = caller.get("/api/models").json()
    return int(next(one for one in rows if one["capability"] == "forecasting")["champion_row"])


def test_everybody_reads_who_decides_the_versions_and_their_figures(call: Caller) -> None:
    for role in Role:
        caller = call(role)
        forecasting, fraud = caller.get("/api/models").json()
        assert (forecasting["champion"], forecasting["versions"]) == (None, 3)
        assert fraud["versions"] == 0
        found = caller.get("/api/models/forecasting?limit=2").json()
        assert found["total"] == 3
        assert [one["number"] for one in found["versions"]] == [3, 2]
        one = caller.get("/api/models/forecasting/2").json()
        assert (one["status"], one["metrics"], one["note_row"]) == ("candidate", {"wape": 0.14}, 0)
        assert caller.get("/api/models/forecasting?status=champion").json()["total"] == 0


@pytest.mark.parametrize(
    "path",
    [
        "/api/models/weather",
        "/api/models/weather/1",
        "/api/models/forecasting/99",
        "/api/training-jobs/nothing",
        "/api/training-jobs?capability=weather",
    ],
)
def test_what_is_not_there_is_404_with_a_remedy(call: Caller, path: str) -> None:
    answer = call(Role.admin).get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["remedy"]


def test_a_version_is_activated_on_what_was_seen_and_a_stale_caller_is_told(
    desk: Desk, call: Caller
) -> None:
    caller = call(Role.merchandiser)
    row = champion_row(caller)
    path = "/api/models/forecasting/1/activate"
    done = caller.post(path, json={"champion_row": row})
    assert done.status_code == 200
    assert (done.json()["from_version"], done.json()["to_version"]) == (None, 1)
    stale = caller.post("/api/models/forecasting/2/activate", json={"champion_row": row})
    assert stale.status_code == 409
    assert "nothing was changed" in stale.json()["detail"]
    again = caller.post(path, json={"champion_row": champion_row(caller)})
    assert again.status_code == 409
    assert activation.champion(desk, "forecasting").version == 1
    assert counted(desk, ChampionChange) == 1


def test_a_version_that_lost_needs_a_reason(desk: Desk, call: Caller) -> None:
    caller = call(Role.admin)
    path, row = "/api/models/forecasting/3/activate", champion_row(caller)
    refused = caller.post(path, json={"champion_row": row})
    assert refused.status_code == 422
    assert "did not beat" in refused.json()["detail"]
    told = caller.post(path, json={"champion_row": row, "reason": "We try it"})
    assert (told.status_code, told.json()["passed_check"]) == (200, False)


def test_a_note_a_threshold_and_a_switch_are_set_and_stale_ones_refused(
    desk: Desk, call: Caller
) -> None:
    caller = call(Role.admin)
    note = {"note": "Best of spring", "note_row": 0}
    assert caller.request("PATCH", "/api/models/forecasting/2", json=note).json()["note_row"] == 1
    assert caller.request("PATCH", "/api/models/forecasting/2", json=note).status_code == 409
    limit = {"confidence": 0.6, "switch_row": 0}
    changed = caller.request("PATCH", "/api/models/fraud", json=limit).json()
    assert (changed["confidence"], changed["promotes"]) == (0.6, False)
    assert caller.request("PATCH", "/api/models/fraud", json=limit).status_code == 409
    both = {"confidence": None, "promotes": True, "switch_row": changed["switch_row"]}
    changed = caller.request("PATCH", "/api/models/fraud", json=both).json()
    assert (changed["confidence"], changed["promotes"]) == (None, True)
    for wrong in (0, 1.5, -1):
        body = {"confidence": wrong, "switch_row": changed["switch_row"]}
        assert caller.request("PATCH", "/api/models/fraud", json=body).status_code == 422


def test_a_capability_is_switched_off_with_a_reason_and_on_again(desk: Desk, call: Caller) -> None:
    caller = call(Role.admin)
    path = "/api/models/forecasting"
    assert caller.post(f"{path}/deactivate", json={}).status_code == 422
    done = caller.post(f"{path}/deactivate", json={"reason": "Wrong since Monday"})
    assert done.status_code == 200
    assert switches.switch(desk, "forecasting").active is False
    refused = caller.post(f"{path}/1/activate", json={"champion_row": champion_row(caller)})
    assert refused.status_code == 422
    assert caller.post(f"{path}/activate", json={}).status_code == 200
    assert switches.switch(desk, "forecasting").active is True


def test_a_version_is_deleted_unless_something_needs_it(desk: Desk, call: Caller) -> None:
    caller = call(Role.admin)
    caller.post("/api/models/forecasting/1/activate", json={"champion_row": 0})
    refused = caller.delete("/api/models/forecasting/1")
    assert refused.status_code == 409
    assert "it decides now" in refused.json()["detail"]
    assert caller.delete("/api/models/forecasting/2?reason=old").status_code == 200
    assert caller.get("/api/models/forecasting/2").status_code == 404


@pytest.mark.usefixtures("snapshot")
def test_a_training_is_asked_for_once_however_often_it_is_sent(desk: Desk, call: Caller) -> None:
    caller = call(Role.merchandiser)
    body = {
        "capability": "forecasting",
        "candidate": "recent_mean",
        "parameters": {"horizon_weeks": 8},
    }
    key = {"Idempotency-Key": "monday-1"}
    first = caller.post("/api/models", json=body, headers=key)
    assert first.status_code == 202
    job = first.json()["job_id"]
    assert first.headers["location"] == f"/api/training-jobs/{job}"
    again = caller.post("/api/models", json=body, headers=key)
    assert again.json() == {"job_id": job, "before": True}
    assert counted(desk, JobNote) == 1
    other = {**body, "parameters": {"horizon_weeks": 4}}
    assert caller.post("/api/models", json=other, headers=key).status_code == 409
    found = caller.get(f"/api/training-jobs/{job}").json()
    assert (found["kind"], found["asked_by"], found["state"]) == (
        "train",
        "key:merchandiser program",
        "queued",
    )
    assert found["lines"] == []
    assert caller.get("/api/training-jobs?state=open").json()["total"] == 1
    assert caller.post(f"/api/training-jobs/{job}/cancel").json()["state"] == "cancelled"
    assert caller.post(f"/api/training-jobs/{job}/cancel").status_code == 409


@pytest.mark.usefixtures("snapshot")
def test_what_cannot_be_trained_is_refused_and_starts_nothing(desk: Desk, call: Caller) -> None:
    caller = call(Role.admin)
    for body, status in (
        ({"capability": "weather", "candidate": "x"}, 404),
        ({"capability": "forecasting", "candidate": "oracle"}, 422),
        (
            {"capability": "forecasting", "candidate": "lightgbm", "parameters": {"rounds": 1}},
            422,
        ),
        ({"capability": "forecasting"}, 422),
        (
            {
                "capability": "forecasting",
                "candidate": "recent_mean",
                "scope": {"level": "product", "series_id": "nothing"},
            },
            422,
        ),
    ):
        answer = caller.post("/api/models", json=body)
        assert answer.status_code == status, answer.text
        assert answer.json()["remedy"]
    wrong = {"Idempotency-Key": "with spaces"}
    body = {"capability": "forecasting", "candidate": "recent_mean"}
    assert caller.post("/api/models", json=body, headers=wrong).status_code == 422
    assert counted(desk, JobNote) == 0


@pytest.mark.usefixtures("snapshot")
def test_without_candidates_what_suits_the_shop_is_trained(call: Caller) -> None:
    answer = call(Role.admin).post("/api/training-jobs", json={"capability": "forecasting"})
    assert answer.status_code == 202
    job = call(Role.manager).get(answer.headers["location"]).json()
    assert len(job["parameters"]["candidates"]) > 1


def test_who_may_not_changes_nothing(desk: Desk, call: Caller) -> None:
    callers = {role: call(role) for role in OTHERS}
    before = desk.state.revision()
    for role, caller in callers.items():
        for method, path, body in (
            ("PATCH", "/api/models/forecasting/1", {"note": "x", "note_row": 0}),
            ("PATCH", "/api/models/fraud", {"confidence": 0.5, "switch_row": 0}),
            ("DELETE", "/api/models/forecasting/1", None),
            ("POST", "/api/models/forecasting/deactivate", {"reason": "x"}),
            ("POST", "/api/models/forecasting/activate", {}),
        ):
            answer = caller.request(method, path, json=body)
            assert answer.status_code == 403, (role, path, answer.text)
    for role in (Role.fraud_analyst, Role.manager):
        caller = callers[role]
        for path, body in (
            ("/api/models/forecasting/1/activate", {"champion_row": 0}),
            ("/api/training-jobs", {"capability": "forecasting"}),
        ):
            assert caller.post(path, json=body).status_code == 403, (role, path)
    assert desk.state.revision() == before


def test_somebody_else_s_training_is_cancelled_by_admins_only(desk: Desk, call: Caller) -> None:
    notes.note_queued(
        desk.state,
        job_id="hers",
        kind="train",
        title="x",
        asked_by="ada",
        asked_at=utc_now(),
        parameters={"capability": "forecasting"},
    )
    assert call(Role.merchandiser).post("/api/training-jobs/hers/cancel").status_code == 403


def test_health_says_the_state_of_each_model_and_of_the_worst(desk: Desk, call: Caller) -> None:
    assert call(Role.manager).get("/api/health").json()["state"] == "unknown"
    with desk.state.write() as session:
        for key, state in (("forecasting", "good"), ("fraud", "bad")):
            session.add(
                ModelHealth(
                    capability=key,
                    checked_at=AT,
                    state=state,
                    sentence="So it is.",
                    parts={"files": {"state": state}},
                )
            )
    told = call(Role.merchandiser).get("/api/health").json()
    assert told["state"] == "bad"
    assert [one["state"] for one in told["models"]] == ["good", "bad"]


def test_too_many_requests_are_told_when_to_come_again(
    call: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "REQUESTS", Allowance(a_minute=1, at_once=2))
    caller = call(Role.admin)
    assert [caller.get("/api/models").status_code for _ in range(3)] == [200, 200, 429]
    answer = caller.get("/api/models")
    assert int(answer.headers["retry-after"]) > 0


def test_the_description_names_every_way_with_examples(call: Caller) -> None:
    told = call(Role.manager).get("/api/openapi.json").json()
    assert {
        "/models",
        "/models/{capability}",
        "/models/{capability}/{number}",
        "/models/{capability}/{number}/activate",
        "/models/{capability}/deactivate",
        "/models/{capability}/activate",
        "/training-jobs",
        "/training-jobs/{job_id}/cancel",
        "/health",
    } <= set(told["paths"])
    schemas = told["components"]["schemas"]
    for name in ("TrainingAsked", "JobAsked", "NoteAsked", "LimitsAsked", "ActivationAsked"):
        assert schemas[name]["examples"], name


NASTY: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**30,
    1e308,
    "",
    "x" * 5_000,
    "../../etc/passwd",
    "'; drop table audit; --",
    "\x00",
    "<script>",
    [],
    {},
    {"a": {"b": []}},
)


def test_five_hundred_hostile_requests_are_refused_in_words_and_change_nothing(
    desk: Desk, call: Caller
) -> None:
    chance = random.Random(5)
    callers = [call(role) for role in Role]
    tables = (ChampionChange, CapabilitySwitch, VersionNote, JobNote)
    entries = counted(desk, AuditEntry)
    fields = ("note", "note_row", "champion_row", "reason", "confidence", "switch_row", "candidate")
    paths = (
        "/api/models",
        "/api/models/forecasting",
        "/api/models/forecasting/1",
        "/api/models/forecasting/0/activate",
        "/api/models/..%2f..%2fetc/1",
        "/api/models/forecasting/1e9/activate",
        "/api/models/weather/deactivate",
        "/api/training-jobs",
        "/api/training-jobs/%00/cancel",
        "/api/training-jobs?limit=-1",
    )
    for _ in range(500):
        body = {chance.choice(fields): chance.choice(NASTY), "nobody": chance.choice(NASTY)}
        answer = chance.choice(callers).request(
            chance.choice(["POST", "PATCH", "PUT"]),
            chance.choice(paths),
            content=json.dumps(chance.choice([body, chance.choice(NASTY)])),
            headers={"Content-Type": "application/json"},
        )
        assert 400 <= answer.status_code < 500, answer.text
        told = answer.json()
        assert told["detail"]
        assert told["remedy"]
        assert "Traceback" not in answer.text
    assert [counted(desk, table) for table in tables] == [0, 0, 0, 0]
    assert counted(desk, AuditEntry) == entries
