"""Cases of fraud review for tests: orders that were scored, as the worker leaves them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from app.access import Identity, Role
from app.context import Desk, open_desk
from app.settings import Settings
from data_access.state import fraud_cases, fraud_scores, preferences
from data_access.state.fraud_tables import FraudCase, FraudScore
from tests.factories.empty_shop import lay_empty_shop

NOW = datetime(2026, 3, 31, 12)

ANN = Identity(name="ann", role=Role.fraud_analyst)
BEN = Identity(name="ben", role=Role.fraud_analyst)
MIA = Identity(name="mia", role=Role.manager)
ADA = Identity(name="ada", role=Role.merchandiser)
BOSS = Identity(name="boss", role=Role.admin)
SHOP = Identity(name="key:shop", role=Role.fraud_analyst)

MONEY = 10_000


def make_desk(home: Path, *, app_url: str | None = None) -> Desk:
    """A desk with an app database (`app_url`: one that has its tables) and an empty shop."""
    home.mkdir(parents=True, exist_ok=True)
    lay_empty_shop(home)
    return open_desk(Settings(_env_file=None, home=home, app_database_url=app_url))


def add_case(
    desk: Desk,
    order_id: str,
    *,
    score: float = 0.5,
    amount: float = 100.0,
    hours_left: float = 10.0,
    now: datetime = NOW,
    features: dict[str, float] | None = None,
    model_version: int = 3,
    **columns: Any,
) -> int:
    """A case with its score; gives its number."""
    with desk.state.write() as session:
        case = fraud_cases.open_case(
            session,
            **{
                "order_id": order_id,
                "state": "open",
                "why": "score",
                "score": score,
                "risk": "block" if score >= 0.8 else "review",
                "kind": None,
                "reason": "5 accounts used this device in 24 hours; usual is 1",
                "amount": round(amount * MONEY),
                "expected_loss": round(score * amount * MONEY),
                "country": "DE",
                "method": "card",
                "placed_at": now - timedelta(hours=2),
                "opened_at": now - timedelta(hours=2),
                "due_at": now + timedelta(hours=hours_left),
                **columns,
            },
        )
        fraud_scores.add_scores(
            session,
            [
                FraudScore(
                    order_id=order_id,
                    model_version=model_version,
                    cause="new",
                    made_at=case.opened_at,
                    score=score,
                    risk=case.risk,
                    kind=case.kind,
                    expected_loss=case.expected_loss,
                    features=features or {},
                    factors={"base": 0.01, "factors": []},
                )
            ],
        )
        return case.case_id


def read_case(desk: Desk, case_id: int) -> FraudCase:
    with desk.state.read() as session:
        return fraud_cases.get_case(session, case_id)


def set_preference(desk: Desk, key: str, value: Any) -> None:
    with desk.state.write() as session:
        preferences.write_preference(session, key=key, value=value, by="boss", now=NOW)
