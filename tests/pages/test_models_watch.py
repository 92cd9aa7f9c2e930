"""Watch: an empty state, what was found, alerts with their acts, by role."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from app.access import Identity, Role
from app.context import Desk
from app.services import alerts, work
from app.services.watching.health import PARTS
from data_access.state import drift, model_health
from data_access.state.engine import utc_now
from data_access.state.model_tables import Alert, DriftCheck, ModelHealth
from data_access.state.model_uses import Used, add_uses
from tests.pages.conftest import Open, words_of

VIEW = {"view": "Watch", "capability": "Fraud review"}
DAY = date(2026, 3, 30)


def row(name: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "label": name.capitalize(),
        "kind": "number",
        "role": "input",
        "window": 1,
        "test": "wasserstein",
        "statistic": 0.31,
        "bound": 0.2,
        "score": 1.55,
        "psi": 0.4,
        "shift": 0.5,
        "up": True,
        "now": 93.1,
        "was": 71.2,
        "moved": None,
        "moved_now": None,
        "moved_was": None,
        "missing_now": 0.0,
        "missing_was": 0.0,
        "reach": 0.02,
        "effect": 0.01,
        "beside": "recent",
        "alarm": True,
        **more,
    }


@pytest.fixture
def found(desk: Desk) -> Iterator[Desk]:
    """A look that found drift, and an alert of it."""
    now = utc_now()
    category = {"kind": "category", "test": "psi", "now": None, "was": None, "moved": "wallet"}
    shares = {"moved_now": 0.4, "moved_was": 0.3, "effect": None, "reach": None, "alarm": False}
    rows = [
        row("amount"),
        row("method", beside="1", window=7, score=0.6, **category, **shares),
        row("units", test="missing", missing_now=0.5, missing_was=0.02),
    ]
    with desk.state.write() as session:
        for back in range(3):
            drift.keep_check(
                session,
                capability="fraud",
                model_version=2,
                snapshot=1,
                day=DAY - timedelta(days=2 - back),
                checked_at=now,
                score=0.5 + 0.5 * back,
                alarm=back == 2,
                sentence="30 Mar differs from the data learned from.",
                rows={
                    "inputs": rows,
                    "past": [["2026-03-26", 0.3], ["2026-03-27", 0.4]],
                    "days": 300,
                    "years": 1,
                    "unit": "probability",
                    "data": {"cases": 40, "low": 20.0, "high": 60.0, "missing_days": [],
                             "lacking": [["units", 0.5, 0.02]]},
                },
            )  # fmt: skip
        model_health.keep_health(
            session,
            "fraud",
            checked_at=now,
            state="watch",
            sentence="It drifts.",
            parts={key: {"state": "good", "sentence": "As it was."} for key in PARTS},
        )
        hour = now.replace(minute=0, second=0, microsecond=0)
        used = Used(
            capability="fraud", model_version=2, hour=hour, calls=10, predictions=90, errors=1,
            seconds=0.5, slowest=0.2, peak_mb=412.0,
        )  # fmt: skip
        add_uses(session, [used])
    alerts.raise_alert(
        desk,
        capability="fraud",
        kind="drift",
        key="fraud/drift",
        urgency="watch",
        title="Amounts rose",
        text="Mean 93, was 71.",
    )
    yield desk
    with desk.state.write() as session:
        for table in (Alert, DriftCheck, ModelHealth):
            session.query(table).delete()


def test_before_the_first_look_it_says_when_there_will_be_one(open_page: Open, desk: Desk) -> None:
    page = open_page("models", Role.manager, view="Watch", capability="Forecasting")
    assert not page.exception
    assert "Nobody has looked yet" in words_of(page)
    assert "Look now" not in [one.label for one in page.button]


def test_everybody_reads_what_was_found(found: Desk, open_page: Open) -> None:
    page = open_page("models", Role.merchandiser, **VIEW)
    assert not page.exception
    told = words_of(page)
    assert "150 %" in [one.value for one in page.metric]
    for word in ("Amounts rose", "differs from the data learned from"):
        assert word in told
    table = page.dataframe[0].value
    assert table["what"].tolist() == ["Amount", "Method", "Units"]
    assert table["change"].tolist() == [
        "mean 93.1, was 71.2",
        "wallet 40 %, was 30 %",
        "missing in 50 %, was 2 %",
    ]
    assert table["effect"].tolist()[:2] == ["0.01", "–"]
    assert table["span"].tolist()[1] == "week, a year ago"
    labels = [one.label for one in page.button]
    assert "Acknowledge" not in labels
    assert "Look now" not in labels


def test_admins_acknowledge_and_take_it_back(found: Desk, open_page: Open) -> None:
    page = open_page("models", Role.admin, **VIEW)
    next(one for one in page.button if one.label == "Acknowledge").click().run()
    assert not page.exception
    (alert,) = alerts.open_alerts(found, "fraud")
    assert alert.acknowledged_by
    next(one for one in page.button if one.label == "Undo").click().run()
    (alert,) = alerts.open_alerts(found, "fraud")
    assert alert.acknowledged_by is None


def test_home_shows_what_waits_and_what_the_look_found(found: Desk, open_page: Open) -> None:
    told = words_of(open_page("home", Role.fraud_analyst))
    assert "Amounts rose" in told
    now = utc_now()
    for role, sees in ((Role.admin, True), (Role.manager, True), (Role.merchandiser, False)):
        titles = {one.title: one for one in work.waiting(found, role, None, now=now)}
        assert ("Amounts rose" in titles) is sees
        assert ("1 of 1 models needs a look" in titles) is sees
    (alert,) = alerts.open_alerts(found, "fraud")
    admin = Identity(name="ada", role=Role.admin)
    alerts.snooze(found, admin, alert.alert_id, hours=4, version=alert.version)
    assert "Amounts rose" not in [
        one.title for one in work.waiting(found, Role.admin, None, now=now)
    ]
