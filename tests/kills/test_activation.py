"""kill -9 of the process that activates: champion, time line and audit are all there or none is."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.services.activation import champion, time_line
from data_access.state.tables import AuditEntry, Publication

ACTIVATE = """
import sys
from app.access import Identity, Role
from app.context import open_desk
from app.services.activation import activate
from app.settings import Settings
desk = open_desk(Settings())
person = Identity(name="ada", role=Role.merchandiser)
activate(desk, person, "forecasting", 1, 0, "We want to try it for a while")
"""


@pytest.mark.parametrize(
    ("point", "decided"),
    [("activation-written", 0), ("activation-committed", 1), ("activation-asked", 1)],
)
def test_an_activation_killed_at_any_point_is_whole_and_what_follows_comes(trained, point, decided):
    scene = trained
    revision = scene.desk.state.revision()
    scene.dies(scene.start("-c", ACTIVATE, kill_at=point))

    now = champion(scene.desk, "forecasting")
    assert now.row_version == decided
    assert now.version == (1 if decided else None)
    assert len(time_line(scene.desk, "forecasting")) == decided
    assert _audited(scene) == decided
    assert scene.desk.state.revision() == revision + decided

    worker = scene.worker()
    job = scene.ended(f"publish-forecasting-{decided}-1")
    assert job.state == "done", job
    with scene.desk.state.read() as session:
        rows = session.scalars(select(Publication)).all()
    assert [(row.model_version, row.snapshot) for row in rows] == [(now.version, 1)]
    scene.settled()
    scene.stop(worker)
    if decided:
        assert scene.desk.models._registry.aliased("forecasting") == 1


def _audited(scene) -> int:
    with scene.desk.state.read() as session:
        query = select(func.count()).where(AuditEntry.act == "champion.activated")
        return session.scalar(query) or 0
