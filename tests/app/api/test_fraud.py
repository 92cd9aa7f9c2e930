"""Fraud review by program: scores, cases, answers; roles, sizes, and what is thrown at it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import func, select

from app.access import Role
from app.api import fraud as api
from app.api.fraud_orders import RawOrder
from app.api.limits import Allowance
from app.context import Desk
from app.services.fraud import deciding
from app.services.snapshots import take_snapshot
from data_access.shop.engines import make_engine
from data_access.state.engine import utc_now
from data_access.state.fraud_tables import FraudCase, FraudDecision, FraudNote, FraudScore
from tests.app.api.caller import Program
from tests.app.api.conftest import Caller
from tests.factories.fraud_cases import ANN, BOSS, MIA, add_case
from tests.factories.shop import ShopFactory

pytestmark = pytest.mark.usefixtures("wednesday_morning")

ORDERS = 12


@pytest.fixture
def shop(desk: Desk) -> Iterator[ShopFactory]:
    """One order an hour until now, and a snapshot of it."""
    factory = ShopFactory(make_engine(desk.settings.shop_url))
    now = utc_now()
    for number in range(ORDERS):
        at = factory.zone.fromutc((now - timedelta(hours=number + 1)).replace(tzinfo=factory.zone))
        factory.order(
            day=at.date().isoformat(),
            at=f"{at:%H:%M}",
            order_id=f"O{number}",
            customer="ann",
            device_id="tablet",
            shipping_country="FR",
        )
    take_snapshot(desk, full=True, now=now, progress=lambda *_: None)
    yield factory
    factory.engine.dispose()
    desk.analytics.close()


@pytest.fixture(autouse=True)
def full_allowances(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Allowances of each test's own, and a shop without orders."""
    ShopFactory(make_engine(desk.settings.shop_url)).engine.dispose()
    monkeypatch.setattr(api, "REQUESTS", Allowance(a_minute=6_000, at_once=5_000))
    monkeypatch.setattr(api, "ORDERS", Allowance(a_minute=60_000, at_once=10_000))


def kept(desk: Desk, table: Any) -> int:
    with desk.state.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_orders_of_the_shop_are_scored_with_reasons_that_add_up(
    desk: Desk, shop: ShopFactory, call: Caller
) -> None:
    answer = call(Role.fraud_analyst).post(
        "/api/fraud/score", json={"order_ids": ["O1", "O0", "nobody"]}
    )
    assert answer.status_code == 200
    told = answer.json()
    assert [one["order_id"] for one in told["scores"]] == ["O1", "O0"]
    assert told["unknown"] == ["nobody"]
    for one in told["scores"]:
        total = one["base"] + sum(factor["contribution"] for factor in one["factors"])
        assert total == pytest.approx(one["score"], abs=1e-6)
        assert one["risk"] in ("low", "review", "block")
        assert one["model_version"] == 0
    assert kept(desk, FraudScore) == 2


def test_an_order_that_is_not_in_the_shop_yet_is_scored_by_what_is_linked_to_it(
    desk: Desk, shop: ShopFactory, call: Caller
) -> None:
    caller = call(Role.admin)
    caller.post("/api/fraud/score", json={"order_ids": ["O0"]})
    raw = {
        "order_id": "coming",
        "amount": 99.5,
        "device_id": "tablet",
        "customer_id": "ann",
        "shipping_address": "1 Secret Road",
        "email": "ann@private.example",
        "ip": "203.0.113.9",
    }
    told = caller.post("/api/fraud/score", json={"orders": [raw]}).json()
    (one,) = told["scores"]
    assert (one["order_id"], one["case_id"], told["unknown"]) == ("coming", None, [])
    with desk.state.read() as session:
        score = session.scalar(select(FraudScore).where(FraudScore.order_id == "coming"))
        assert score is not None
        stored = str((score.features, score.factors))
    assert "Secret" not in stored
    assert "private" not in stored
    assert "203.0" not in stored
    assert score.features["amount"] == 99.5


