"""kill -9 while something is promoted by itself or asked for: all of it is there or none."""

from __future__ import annotations

import pytest

from app.services.activation import champion, time_line
from data_access.state import triggers as store
from data_access.state.alerts import open_alerts
from data_access.state.audit import read_audit
from data_access.state.engine import utc_now
from data_access.state.switches import open_switch
from tests.factories.patience import PATIENCE_S

PROMOTE = """
from dataclasses import replace
from app.context import open_desk
from app.services import autopilot
from app.settings import Settings
from ml.lead import Lead
sure = Lead(own=0.2, other=0.3, lead=0.1, low=0.05, high=0.15, cases=90, units=30)
autopilot._on_newest = lambda *_: {"rule": sure}
desk = open_desk(Settings())
version = replace(desk.models.version("forecasting", 1), beats_baseline=True)
autopilot.consider(desk, version, progress=lambda *_: None)
"""

LOOK = """
from datetime import UTC, datetime, timedelta
from app.context import open_desk
from app.services import triggers
from app.services.triggers import material
from app.settings import Settings
class Newer(material.Material):
    newest = property(lambda self: self.champion)
    as_of = property(lambda self: self.champion.as_of + timedelta(days=9))
triggers.looking.Material = Newer
desk = open_desk(Settings())
triggers.look(desk, now=datetime.now(UTC).replace(tzinfo=None) + timedelta(days=9))
"""


def allow(scene) -> None:
    with scene.desk.state.decide("ada", "capability.changed", "capability:forecasting") as session:
        row = open_switch(session, "forecasting", by="ada", now=utc_now())
        row.promotes = True


@pytest.mark.parametrize(("point", "done"), [("autopilot-written", False), (None, True)])
def test_a_promotion_by_itself_is_whole_or_did_not_happen(trained, point, done):
    allow(trained)
    process = trained.start("-c", PROMOTE, kill_at=point)
    if point is not None:
        trained.dies(process)
    else:
        assert process.wait(PATIENCE_S) == 0, trained.log.read_text()
    assert champion(trained.desk, "forecasting").version == (1 if done else None)
    assert len(time_line(trained.desk, "forecasting")) == done
    with trained.desk.state.read() as session:
        alerts = [one.kind for one in open_alerts(session)]
        audited = [one.actor for one in read_audit(session, act="champion.activated")]
    assert alerts == ["promotion"] * done
    assert audited == ["worker"] * done


def test_a_trigger_killed_after_it_asked_asks_no_second_time(trained):
    allow(trained)
    process = trained.start("-c", PROMOTE)
    assert process.wait(PATIENCE_S) == 0, trained.log.read_text()
    with trained.desk.state.decide("ada", "trigger.added", "trigger:forecasting") as session:
        row = store.add_trigger(
            session,
            capability="forecasting",
            kind="days",
            value={"days": 1},
            by="ada",
            now=utc_now(),
        )
        number = row.trigger_id
    trained.dies(trained.start("-c", LOOK, kill_at="trigger-asked"))
    with trained.desk.state.read() as session:
        assert store.get_trigger(session, number).fired_on is None
    process = trained.start("-c", LOOK)
    assert process.wait(PATIENCE_S) == 0, trained.log.read_text()
    asked = trained.desk.jobs.list(kinds=["retrain"])
    assert [job.job_id for job in asked] == ["retrain-forecasting-1"]
    with trained.desk.state.read() as session:
        assert store.get_trigger(session, number).fired_on == 1
