"""A look finds what is due, says it with figures, and asks once a snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.access import Identity, Role
from app.context import Desk, open_desk
from app.services import triggers
from app.services.triggers import material
from app.settings import Settings
from data_access.errors import DataError
from data_access.scope import WHOLE
from data_access.state import switches
from data_access.state.champions import change_champion
from data_access.state.drift import keep_check
from data_access.state.model_tables import Trigger
from tests.factories.app_database import lay_app_database

ADA = Identity(name="ada", role=Role.admin)
SET = datetime(2026, 4, 1, 8)
TODAY = date(2026, 4, 1)


class Jobs:
    """A queue that starts each id once."""

    def __init__(self) -> None:
        self.started: dict[str, dict[str, Any]] = {}

    def start(self, kind: str, parameters: dict[str, Any], by: str, *, job_id: str) -> str:
        self.started.setdefault(job_id, {"kind": kind, "by": by, **parameters})
        return job_id


class Shop:
    """Newest data and versions, as a test says."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.as_of = TODAY
        self.snapshot = 8
        self.orders = {7: 1000, 8: 1050}
        self.versions = [version(1, 7, TODAY - timedelta(days=10))]
        desk.__dict__["mark"] = None  # no shop: the settings tell the zone
        desk.__dict__["jobs"] = Jobs()
        desk.__dict__["store"] = SimpleNamespace(newest=lambda: self.manifest(self.snapshot),
                                                 get=self.manifest)  # fmt: skip
        desk.__dict__["models"] = SimpleNamespace(
            version=lambda capability, number: next(v for v in self.versions if v.number == number),
            versions=lambda capability: sorted(self.versions, key=lambda one: -one.number),
        )

    def manifest(self, number: int) -> Any:
        if number not in self.orders:
            raise DataError(f"There is no snapshot {number}.", remedy="Take another.")
        rows = SimpleNamespace(rows=self.orders[number])
        return SimpleNamespace(number=number, tables={"orders": rows})

    @property
    def asked(self) -> dict[str, dict[str, Any]]:
        return self.desk.jobs.started  # type: ignore[attr-defined, no-any-return]


def version(number: int, snapshot: int, as_of: date, **more: Any) -> Any:
    return SimpleNamespace(
        number=number,
        snapshot=snapshot,
        as_of=as_of,
        candidate="lightgbm",
        parameters={"rounds": 40},
        scope=WHOLE,
        metrics={},
        baseline={},
        summary={},
        **more,
    )


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    lay_app_database(tmp_path)
    made = Shop(open_desk(Settings(_env_file=None, home=tmp_path)))
    service = SimpleNamespace(as_of=lambda desk, manifest: made.as_of, frames=lambda *_: {})
    monkeypatch.setattr(material, "service_of", lambda key: service)
    decides(made.desk, 1)
    yield made
    made.desk.state.close()


def decides(desk: Desk, number: int | None, capability: str = "forecasting") -> None:
    with desk.state.decide("ada", "champion.activated", f"champion:{capability}") as session:
        change_champion(
            session,
            capability=capability,
            to_version=number,
            by="ada",
            now=SET,
            passed_check=True,
        )


def put(desk: Desk, kind: str, capability: str = "forecasting", **value: Any) -> int:
    """A trigger that was set at `SET`."""
    number = triggers.add(desk, ADA, capability, kind, value).number
    with desk.state.write() as session:
        row = session.get(Trigger, number)
        assert row is not None
        row.created_at = SET
    return number


def said(shop: Shop, *, now: datetime = SET) -> str:
    (found,) = triggers.look(shop.desk, now=now)
    (kept,) = triggers.listed(shop.desk)
    assert kept.said == found.said
    return found.said


def test_every_seven_days_asks_after_seven_days(shop: Shop) -> None:
    put(shop.desk, "days", days=7)
    assert "not come yet" in said(shop, now=SET + timedelta(days=6, hours=23))
    assert shop.asked == {}
    assert not triggers.clock_asks(shop.desk, now=SET + timedelta(days=6))
    assert triggers.clock_asks(shop.desk, now=SET + timedelta(days=7))
    assert "had come" in said(shop, now=SET + timedelta(days=7))
    (job,) = shop.asked.values()
    assert (job["kind"], job["capability"], job["why"]) == (
        "retrain",
        "forecasting",
        "Every 7 days",
    )


def test_a_cron_line_is_told_in_the_shops_own_time(shop: Shop) -> None:
    put(shop.desk, "cron", cron="0 4 * * *")
    (found,) = triggers.listed(shop.desk)
    assert found.next_at == datetime(2026, 4, 2, 2)  # 04:00 in Berlin's summer


