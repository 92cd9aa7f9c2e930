from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.access import AccessDenied, Identity, Role
from app.context import Desk, open_desk
from app.services import alerts
from app.services.alerts import AlertRefused, AlertView
from app.settings import Settings
from data_access.errors import DataError
from data_access.state import audit
from data_access.state.engine import StaleWriteError, utc_now
from tests.factories.app_database import lay_app_database

pytestmark = pytest.mark.usefixtures("wednesday_morning")

ADMIN = Identity(name="ada", role=Role.admin)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(Settings(_env_file=None, home=tmp_path))
    lay_app_database(tmp_path)
    yield opened
    opened.state.close()


def raised(desk: Desk, *, kind: str = "drift", key: str = "fraud/drift") -> AlertView:
    return alerts.raise_alert(
        desk,
        capability="fraud",
        kind=kind,
        key=key,
        urgency="watch",
        title="The amounts of orders changed",
        text="They are higher than in the data learned from.",
    )


def newest_entry(desk: Desk) -> tuple[str, str]:
    with desk.state.read() as session:
        entry = audit.read_audit(session, limit=1)[0]
        return entry.act, entry.actor


def test_an_acknowledged_alert_waits_no_more_and_can_be_taken_back(desk: Desk) -> None:
    found = raised(desk)
    now = utc_now()
    assert found.waits(now)
    seen = alerts.acknowledge(desk, ADMIN, found.alert_id, version=found.version)
    assert not seen.waits(now)
    assert newest_entry(desk) == ("alert.acknowledged", "ada")
    with pytest.raises(AlertRefused):
        alerts.acknowledge(desk, ADMIN, found.alert_id, version=seen.version)
    back = alerts.take_back(desk, ADMIN, found.alert_id, version=seen.version)
    assert back.waits(now)
    assert newest_entry(desk) == ("alert.reopened", "ada")


def test_an_alert_that_is_put_off_waits_again_afterwards(desk: Desk) -> None:
    found = raised(desk)
    off = alerts.snooze(desk, ADMIN, found.alert_id, hours=24, version=found.version)
    assert not off.waits(utc_now())
    assert off.waits(utc_now() + timedelta(hours=25))
    for hours in (0, -1, 24 * 32, float("nan")):
        with pytest.raises(AlertRefused):
            alerts.snooze(desk, ADMIN, found.alert_id, hours=hours, version=off.version)


def test_an_event_ends_when_somebody_has_seen_it_and_comes_back_by_undo(desk: Desk) -> None:
    found = raised(desk, kind="promotion", key="fraud/promotion/4")
    seen = alerts.acknowledge(desk, ADMIN, found.alert_id, version=found.version)
    assert seen.ended_at is not None
    assert alerts.open_alerts(desk) == []
    alerts.take_back(desk, ADMIN, found.alert_id, version=seen.version)
    assert [one.alert_id for one in alerts.open_alerts(desk)] == [found.alert_id]


def test_only_admins_act_and_only_on_what_they_saw(desk: Desk) -> None:
    found = raised(desk)
    for role in (Role.merchandiser, Role.fraud_analyst, Role.manager):
        person = Identity(name="bob", role=role)
        with pytest.raises(AccessDenied):
            alerts.acknowledge(desk, person, found.alert_id, version=found.version)
        with pytest.raises(AccessDenied):
            alerts.snooze(desk, person, found.alert_id, hours=4, version=found.version)
        with pytest.raises(AccessDenied):
            alerts.take_back(desk, person, found.alert_id, version=found.version)
    raised(desk)  # found again: it has changed
    with pytest.raises(StaleWriteError):
        alerts.acknowledge(desk, ADMIN, found.alert_id, version=found.version)
    with pytest.raises(DataError, match="no alert number 99"):
        alerts.acknowledge(desk, ADMIN, 99, version=1)


def test_what_is_over_can_be_neither_acknowledged_nor_put_off(desk: Desk) -> None:
    found = raised(desk)
    assert alerts.end_alert(desk, "fraud/drift")
    assert not alerts.end_alert(desk, "fraud/drift")
    over = alerts.ended_alerts(desk, "fraud")[0]
    with pytest.raises(AlertRefused, match="over by now"):
        alerts.acknowledge(desk, ADMIN, found.alert_id, version=over.version)
    with pytest.raises(AlertRefused, match="over by now"):
        alerts.snooze(desk, ADMIN, found.alert_id, hours=4, version=over.version)


def test_the_most_urgent_stand_first(desk: Desk) -> None:
    for key, urgency in (("a", "info"), ("b", "bad"), ("c", "watch")):
        alerts.raise_alert(
            desk,
            capability="fraud",
            kind="data",
            key=key,
            urgency=urgency,  # type: ignore[arg-type]
            title=key,
            text="",
        )
    assert [one.title for one in alerts.open_alerts(desk)] == ["b", "c", "a"]
