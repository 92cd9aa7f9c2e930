from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from data_access.errors import DataError
from data_access.state import champions, import_reports, pins, publications, targets, workers
from data_access.state.engine import StaleWriteError, StateDatabase

NOON = datetime(2026, 11, 20, 12)
MINUTE = timedelta(minutes=1)


def activate(state: StateDatabase, version: int | None, **given: object) -> int:
    with state.decide("ada", "champion.activated", "champion:forecasting") as session:
        change = champions.change_champion(
            session,
            **{
                "capability": "forecasting",
                "to_version": version,
                "by": "ada",
                "now": NOON,
                "passed_check": True,
                **given,
            },
        )
    return change.change_id


def test_a_champion_s_time_line_tells_from_what_to_what_newest_first(state: StateDatabase):
    activate(state, 3)
    second = activate(state, 4)
    activate(state, 3, undoes=second)
    with state.read() as session:
        champion = champions.get_champion(session, "forecasting")
        line = champions.time_line(session, "forecasting")
    assert champion is not None
    assert champion.model_version == 3
    assert [(c.from_version, c.to_version, c.undoes) for c in line] == [
        (4, 3, second),
        (3, 4, None),
        (None, 3, None),
    ]


def test_overriding_the_check_needs_a_reason(state: StateDatabase):
    for reason in (None, "  "):
        with pytest.raises(DataError, match="did not beat"):
            activate(state, 3, passed_check=False, reason=reason)
    activate(state, 3, passed_check=False, reason="the year was odd")
    assert state.revision() == 1


def test_a_champion_that_changed_meanwhile_is_not_replaced(state: StateDatabase):
    activate(state, 3, expected_version=0)
    with pytest.raises(StaleWriteError):
        activate(state, 4, expected_version=0)
    activate(state, 4, expected_version=1)


def test_the_rule_of_thumb_can_be_champion_again(state: StateDatabase):
    activate(state, 3)
    activate(state, None)
    with state.read() as session:
        champion = champions.list_champions(session)["forecasting"]
    assert champion.model_version is None


def test_a_job_that_publishes_twice_published_once(state: StateDatabase):
    def publish(job_id: str | None) -> int:
        with state.write() as session:
            return publications.add_publication(
                session,
                capability="forecasting",
                model_version=None,
                snapshot=1,
                as_of=date(2026, 11, 16),
                folder="forecasts/1",
                summary={"rows": 3},
                now=NOON,
                job_id=job_id,
            ).publication_id

    first = publish("job-1")
    assert publish("job-1") == first
    second = publish("job-2")
    with state.read() as session:
        newest = publications.newest_publication(session, "forecasting")
        assert newest is not None
        assert newest.publication_id == second
        assert newest.summary == {"rows": 3}
        assert publications.newest_publication(session, "fraud") is None


def test_a_snapshot_stays_pinned_until_its_last_holder_lets_go(state: StateDatabase):
    with state.write() as session:
        for holder in ("job:1", "model:forecasting/3", "job:1"):
            pins.pin(session, snapshot=7, holder=holder, now=NOON)
        pins.pin(session, snapshot=8, holder="job:1", now=NOON)
    with state.write() as session:
        pins.unpin(session, holder="job:1")
        assert pins.pinned_snapshots(session) == {7}
        pins.unpin(session, holder="model:forecasting/3", snapshot=7)
        assert pins.pinned_snapshots(session) == set()


def test_a_worker_s_name_in_use_is_refused_until_its_holder_falls_silent(state: StateDatabase):
    def claim(holder: str, now: datetime) -> None:
        with state.write() as session:
            workers.claim_slot(session, slot="worker-1", holder=holder, now=now, stale_after=MINUTE)

    claim("here:1", NOON)
    with pytest.raises(DataError, match="in use by here:1") as refused:
        claim("here:2", NOON + MINUTE / 2)
    assert "SHOPSIGHT_WORKER_SLOT" in refused.value.remedy
    with state.write() as session:
        assert workers.beat(session, slot="worker-1", holder="here:1", now=NOON + MINUTE / 2)
        assert workers.last_seen(session) == NOON + MINUTE / 2
    claim("here:2", NOON + 2 * MINUTE)
    with state.write() as session:
        assert not workers.beat(session, slot="worker-1", holder="here:1", now=NOON + 2 * MINUTE)
        workers.release_slot(session, slot="worker-1", holder="here:1")  # not its own any more
        assert workers.last_seen(session) == NOON + 2 * MINUTE
        workers.release_slot(session, slot="worker-1", holder="here:2")
        assert workers.last_seen(session) is None


def test_targets_are_read_by_month(state: StateDatabase):
    for month in (1, 2, 3):
        with state.write() as session:
            targets.write_target(
                session,
                metric="revenue",
                month=date(2026, month, 15),
                value=float(month),
                by="mia",
                now=NOON,
            )
    with state.read() as session:
        found = targets.read_targets(
            session, first_month=date(2026, 2, 1), last_month=date(2026, 3, 1)
        )
    assert [(row.month, row.value) for row in found] == [
        (date(2026, 2, 1), 2.0),
        (date(2026, 3, 1), 3.0),
    ]


def test_import_reports_are_kept_newest_first(state: StateDatabase):
    for number in (1, 2):
        with state.write() as session:
            import_reports.add_report(
                session, source=f"{number}.csv", by="ada", report={"read": number}, now=NOON
            )
    with state.read() as session:
        assert [row.source for row in import_reports.list_reports(session)] == ["2.csv", "1.csv"]