def test_a_word_for_nothing_links_no_orders_and_an_address_is_one_in_every_spelling(
    desk: Desk, shop: ShopFactory, call: Caller
) -> None:
    strangers = [
        {"order_id": f"S{n}", "amount": 40.0, "customer_id": f"c{n}", "device_id": "undefined"}
        for n in range(20)
    ]
    spellings = ("2001:db8:0:0::2", "2001:0db8::2", "2001:DB8::2", "2001:db8::0002")
    same = [
        {"order_id": f"V{n}", "amount": 40.0, "ip": ip, "placed_at": f"2026-03-04T08:0{n}:00Z"}
        for n, ip in enumerate(spellings)
    ]

    answer = call(Role.admin).post("/api/fraud/score", json={"orders": strangers + same})

    assert answer.status_code == 200
    with desk.state.read() as session:
        found = {row.order_id: row.features for row in session.scalars(select(FraudScore))}
    assert not any("device_accounts_day" in found[f"S{n}"] for n in range(20))
    assert found["V3"]["ip_orders_hour"] == 3


@pytest.mark.parametrize(
    ("odd", "left_out"),
    [
        ({"shipping_address": "12 Main St\nFlat 4"}, []),
        ({"shipping_address": "12\u00a0Main St"}, []),
        ({"shipping_address": "\u0631\u0642\u0645\u200f 12"}, []),
        ({"category": "\U0001f469\u200d\U0001f467 gifts"}, []),
        ({"device_id": "", "ip": " ", "coupon": "", "billing_country": ""}, []),
        ({"order_id": "#1001"}, []),
        ({"ip_country": "T1"}, ["ip_country"]),
        ({"avs": "maybe", "units": -1, "nickname": "x"}, ["avs", "units", "nickname"]),
        ({"placed_at": "yesterday", "email": "x" * 201}, ["placed_at", "email"]),
        ({"method": "a\x00b", "lines": True, "\ud800": 1}, ["method", "lines", "?"]),
    ],
)
def test_an_odd_order_is_scored_with_the_others_and_what_is_left_out_is_named(
    desk: Desk, shop: ShopFactory, call: Caller, odd: dict[str, Any], left_out: list[str]
) -> None:
    orders = [{"order_id": "Y1", "amount": 120.0}, {"order_id": "Y2", "amount": 120.0} | odd]

    orders.append({"order_id": "Y3", "amount": 1})

    answer = call(Role.admin).request(
        "POST",
        "/api/fraud/score",
        content=json.dumps({"orders": orders}),
        headers={"Content-Type": "application/json"},
    )

    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert [one["order_id"] for one in told["scores"]] == ["Y1", orders[1]["order_id"], "Y3"]
    named = [[one["field"] for one in score["left_out"]] for score in told["scores"]]
    assert [sorted(one) for one in named] == [[], sorted(left_out), []]
    assert all(one["why"] for one in told["scores"][1]["left_out"])
    assert told["refused"] == []


def test_an_order_that_cannot_be_scored_is_named_and_the_others_are_scored(
    desk: Desk, shop: ShopFactory, call: Caller
) -> None:
    caller = call(Role.admin)
    orders = [{"order_id": "Y1"}, "Y2", {"order_id": "Y3", "amount": 5}, {"amount": 5}, {}]

    told = caller.post("/api/fraud/score", json={"orders": orders}).json()
    numbers = caller.post("/api/fraud/score", json={"order_ids": ["O1", "", 7, "a\u202eb"]}).json()

    assert [one["order_id"] for one in told["scores"]] == ["Y3"]
    assert [(one["place"], one["order_id"]) for one in told["refused"]] == [
        (0, "Y1"),
        (1, None),
        (3, None),
        (4, None),
    ]
    assert "amount" in told["refused"][0]["why"]
    assert [one["order_id"] for one in numbers["scores"]] == ["O1"]
    assert [one["place"] for one in numbers["refused"]] == [1, 2, 3]
    nothing = caller.post("/api/fraud/score", json={"orders": ["x", {}]})
    assert nothing.status_code == 422
    assert "0: It is no object" in nothing.json()["detail"]


def test_nobody_rewrites_an_order_of_the_shop_from_outside(
    desk: Desk, shop: ShopFactory, call: Caller
) -> None:
    from app.services.fraud import events

    events.advance(desk, now=utc_now())
    body = {"orders": [{"order_id": "O0", "amount": 1e9}]}
    (one,) = call(Role.admin).post("/api/fraud/score", json=body).json()["scores"]
    assert one["expected_loss"] < 100


