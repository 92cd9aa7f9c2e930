"""A home on which every operation of the API finds something, and the API on it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount

from app.access import COMMAND_LINE, Role
from app.api.app import create_api
from app.context import Desk, open_desk
from app.services import keys, users
from app.web.identity import IdentityGate
from app.web.sockets import OpenSockets
from data_access.state import jobs
from data_access.state.engine import utc_now
from tests.factories.fraud_cases import add_case
from tests.factories.small_shop import PRODUCTS, make_home
from tests.factories.stored_versions import lay

VERSIONS = 30  # of each capability; some are deleted on the way
CASES = 60  # that wait for an answer
JOBS = 30  # that can be cancelled
PEOPLE = 6
SPARE_KEYS = 20  # to be revoked


def make_desk(home: Path) -> Desk:
    """A shop with its snapshot, versions, cases, jobs, users and keys."""
    desk = open_desk(make_home(home))
    now = utc_now()
    for number in range(1, VERSIONS + 1):
        for capability in ("forecasting", "fraud"):
            at = now - timedelta(days=VERSIONS - number)
            lay(desk, capability, number, beats=number % 3 > 0, created_at=at)
    for number in range(CASES):
        add_case(desk, f"C{number}", now=now, state="waiting", asked="Is it you?")
    for number in range(JOBS):
        jobs.note_queued(
            desk.state,
            job_id=f"job-{number}",
            kind="train",
            title="A training",
            asked_by="ada",
            asked_at=now,
            parameters={"capability": "forecasting"},
        )
    for number in range(PEOPLE):
        users.create_user(desk, COMMAND_LINE, name=f"person {number}", role=Role.manager)
    for number in range(SPARE_KEYS):
        keys.create_key(desk, COMMAND_LINE, name=f"spare {number}", role=Role.manager)
    return desk


def serve(desk: Desk) -> Starlette:
    """The API behind the gate, without Streamlit."""
    gate = Middleware(
        IdentityGate,
        state=desk.state,
        cookie_name="shopsight",
        open_sockets=OpenSockets(desk.state),
        goodbye=lambda address: b"",
    )
    return Starlette(routes=[Mount("/api", create_api(desk))], middleware=[gate])


def known_values(desk: Desk) -> dict[str, list[Any]]:
    """What this home has, by the name of the parameter or field that asks for it."""
    rows = [0, 0, 1, 2]
    return {
        "capability": ["forecasting", "forecasting", "fraud"],
        "number": list(range(1, VERSIONS + 1)),
        "case_id": list(range(1, CASES + 1)),
        "job_id": [f"job-{number}" for number in range(JOBS)],
        "user_id": list(range(1, PEOPLE + 1)),
        "key_id": list(range(1, SPARE_KEYS + 1)),
        "name": [f"caller {number}" for number in range(500)],
        "status": ["", "champion", "candidate"],
        "risk": ["review", "block"],
        "search": ["", "C1"],
        "order": ["expected_loss", "due"],
        "limit": [1, 50, 500],
        "offset": [0, 1, 10**6],
        "version": [None, 1],
        "candidate": ["recent_mean", "lightgbm"],
        "candidates": [[], [{"candidate": "recent_mean"}]],
        "parameters": [{}, {"horizon_weeks": 8}],
        "scope": [None, {"level": "product", "series_id": PRODUCTS[0]}],
        "again": [True],
        "champion_row": rows,
        "switch_row": rows,
        "note_row": rows,
        "confidence": [None, 0.6],
        "reason": ["We try it"],
    }


def known_bodies() -> dict[str, list[Any]]:
    """Whole bodies, where fields depend on each other."""
    raw = {"amount": 99.5, "customer_id": "ann", "device_id": "tablet", "ip": "203.0.113.9"}
    return {
        "POST /fraud/score": [
            {"order_ids": ["O1", "O2", "nobody"]},
            {"order_ids": [f"O{number}" for number in range(1, 71)]},
            {"orders": [{"order_id": "coming", **raw}]},
            {"orders": [{"order_id": f"N-{number}", "amount": 10} for number in range(20)]},
        ],
    }