def test_the_same_snapshot_asks_once_however_many_triggers_and_looks(shop: Shop) -> None:
    put(shop.desk, "days", days=1)
    put(shop.desk, "growth", share=0.05)
    later = SET + timedelta(days=1)
    triggers.look(shop.desk, now=later)
    triggers.look(shop.desk, now=later + timedelta(hours=1))
    assert list(shop.asked) == ["retrain-forecasting-8"]
    shop.snapshot, shop.orders[9] = 9, 1060
    shop.versions.append(version(2, 9, TODAY))
    shop.as_of = TODAY
    triggers.look(shop.desk, now=later + timedelta(days=2))
    assert list(shop.asked) == ["retrain-forecasting-8"]  # version 2 knows all of it


def test_a_clock_that_found_nothing_new_waits_for_new_data_and_then_asks(shop: Shop) -> None:
    put(shop.desk, "days", days=1)
    shop.as_of = TODAY - timedelta(days=10)
    later = SET + timedelta(days=1)
    assert "knows all that the data hold" in said(shop, now=later)
    assert not triggers.clock_asks(shop.desk, now=later + timedelta(minutes=1))
    shop.as_of = TODAY
    assert "had come" in said(shop, now=later + timedelta(hours=2))


def test_growth_is_told_against_what_the_newest_version_learned_from(shop: Shop) -> None:
    put(shop.desk, "growth", share=0.1)
    assert said(shop) == (
        "1,050 orders against 1,000 when version 1 learned: +5.0 %, asked for 10 %."
    )
    shop.orders[8] = 1100
    assert "+10.0 %" in said(shop)
    assert list(shop.asked) == ["retrain-forecasting-8"]


def test_growth_against_a_snapshot_that_is_gone_learns_anew(shop: Shop) -> None:
    put(shop.desk, "growth", share=0.1)
    del shop.orders[7]
    assert "no longer kept" in said(shop)
    assert shop.asked


def test_a_new_season_asks_and_the_same_one_does_not(shop: Shop) -> None:
    put(shop.desk, "season")
    assert said(shop) == "It is spring, as when version 1 learned."
    shop.versions = [version(1, 7, date(2026, 2, 20))]
    assert "version 1 learned in winter" in said(shop)
    assert shop.asked


def test_drift_beyond_its_bound_asks_once_and_then_rests_a_week(shop: Shop) -> None:
    put(shop.desk, "drift", bound=1.5)
    assert "not been looked at" in said(shop)
    drift(shop, 1.2)
    assert "scores 1.20, asked for 1.5" in said(shop)
    assert shop.asked == {}
    drift(shop, 1.6)
    said(shop)
    assert list(shop.asked) == ["retrain-forecasting-8"]
    shop.versions.append(version(2, 8, TODAY))
    shop.snapshot, shop.orders[9] = 9, 1060
    shop.as_of = TODAY + timedelta(days=6)
    assert "Version 2 has learned of it" in said(shop)
    shop.as_of = TODAY + timedelta(days=7)
    said(shop)
    assert list(shop.asked) == ["retrain-forecasting-8", "retrain-forecasting-9"]


def drift(shop: Shop, score: float) -> None:
    with shop.desk.state.write() as session:
        keep_check(
            session,
            capability="forecasting",
            model_version=1,
            snapshot=8,
            day=TODAY,
            checked_at=SET,
            score=score,
            alarm=score > 1,
            sentence="Prices moved.",
            rows={"inputs": []},
        )


def test_where_the_rule_of_thumb_decides_nothing_learns(shop: Shop) -> None:
    put(shop.desk, "days", days=1)
    decides(shop.desk, None)
    assert "rule of thumb decides" in said(shop, now=SET + timedelta(days=9))
    assert shop.asked == {}


def test_what_is_switched_off_or_paused_asks_nothing(shop: Shop) -> None:
    number = put(shop.desk, "days", days=1)
    with shop.desk.state.decide("ada", "capability.off", "capability:forecasting") as session:
        row = switches.open_switch(session, "forecasting", by="ada", now=SET)
        row.active = False
    assert "switched off" in said(shop, now=SET + timedelta(days=9))
    triggers.pause(shop.desk, ADA, number, active=False, version=2)
    assert triggers.look(shop.desk, now=SET + timedelta(days=9)) == []
    assert shop.asked == {}


def test_one_trigger_that_cannot_be_looked_at_does_not_keep_the_others(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(shop.desk, "quality", share=0.05)
    put(shop.desk, "days", days=1)

    def broken(*_: Any) -> Any:
        raise DataError("The files of version 1 are not what was stored.", remedy="Restore them.")

    monkeypatch.setattr(material.Material, "model", broken)
    first, second = triggers.look(shop.desk, now=SET + timedelta(days=1))
    assert "could not be looked at" in first.said
    assert "Restore them." in first.said
    assert second.job_id == "retrain-forecasting-8"
