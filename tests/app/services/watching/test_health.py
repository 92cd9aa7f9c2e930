"""The hourly look: each capability gets a light with its reason, whatever fails."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from app.context import Desk, open_desk
from app.jobs.kinds import JobError
from app.services import alerts, serving, watching
from app.services.watching import drift as watched_drift
from app.services.watching import health
from app.settings import Settings
from data_access.state import drift as store
from data_access.state import model_health
from ml.contract import capability
from tests.factories.app_database import lay_app_database
from tests.ml.drift.shops import FIRST, LAST, LEARNED_TO, calm_shop, shifted

NOW = datetime(2026, 3, 20, 12)


class Shop:
    """Stands for a capability whose cases are known; everything else is fraud review's."""

    def __init__(self) -> None:
        self.cases = calm_shop(4)
        self.day = LAST
        self.reads = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(capability("fraud"), name)

    watched_labels = {"amount": "Amount"}  # noqa: RUF012
    reach_unit = "probability"

    def watched(self, frames: Any, *, first_day: date, last_day: date) -> Any:
        self.reads += 1
        return self.cases[self.cases["day"] <= np.datetime64(last_day)]

    def said(self, model: Any, frames: Any, *, first_day: date, last_day: date) -> Any:
        chance = np.random.default_rng(4)
        known = self.cases[self.cases["day"] <= np.datetime64(last_day)]
        return known[["day"]].assign(score=chance.random(len(known)) * 0.2)

    def reach(self, model: Any, frames: Any, *, as_of: date) -> dict[str, float]:
        return {"amount": 0.2, "age": 0.00001}

    def cases_a_day(self, frames: Any) -> Any:
        return self.cases["day"].value_counts()


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    made = Shop()
    service = SimpleNamespace(frames=lambda *_: {}, as_of=lambda *_: made.day)
    manifest = SimpleNamespace(number=7, first_day=FIRST, created_at=NOW)
    model = SimpleNamespace(as_of=LEARNED_TO)
    answers = serving.Serving(key="fraud", champion=3, version=3, model=model, why=None)
    monkeypatch.setattr(watched_drift, "capability_of", lambda key: made)
    monkeypatch.setattr(watched_drift, "service_of", lambda key: service)
    monkeypatch.setattr(watched_drift, "newest_snapshot", lambda desk: manifest)
    monkeypatch.setattr(watched_drift.serving, "model", lambda desk, key: answers)
    return made


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(Settings(_env_file=None, home=tmp_path))
    lay_app_database(tmp_path)
    yield opened
    opened.state.close()


def test_drift_raises_one_alert_and_ends_it_when_it_is_over(desk: Desk, shop: Shop) -> None:
    since = LEARNED_TO + timedelta(days=10)
    calm = shop.cases
    shop.day = since - timedelta(days=1)
    first = watching.check_drift(desk, "fraud", now=NOW)
    assert (first.new, first.alarm, first.version) == (True, False, 3)
    shop.cases, shop.day = shifted(calm, "amount", since, 1.0), since
    found = watching.check_drift(desk, "fraud", now=NOW)
    assert found.alarm
    shop.day = since + timedelta(days=1)
    watching.check_drift(desk, "fraud", now=NOW + timedelta(days=1))
    (alert,) = alerts.open_alerts(desk, "fraud")
    assert (alert.kind, alert.urgency) == ("drift", "watch")
    assert "Amount" in alert.title
    assert "probability" in alert.text
    shop.cases, shop.day = calm, since + timedelta(days=9)
    watching.check_drift(desk, "fraud", now=NOW + timedelta(days=9))
    assert alerts.open_alerts(desk, "fraud") == []
    with desk.state.read() as session:
        days = [day for day, _, _ in store.course(session, "fraud", 3)]
    assert days == [LEARNED_TO + timedelta(days=n) for n in range(1, 20)]  # none left out


def test_a_day_is_looked_at_once(desk: Desk, shop: Shop) -> None:
    watching.check_drift(desk, "fraud", now=NOW)
    again = watching.check_drift(desk, "fraud", now=NOW)
    assert (shop.reads, again.new) == (1, False)
    watching.check_drift(desk, "fraud", now=NOW, again=True)
    assert shop.reads == 2


def test_drift_that_does_little_to_predictions_is_only_good_to_know(desk: Desk, shop: Shop) -> None:
    shop.cases, shop.day = shifted(shop.cases, "age", LEARNED_TO, 1.0), LEARNED_TO + timedelta(8)
    watching.check_drift(desk, "fraud", now=NOW)
    (alert,) = alerts.open_alerts(desk, "fraud")
    assert alert.urgency == "info"


def test_a_look_that_breaks_says_so_and_stops_no_other(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: Any, **_more: Any) -> Any:
        raise RuntimeError("no such thing")

    monkeypatch.setattr(health, "check_drift", broken)
    found = health.check_all(desk, now=NOW)
    assert [one.capability for one in found] == ["forecasting", "fraud"]
    for one in found:
        assert one.parts["drift"].state == "watch"
        assert "log" in one.parts["drift"].sentence
        assert one.parts["files"].state == "good"
        assert one.state == "bad"  # there is no snapshot
        assert one.sentence == "There is no snapshot of the shop yet."
    with desk.state.read() as session:
        kept = model_health.list_health(session)
    assert set(kept) == {"forecasting", "fraud"}
    assert set(kept["fraud"].parts) == set(health.PARTS)
    standing = {one.kind for one in alerts.open_alerts(desk, "fraud")}
    assert standing == {"data"}


def test_without_a_snapshot_drift_says_what_to_do(desk: Desk) -> None:
    with pytest.raises(JobError) as refused:
        watching.check_drift(desk, "fraud", now=NOW)
    assert "Refresh the data" in refused.value.remedy


def test_what_the_page_shows_is_what_was_found(desk: Desk, shop: Shop) -> None:
    shop.day = LEARNED_TO + timedelta(days=5)
    watching.check_drift(desk, "fraud", now=NOW)
    found = watching.watched(desk, "fraud", now=NOW)
    assert found.drift is not None
    assert found.drift.version == 3
    assert [one["effect"] is None for one in found.drift.inputs].count(False) >= 2
    effects = [one["effect"] or 0.0 for one in found.drift.inputs]
    assert effects == sorted(effects, reverse=True)
    learned = [past for _, _, past in found.drift.course]
    assert learned == sorted(learned, reverse=True)
    assert learned.count(False) == 5
