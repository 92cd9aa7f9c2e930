"""Orders that appear are scored; what a crash left is found again; the look costs one question."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import func, select

from app.context import Desk, open_desk
from app.jobs import fraud_work
from app.jobs.fraud_work import Looking
from app.jobs.kinds import JobContext
from app.services.fraud import queue
from app.services.snapshots import take_snapshot
from app.settings import Settings
from data_access.shop.engines import make_engine
from data_access.state.fraud_tables import FraudScore
from tests.factories.app_database import lay_app_database
from tests.factories.fraud_cases import ANN
from tests.factories.shop import ShopFactory

NOW = datetime(2026, 3, 31, 12)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[ShopFactory]:
    factory = ShopFactory(make_engine(f"sqlite:///{tmp_path / 'shop.db'}"))
    for number in range(20):
        add(factory, f"old-{number}", day=f"2026-03-{number + 5:02d}")
    yield factory
    factory.engine.dispose()


@pytest.fixture
def desk(shop: ShopFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    lay_app_database(tmp_path)
    opened = open_desk(Settings(_env_file=None, home=tmp_path))
    take_snapshot(opened, full=True, now=NOW - timedelta(days=1), progress=lambda *_: None)
    monkeypatch.setattr(fraud_work, "_now", lambda: NOW)
    yield opened
    opened.state.close()
    opened.analytics.close()


@pytest.fixture(autouse=True)
def all_doubtful(monkeypatch: pytest.MonkeyPatch) -> None:
    def score(model: Any, features: pd.DataFrame, *, base: bool = True) -> pd.DataFrame:
        return pd.DataFrame({"score": 0.9, "kind": None, "base": 0.01}, index=features.index)

    monkeypatch.setattr("ml.fraud.scoring.score", score)


def add(factory: ShopFactory, order_id: str, *, day: str, at: str = "12:00") -> None:
    factory.order(
        day=day, at=at, order_id=order_id, customer="ann", device_id="tablet", ip="10.0.0.1"
    )


def work(desk: Desk) -> dict[str, Any]:
    return fraud_work.score(
        JobContext(
            desk=desk,
            parameters={},
            job_id="job",
            asked_by="worker",
            started_at=NOW,
            progress=lambda *_: None,
        )
    )


def scored(desk: Desk) -> int:
    with desk.state.read() as session:
        return session.scalar(select(func.count(FraudScore.score_id))) or 0


def test_the_first_time_the_recent_orders_of_the_snapshot_are_scored(desk: Desk) -> None:
    told = work(desk)
    assert told["scored"] == told["cases"] == 7  # of the last 14 days
    assert queue.page(desk, ANN, now=NOW).total == 7
    assert work(desk)["scored"] == 0


def test_an_order_that_appears_is_scored_on_what_came_before(desk: Desk, shop: ShopFactory) -> None:
    work(desk)
    add(shop, "new", day="2026-03-31", at="10:00")
    told = work(desk)
    assert (told["seen"], told["scored"], told["cases"]) == (1, 1, 1)
    with desk.state.read() as session:
        score = session.scalar(select(FraudScore).where(FraudScore.order_id == "new"))
    assert score is not None
    assert score.features["device_orders_month"] == 20
    row = queue.page(desk, ANN, {"search": "new"}, now=NOW).rows[0]
    assert row.amount == 10.0


def test_what_was_read_but_not_scored_before_a_crash_is_scored_afterwards(
    desk: Desk, shop: ShopFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(desk)
    add(shop, "new", day="2026-03-31", at="10:00")
    with monkeypatch.context() as patch:
        patch.setattr("ml.fraud.scoring.score", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            work(desk)
    assert work(desk)["scored"] == 1


def test_a_new_champion_scores_open_cases_and_recent_orders_anew(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(desk)
    monkeypatch.setattr("app.services.fraud.scoring.champion_version", lambda desk: 7)
    monkeypatch.setattr("app.services.fraud.saying.champion", lambda *_: (7, _untrained()))
    told = work(desk)
    assert (told["scored"], told["again"]) == (0, 7)
    assert scored(desk) == 14
    assert work(desk)["again"] == 0


def _untrained() -> Any:
    from ml.fraud.scoring import untrained

    return untrained(NOW.date())


class Client:
    """Takes down what is asked for."""

    kinds = ("score",)

    def __init__(self) -> None:
        self.asked: list[str] = []

    def start(self, kind: str, parameters: Any, asked_by: str) -> str:
        self.asked.append(kind)
        return "job"

    def list(self, **_: Any) -> list[Any]:
        return []


def test_the_worker_asks_only_where_something_is_new(
    desk: Desk, shop: ShopFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, clock = Client(), [1_000.0]
    monkeypatch.setattr("app.jobs.fraud_work.time.monotonic", lambda: clock[0])
    looking = Looking(client, desk.settings)  # type: ignore[arg-type]

    def look(after: float) -> int:
        clock[0] += after
        looking.look()
        return len(client.asked)

    assert look(60) == 1  # a worker that starts looks for whatever was missed
    work(desk)
    assert look(60) == 1
    add(shop, "new", day="2026-03-31", at="10:00")
    assert look(1) == 1  # not at every beat
    assert look(10) == 2
    work(desk)
    assert look(60) == 2
    assert look(3_600) == 3


def test_before_the_first_snapshot_nothing_is_asked_for(tmp_path: Path) -> None:
    home = tmp_path / "empty"
    home.mkdir()
    lay_app_database(home)
    client = Client()
    looking = Looking(client, Settings(_env_file=None, home=home))  # type: ignore[arg-type]
    assert looking.look() is None
    assert client.asked == []
