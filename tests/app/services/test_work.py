"""What waits for whom: failures that nothing has made good, models to decide about, targets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.access import Role
from app.context import Desk, open_desk
from app.services.work import waiting
from app.settings import Settings
from data_access.shop.engines import make_engine
from data_access.snapshots.manifest import Check, Manifest
from data_access.state.champions import change_champion
from data_access.state.jobs import note_ended, note_queued
from data_access.state.targets import write_target
from tests.factories.app_database import lay_app_database
from tests.factories.fraud_cases import add_case
from tests.factories.shop import ShopFactory

NOW = datetime(2026, 11, 19, 12, 0)
MANIFEST = Manifest(
    number=1,
    kind="full",
    created_at=NOW,
    source="sqlite:///shop.db",
    currency="EUR",
    zone="Europe/Berlin",
    watermark=None,
    as_of=NOW,
    as_of_day=date(2026, 11, 19),
    first_day=date(2023, 11, 19),
    tables={},
    checks=(),
    seconds=1.0,
    rows_changed=0,
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    lay_app_database(tmp_path)
    found = open_desk(Settings(home=tmp_path))  # type: ignore[call-arg]
    yield found
    found.state.close()


def job(desk: Desk, kind: str, state: Any, *, hours_ago: float, **result: Any) -> None:
    at = NOW - timedelta(hours=hours_ago)
    name = f"{kind}-{hours_ago}"
    note_queued(
        desk.state, job_id=name, kind=kind, title=kind, asked_by="ada", asked_at=at, parameters={}
    )
    if state != "queued":
        note_ended(desk.state, name, state=state, outcome=f"{kind} {state}.", at=at, result=result)


def titles(desk: Desk, role: Role, manifest: Manifest | None = MANIFEST) -> list[str]:
    return [item.title for item in waiting(desk, role, manifest, now=NOW)]


def test_a_failure_waits_until_the_same_kind_has_succeeded(desk: Desk) -> None:
    job(desk, "refresh", "failed", hours_ago=3)

    assert "refresh failed" in titles(desk, Role.fraud_analyst)

    job(desk, "refresh", "done", hours_ago=1)

    assert titles(desk, Role.fraud_analyst) == []


def test_a_failure_of_last_month_is_history(desk: Desk) -> None:
    job(desk, "refresh", "failed", hours_ago=24 * 30)

    assert titles(desk, Role.fraud_analyst) == []


def test_a_model_that_beats_the_rule_waits_until_somebody_decides(desk: Desk) -> None:
    job(
        desk, "train", "done", hours_ago=2, capability="forecasting", version=3, beats_baseline=True
    )

    assert titles(desk, Role.merchandiser) == ["A trained model waits: forecasting version 3"]

    with desk.state.decide("ada", "champion.activated", "champion:forecasting") as session:
        change_champion(
            session, capability="forecasting", to_version=3, by="ada", now=NOW, passed_check=True
        )

    assert titles(desk, Role.merchandiser) == []


def test_a_month_without_a_target_waits_for_the_manager_alone(desk: Desk) -> None:
    assert "No target for November" in titles(desk, Role.manager)
    assert "No target for November" not in titles(desk, Role.merchandiser)

    with desk.state.decide("ada", "target.changed", "target:revenue/2026-11") as session:
        write_target(
            session, metric="revenue", month=date(2026, 11, 1), value=1.0, by="ada", now=NOW
        )

    assert "No target for November" not in titles(desk, Role.manager)


def test_checks_that_found_something_are_one_item_that_names_them(desk: Desk) -> None:
    checks = tuple(
        Check(name=name, severity="soft", passed=False, detail="", rows_found=1)
        for name in ("fresh orders", "products with a cost")
    )

    (item,) = waiting(desk, Role.fraud_analyst, replace(MANIFEST, checks=checks), now=NOW)

    assert item.title == "2 checks of the data"
    assert item.text == "To look at: fresh orders, products with a cost."


def test_old_data_and_missing_data_are_told(desk: Desk) -> None:
    old = replace(MANIFEST, created_at=NOW - timedelta(hours=60))

    assert titles(desk, Role.fraud_analyst, old) == ["The data is old"]
    assert titles(desk, Role.fraud_analyst, None) == ["There is no snapshot yet"]


def test_what_failed_stands_above_what_is_under_way(desk: Desk) -> None:
    job(desk, "train", "queued", hours_ago=1)
    job(desk, "refresh", "failed", hours_ago=2)

    assert titles(desk, Role.fraud_analyst) == ["refresh failed", "train"]


def test_cases_wait_for_analysts_and_managers_with_what_is_at_stake(desk: Desk) -> None:
    ShopFactory(make_engine(desk.settings.shop_url)).engine.dispose()  # it knows its currency
    add_case(desk, "o1", score=0.5, amount=200.0, hours_left=-1, now=NOW)
    add_case(desk, "o2", score=0.5, amount=100.0, hours_left=3, now=NOW)

    (item,) = waiting(desk, Role.fraud_analyst, MANIFEST, now=NOW)

    assert (item.title, item.place, item.urgency) == ("2 cases wait", "fraud", "bad")
    assert "150" in item.text
    assert "1 should have been shipped by now. 1 would be shipped within 4 hours." in item.text
    assert "2 cases wait" in titles(desk, Role.manager)
    assert "2 cases wait" not in titles(desk, Role.merchandiser)


def test_a_model_of_fraud_review_waits_for_those_who_may_activate_it(desk: Desk) -> None:
    job(desk, "train", "done", hours_ago=2, capability="fraud", version=2, beats_baseline=True)

    told = "A trained model waits: fraud version 2"
    assert told in titles(desk, Role.fraud_analyst)
    assert told in titles(desk, Role.admin)
    assert told not in titles(desk, Role.merchandiser)
