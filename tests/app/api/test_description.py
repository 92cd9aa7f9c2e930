"""What the fuzz has taught: how refusals, instants and what cannot be kept are described."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime

import httpx
import pytest
from starlette.applications import Starlette

from app.access import Role
from app.context import Desk
from app.services import model_facts
from data_access.shop.engines import make_engine
from data_access.state.engine import StateUnreachableError
from tests.app.api.caller import Program
from tests.app.api.conftest import Caller
from tests.factories.shop import ShopFactory
from tests.factories.stored_versions import lay

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def version(desk: Desk) -> Iterator[None]:
    ShopFactory(make_engine(desk.settings.shop_url)).engine.dispose()
    lay(desk, "forecasting", 1)
    yield
    desk.jobs.close()


def test_every_operation_describes_its_refusals_by_one_model(call: Caller) -> None:
    told = call(Role.manager).get("/api/openapi.json").json()
    assert set(told["components"]["schemas"]["Problem"]["required"]) >= {"detail", "remedy"}
    assert told["security"] == [{"bearer": []}, {"key": []}]
    assert "HTTPValidationError" not in str(told)
    for path, operations in told["paths"].items():
        for method, operation in operations.items():
            refusals = {
                status: answer["content"]
                for status, answer in operation["responses"].items()
                if int(status) >= 400
            }
            assert {"400", "401", "403", "413", "422", "500", "503"} <= set(refusals)
            assert (method, "409" in refusals) != ("get", True), path
            model = {"schema": {"$ref": "#/components/schemas/Problem"}}
            for content in refusals.values():
                assert content == {"application/problem+json": model}, path


@pytest.mark.usefixtures("version")
def test_instants_say_that_they_are_utc(call: Caller) -> None:
    admin = call(Role.admin)
    for told in (
        admin.get("/api/keys").json()[0],
        admin.get("/api/models/forecasting/1").json(),
        admin.post("/api/users", json={"name": "ada", "role": "manager"}).json()["user"],
    ):
        assert told["created_at"].endswith("Z")
        assert datetime.fromisoformat(told["created_at"]).utcoffset() is not None


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/api/users/{}/role", '{"role": "admin"}'),
        ("PUT", "/api/users/1/role", '{{"role": "admin", "version": {}}}'),
        ("POST", "/api/users/{}/password", None),
        ("POST", "/api/users/{}/deactivate", None),
        ("POST", "/api/users/{}/activate", None),
        ("DELETE", "/api/users/{}/sessions", None),
        ("DELETE", "/api/keys/{}", None),
        ("POST", "/api/fraud/cases/{}/answer", '{"text": "yes"}'),
        ("PATCH", "/api/models/forecasting/1", '{{"note": "x", "note_row": {}}}'),
        ("PATCH", "/api/models/forecasting", '{{"promotes": true, "switch_row": {}}}'),
        ("POST", "/api/models/forecasting/1/activate", '{{"champion_row": {}}}'),
    ],
)
@pytest.mark.usefixtures("version")
def test_a_number_that_no_row_can_have_is_refused(
    call: Caller, method: str, path: str, body: str | None
) -> None:
    admin = call(Role.admin)
    for number in (-1, 2**31, 2**63, 10**30):
        content = body.format(number) if body and "{}" in body else body
        answer = admin.request(method, path.format(number), content=content, headers=JSON)
        assert answer.status_code == 422, answer.text
        assert answer.json()["remedy"]


@pytest.mark.parametrize("sign", [r"\u0000", r"\ud800"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/users", '{"name": "a…b", "role": "manager"}'),
        ("POST", "/api/users", '{"name": "ab", "role": "manager", "…": 1}'),
        ("POST", "/api/keys", '{"name": "a…b", "role": "manager"}'),
        ("POST", "/api/fraud/score", '{"order_ids": ["a…b"]}'),
        ("POST", "/api/fraud/score", '{"orders": [{"order_id": "a…", "amount": 1}]}'),
        ("POST", "/api/fraud/cases/1/answer", '{"text": "a…b"}'),
        ("POST", "/api/models/forecasting/deactivate", '{"reason": "a…b"}'),
        ("PATCH", "/api/models/forecasting/1", '{"note": "a…b", "note_row": 0}'),
        ("POST", "/api/training-jobs", '{"capability": "forecasting", "why": "a…b"}'),
    ],
)
@pytest.mark.usefixtures("version")
def test_a_text_that_not_every_database_keeps_is_refused(
    desk: Desk, call: Caller, method: str, path: str, body: str, sign: str
) -> None:
    admin = call(Role.admin)
    before = desk.state.revision()
    answer = admin.request(method, path, content=body.replace("…", sign), headers=JSON)
    assert answer.status_code == 422, answer.text
    assert answer.json()["remedy"]
    assert desk.state.revision() == before


@pytest.mark.parametrize("number", ["NaN", "1e400", "-1e400", "9" * 400])
@pytest.mark.usefixtures("version")
def test_a_number_without_end_is_no_parameter_of_a_training(call: Caller, number: str) -> None:
    body = (
        '{"capability": "forecasting", "candidate": "recent_mean",'
        f' "parameters": {{"horizon_weeks": {number}}}}}'
    )
    answer = call(Role.admin).post("/api/models", content=body, headers=JSON)
    assert answer.status_code == 422
    assert "cannot be used" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/api/me%0A", "/api/models/a%0Ab", "/api/users/%00/password"])
def test_an_address_with_a_line_break_is_refused_in_words(
    anybody: Program, call: Caller, path: str
) -> None:
    answer = call(Role.admin).get(path)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert anybody.get(path).status_code == 401


def test_an_error_that_nobody_foresaw_is_told_as_a_problem(
    server: Starlette, call: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_desk: Desk) -> None:
        raise RuntimeError("secret of the house")

    monkeypatch.setattr(model_facts, "health", broken)
    caller = call(Role.manager)
    with pytest.raises(RuntimeError):  # it goes on to the log
        caller.get("/api/health")

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(server, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
            return await client.get("/api/health", headers=caller.headers)

    answer = asyncio.run(ask())
    assert (answer.status_code, answer.json()["title"]) == (500, "Internal Server Error")
    assert "X-Request-ID" in answer.json()["remedy"]
    assert "secret" not in answer.text


def test_a_database_that_does_not_answer_is_told_without_its_address(
    call: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_desk: Desk) -> None:
        raise StateUnreachableError("sqlite:////srv/app.db: disk I/O error", remedy="Look.")

    monkeypatch.setattr(model_facts, "health", away)
    answer = call(Role.manager).get("/api/health")
    assert answer.status_code == 503
    assert answer.json()["detail"] == "The app database does not answer."
    assert "sqlite" not in answer.text