def test_cases_are_listed_without_anything_personal(desk: Desk, call: Caller) -> None:
    now = utc_now()
    add_case(desk, "A1", now=now, state="waiting", asked="Is it you?", answer="I am Ann")
    add_case(desk, "A2", now=now)
    caller = call(Role.fraud_analyst)
    todo = caller.get("/api/fraud/cases").json()
    assert [one["order_id"] for one in todo["cases"]] == ["A2"]
    waiting = caller.get("/api/fraud/cases?state=waiting").json()
    assert waiting["total"] == 1
    assert waiting["cases"][0]["asked"] == "Is it you?"
    assert "I am Ann" not in str(waiting)
    assert caller.get("/api/fraud/cases?state=everything").status_code == 422
    assert caller.get("/api/fraud/cases?limit=501").status_code == 422


def test_the_shop_brings_the_customers_answer(desk: Desk, call: Caller) -> None:
    now = utc_now()
    case = add_case(desk, "A1", now=now)
    deciding.decide(desk, ANN, case, 1, "ask", question="Is it you?", now=now)
    caller = call(Role.admin)
    path = f"/api/fraud/cases/{case}/answer"
    assert caller.post(path, json={"text": "Yes, it is"}).json()["order_id"] == "A1"
    again = caller.post(path, json={"text": "Yes, it is"})
    assert again.status_code == 422
    assert "No question" in again.json()["detail"]
    assert caller.post("/api/fraud/cases/99999/answer", json={"text": "x"}).status_code == 422


@pytest.mark.parametrize("role", [Role.merchandiser, Role.manager])
def test_other_roles_are_refused_everywhere(desk: Desk, call: Caller, role: Role) -> None:
    case = add_case(desk, "A1", now=utc_now(), state="waiting", asked="?")
    caller = call(role)
    for answer in (
        caller.post("/api/fraud/score", json={"order_ids": ["O1"]}),
        caller.get("/api/fraud/cases"),
        caller.post(f"/api/fraud/cases/{case}/answer", json={"text": "yes"}),
    ):
        assert answer.status_code == 403
        assert "fraud analyst" in answer.json()["remedy"]
    assert kept(desk, FraudScore) == 1  # the case's own
    assert kept(desk, FraudDecision) == 0


def test_without_a_key_there_is_nothing(anybody: Program) -> None:
    assert anybody.post("/api/fraud/score", json={"order_ids": ["O1"]}).status_code == 401
    assert anybody.get("/api/fraud/cases").status_code == 401


