"""The prediction log: written once however often it is asked, and graded when the day has come."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from data_access.state.engine import StateDatabase
from data_access.state.predictions import (
    Believed,
    log_predictions,
    open_predictions,
    record_outcomes,
)
from tests.factories.app_database import lay_app_database
from tests.factories.postgres import migrated_database


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def db(request, tmp_path_factory):
    if request.param == "sqlite":
        home = tmp_path_factory.mktemp("log")
        lay_app_database(home)
        yield from _opened(f"sqlite:///{home}/app.db")
        return
    with migrated_database("jobs_log") as url:
        yield from _opened(url)


def _opened(url):
    made = StateDatabase(url)
    yield made
    made.close()


def _log(db, rows, *, version, capability, arm="champion"):
    with db.write() as session:
        return log_predictions(
            session,
            capability=capability,
            model_version=version,
            arm=arm,
            as_of=date(2026, 11, 20),
            made_at=datetime(2026, 11, 20, 12),
            rows=rows,
        )


def _rows(count):
    return [
        Believed(entity=f"product:P{n:06}/2026-11-23", prediction=float(n)) for n in range(count)
    ]


@pytest.mark.parametrize("version", [3, None])
def test_what_is_logged_twice_is_there_once_also_for_the_rule_of_thumb(db, version):
    capability = f"twice-{version}"
    assert _log(db, _rows(4500), version=version, capability=capability) == 4500
    assert _log(db, _rows(4501), version=version, capability=capability) == 1
    with db.read() as session:
        assert len(open_predictions(session, capability)) == 4501


def test_each_version_and_arm_has_its_own_beliefs(db):
    assert _log(db, _rows(2), version=1, capability="arms") == 2
    assert _log(db, _rows(2), version=2, capability="arms") == 2
    assert _log(db, _rows(2), version=2, capability="arms", arm="challenger") == 2


def test_an_outcome_is_written_to_every_belief_about_it_and_never_again(db):
    _log(db, _rows(3), version=1, capability="graded")
    _log(db, _rows(3), version=2, capability="graded")
    entity = "product:P000001/2026-11-23"
    with db.write() as session:
        record_outcomes(session, "graded", {entity: 7.0}, datetime(2026, 11, 30))
    with db.write() as session:
        record_outcomes(session, "graded", {entity: 9.0}, datetime(2026, 12, 1))

    with db.read() as session:
        left = {row.entity for row in open_predictions(session, "graded")}
    assert entity not in left
    assert len(left) == 2
