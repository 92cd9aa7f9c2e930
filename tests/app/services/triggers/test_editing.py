"""Triggers are changed by admins, with a trace and a way back."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.access import AccessDenied, Identity, Role
from app.context import Desk, open_desk
from app.services import triggers
from app.services.triggers import TriggerRefused
from app.settings import Settings
from data_access.state.audit import read_audit
from data_access.state.engine import StaleWriteError
from tests.factories.app_database import lay_app_database

ADA = Identity(name="ada", role=Role.admin)
MIA = Identity(name="mia", role=Role.manager)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    lay_app_database(tmp_path)
    made = open_desk(Settings(_env_file=None, home=tmp_path))
    made.__dict__["mark"] = None  # no shop: the settings tell the zone
    return made


def acts(desk: Desk) -> list[str]:
    with desk.state.read() as session:
        return [row.act for row in reversed(read_audit(session))]


def test_a_trigger_is_set_and_stands_in_the_audit(desk: Desk) -> None:
    done = triggers.add(desk, ADA, "forecasting", "days", {"days": 7})
    (found,) = triggers.listed(desk, "forecasting")
    assert (found.words, found.trigger_id) == ("Every 7 days", done.number)
    with desk.state.read() as session:
        entry = read_audit(session)[0]
    assert (entry.actor, entry.act) == ("ada", "trigger.added")
    assert entry.object == f"trigger:forecasting/{done.number}"
    assert entry.after is not None
    assert entry.after["waits_for"] == "Every 7 days"


def test_who_may_not_changes_nothing(desk: Desk) -> None:
    done = triggers.add(desk, ADA, "fraud", "season", {})
    before = acts(desk)
    with pytest.raises(AccessDenied):
        triggers.add(desk, MIA, "fraud", "days", {"days": 7})
    with pytest.raises(AccessDenied):
        triggers.pause(desk, MIA, done.number, active=False, version=1)
    with pytest.raises(AccessDenied):
        triggers.remove(desk, MIA, done.number, version=1)
    assert acts(desk) == before


def test_the_same_twice_and_a_time_that_never_comes_leave_no_trace(desk: Desk) -> None:
    triggers.add(desk, ADA, "fraud", "cron", {"cron": "0 4 * * *"})
    before = acts(desk)
    with pytest.raises(TriggerRefused, match="set already"):
        triggers.add(desk, ADA, "fraud", "cron", {"cron": "0  4 * * *"})
    with pytest.raises(TriggerRefused, match="never comes"):
        triggers.add(desk, ADA, "fraud", "cron", {"cron": "0 4 31 2 *"})
    assert acts(desk) == before
    assert len(triggers.listed(desk, "fraud")) == 1


def test_every_act_can_be_taken_back(desk: Desk) -> None:
    added = triggers.add(desk, ADA, "fraud", "days", {"days": 7})
    changed = triggers.set_value(desk, ADA, added.number, {"days": 3}, version=added.version)
    back = changed.back(desk, ADA)
    assert triggers.listed(desk)[0].words == "Every 7 days"
    paused = triggers.pause(desk, ADA, added.number, active=False, version=back.version)
    assert not triggers.listed(desk)[0].active
    awake = paused.back(desk, ADA)
    removed = triggers.remove(desk, ADA, added.number, version=awake.version)
    assert triggers.listed(desk) == []
    removed.back(desk, ADA)
    assert triggers.listed(desk)[0].words == "Every 7 days"


def test_who_saw_an_older_trigger_is_told(desk: Desk) -> None:
    added = triggers.add(desk, ADA, "fraud", "days", {"days": 7})
    triggers.set_value(desk, ADA, added.number, {"days": 3}, version=added.version)
    with pytest.raises(StaleWriteError):
        triggers.set_value(desk, ADA, added.number, {"days": 9}, version=added.version)
    assert triggers.listed(desk)[0].words == "Every 3 days"


def test_a_home_begins_with_fraud_learning_every_night_and_only_once(desk: Desk) -> None:
    assert triggers.ensure_defaults(desk) == ["fraud"]
    (found,) = triggers.listed(desk)
    assert (found.capability, found.value) == ("fraud", {"cron": "0 4 * * *"})
    triggers.remove(desk, ADA, found.trigger_id, version=found.version)
    assert triggers.ensure_defaults(desk) == []
    assert triggers.listed(desk) == []