def test_who_asks_too_much_is_told_when_to_come_back(
    desk: Desk, call: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(api, "REQUESTS", Allowance(a_minute=60, at_once=3, clock=lambda: clock[0]))
    caller, other = call(Role.admin), call(Role.fraud_analyst)
    assert [caller.get("/api/fraud/cases").status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = caller.get("/api/fraud/cases")
    assert refused.headers["retry-after"] == "1"
    assert other.get("/api/fraud/cases").status_code == 200  # another key has its own
    clock[0] += 1
    assert caller.get("/api/fraud/cases").status_code == 200


def test_a_request_that_is_too_large_is_not_read(call: Caller) -> None:
    caller = call(Role.admin)
    huge = {"order_ids": ["x" * 64] * 70_000}
    assert caller.post("/api/fraud/score", json=huge).status_code == 413
    many = {"order_ids": [f"O{number}" for number in range(1_001)]}
    assert caller.post("/api/fraud/score", json=many).status_code == 422


# ── what is thrown at it ──

NASTY: tuple[Any, ...] = (
    "'; DROP TABLE fraud_cases; --",
    '" OR 1=1 --',
    "<script>alert(document.cookie)</script>",
    "<img src=x onerror=alert(1)>",
    "{{7*7}} ${7*7} #{7*7}",
    "../../etc/passwd",
    "a\x00b",
    "line\nbreak",
    "\u202egnp.exe",
    "x" * 5_000,
    "",
    " ",
    None,
    True,
    0,
    -1,
    1e308,
    10**400,
    2**63,
    1.5,
    [],
    {},
    ["a"],
    {"a": 1},
    "=cmd|' /C calc'!A0",
    "٣",
    "😀" * 100,
)
BARE = ("NaN", "Infinity", "-Infinity", "1e999", "[" * 500, "{", "nul", '{"a":1,"a":2}', "")


def _throws(chance: random.Random, case: int) -> tuple[str, str, str | None, Any]:
    """method, path, raw body, JSON body."""
    nasty = chance.choice(NASTY)
    kind = chance.randrange(10)
    if kind == 0:
        return "POST", "/api/fraud/score", None, {"order_ids": [nasty]}
    if kind == 1:
        return "POST", "/api/fraud/score", None, {"order_ids": nasty}
    if kind == 2:
        field = chance.choice(list(RawOrder.model_fields))
        order = {"order_id": "R1", "amount": 10.0, field: nasty}
        return "POST", "/api/fraud/score", None, {"orders": [order]}
    if kind == 3:
        order = {
            "order_id": "R1",
            "amount": 10.0,
            chance.choice(["score", "admin", "__class__"]): 1,
        }
        return "POST", "/api/fraud/score", None, {"orders": [order]}
    if kind == 4:
        raw = f'{{"orders": [{{"order_id": "R1", "amount": {chance.choice(BARE)}}}]}}'
        return "POST", "/api/fraud/score", raw, None
    if kind == 5:
        return "POST", f"/api/fraud/cases/{case}/answer", None, {"text": nasty}
    if kind == 6:
        number = chance.choice(["0", "-1", "1e3", "9" * 30, "1;--", "%27", "null", "..", "1.0"])
        return "POST", f"/api/fraud/cases/{number}/answer", None, {"text": "yes"}
    if kind == 7:
        name = chance.choice(["state", "risk", "search", "order", "limit", "offset"])
        return "GET", f"/api/fraud/cases?{name}={quote(str(nasty)[:300])}", None, None
    if kind == 8:
        return "POST", "/api/fraud/score", None, nasty
    return chance.choice(["PUT", "DELETE", "PATCH"]), "/api/fraud/cases", None, {"x": nasty}


def test_a_thousand_hostile_requests_are_refused_in_words_and_leave_nothing(
    desk: Desk, shop: ShopFactory, call: Caller
) -> None:
    now = utc_now()
    case = add_case(desk, "A1", now=now)  # open: it takes no answer
    chance = random.Random(7)
    callers = {role: call(role) for role in Role}
    allowed = (Role.fraud_analyst, Role.admin)
    before = [kept(desk, table) for table in (FraudCase, FraudDecision, FraudNote)]
    seen: dict[int, int] = {}
    for _ in range(1_000):
        role = chance.choice(list(Role))
        method, path, raw, body = _throws(chance, case)
        answer = callers[role].request(
            method,
            path,
            content=None if method == "GET" else raw if raw is not None else json.dumps(body),
            headers={"Content-Type": "application/json"},
        )
        seen[answer.status_code] = seen.get(answer.status_code, 0) + 1
        assert answer.status_code < 500, (method, path, body, answer.text)
        if role not in allowed:
            assert answer.status_code in (403, 404, 405, 422), (role, path, answer.text)
        if answer.status_code >= 400:
            told = answer.json()
            assert told["detail"]
            assert told["remedy"]
            assert "Traceback" not in answer.text
        assert answer.headers["content-type"].startswith("application/")
    assert [kept(desk, table) for table in (FraudCase, FraudDecision, FraudNote)] == before
    with desk.state.read() as session:
        numbers = set(session.scalars(select(FraudScore.order_id)))
    assert numbers <= {"A1", "R1", *(f"O{number}" for number in range(ORDERS))}
    assert seen[422] > 300
    assert seen[403] > 100


def test_managers_and_admins_may_not_decide_by_any_way(desk: Desk) -> None:
    from app.access import AccessDenied

    case = add_case(desk, "A1", now=utc_now())
    for by in (MIA, BOSS):
        with pytest.raises(AccessDenied):
            deciding.decide(desk, by, case, 1, "approve")
    assert kept(desk, FraudDecision) == 0
