"""kill -9 of whoever switches off, rolls back or ends an experiment: all of it is there or none."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.services.activation import activate, champion, time_line
from app.services.experiments import running
from app.services.experiments.beginning import start
from app.services.switches import deactivate, reactivate, switch
from data_access.state import champions
from data_access.state.pins import list_pins
from data_access.state.tables import AuditEntry
from tests.app.services.deciding import ADA
from tests.factories.stored_versions import lay

ACT = """
import sys
from app.access import Identity, Role
from app.context import open_desk
from app.settings import Settings
desk = open_desk(Settings())
bob = Identity(name="bob", role=Role.admin)
"""
OFF = (
    ACT
    + """
from app.services.switches import deactivate
deactivate(desk, bob, "fraud", "A complaint")
"""
)
ON = (
    ACT
    + """
from app.services.switches import reactivate
reactivate(desk, bob, "fraud")
"""
)
BACK = (
    ACT
    + """
from app.services.activation import time_line, undo
undo(desk, bob, time_line(desk, "fraud")[0].change_id)
"""
)
PROMOTE = (
    ACT
    + """
from app.services.experiments import running
from app.services.experiments.ending import end
end(desk, bob, running(desk, "fraud").experiment_id, "promote", "It was better")
"""
)
DROP = PROMOTE.replace('"promote"', '"drop"')


@pytest.fixture
def decided(scene):
    """Versions 2 and 3 of fraud review are laid; 3 decided, then 2 decides."""
    for number in (2, 3):
        lay(scene.desk, "fraud", number)
    activate(scene.desk, ADA, "fraud", 3, 0)
    activate(scene.desk, ADA, "fraud", 2, 1)
    return scene


@pytest.mark.parametrize(
    ("point", "done"), [("deactivation-written", False), ("deactivation-committed", True)]
)
def test_switching_off_is_whole_or_did_not_happen(decided, point, done):
    start(decided.desk, ADA, "fraud", 3, mode="shadow")
    before = facts(decided)
    decided.dies(decided.start("-c", OFF, kill_at=point))
    if not done:
        assert facts(decided) == before
    else:
        assert switch(decided.desk, "fraud").resumes == 2
        assert (facts(decided)["champion"], facts(decided)["pins"]) == (None, [])
        assert facts(decided)["audit"] == before["audit"] + 1
        assert running(decided.desk, "fraud") is None
        reactivate(decided.desk, ADA, "fraud")
    assert champion(decided.desk, "fraud").version == 2


@pytest.mark.parametrize(
    ("point", "done"), [("reactivation-written", False), ("reactivation-committed", True)]
)
def test_switching_on_is_whole_or_did_not_happen(decided, point, done):
    deactivate(decided.desk, ADA, "fraud", "A complaint")
    before = facts(decided)
    decided.dies(decided.start("-c", ON, kill_at=point))
    if not done:
        assert facts(decided) == before
        reactivate(decided.desk, ADA, "fraud")
    assert (champion(decided.desk, "fraud").version, switch(decided.desk, "fraud").active) == (
        2, True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("point", "done"), [("activation-written", False), ("activation-committed", True)]
)
def test_a_rollback_is_whole_or_did_not_happen(decided, point, done):
    start(decided.desk, ADA, "fraud", 3, mode="shadow")
    before = facts(decided)
    decided.dies(decided.start("-c", BACK, kill_at=point))
    after = facts(decided)
    if not done:
        assert after == before
        return
    assert (after["champion"], after["experiment"], after["line"]) == (3, None, 3)
    assert after["revision"] == before["revision"] + 1


@pytest.mark.parametrize(
    ("act", "point", "ends"),
    [
        (PROMOTE, "experiment-promoted-written", False),
        (PROMOTE, "experiment-promoted-committed", True),
        (DROP, "experiment-dropped-written", False),
    ],
)
def test_the_end_of_an_experiment_is_whole_or_did_not_happen(decided, act, point, ends):
    start(decided.desk, ADA, "fraud", 3, mode="split", share=0.3)
    before = facts(decided)
    decided.dies(decided.start("-c", act, kill_at=point))
    after = facts(decided)
    if not ends:
        assert after == before
        return
    assert (after["champion"], after["experiment"]) == (3, None)
    assert after["revision"] == before["revision"] + 1
    assert after["pins"] == [(1, "model:fraud")]


def facts(scene) -> dict[str, object]:
    """Everything that belongs together, read as one."""
    desk = scene.desk
    now = running(desk, "fraud")
    with desk.state.read() as session:
        row = champions.get_champion(session, "fraud")
        return {
            "champion": row.model_version if row else None,
            "switch": switch(desk, "fraud"),
            "experiment": now.experiment_id if now else None,
            "line": len(time_line(desk, "fraud")),
            "audit": session.scalar(select(func.count()).select_from(AuditEntry)),
            "revision": desk.state.revision(),
            "pins": [(pin.snapshot, pin.holder) for pin in list_pins(session)],
        }
