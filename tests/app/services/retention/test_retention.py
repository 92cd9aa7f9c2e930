"""The dry run says exactly what goes; what goes is gone, what is needed is there."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import select

from app.access import AccessDenied, Identity, Role
from app.context import Desk
from app.services import jobs, retention
from app.services.retention.views import NOUNS
from data_access.state.forecast_tables import ForecastOverride
from data_access.state.fraud_tables import FraudScore
from data_access.state.model_tables import (
    CapabilitySwitch,
    Experiment,
    ServedInstead,
    VersionNote,
)
from data_access.state.pins import pin
from data_access.state.publications import list_publications
from data_access.state.tables import AuditEntry, Prediction
from tests.factories.fraud_cases import add_case
from tests.factories.old_things import (
    NOW,
    OLD,
    clutter,
    decides,
    publication,
    said,
    score,
    snapshot,
    strict,
)
from tests.factories.stored_versions import lay

ADMIN = Identity(name="root", role=Role.admin)


def quiet(step: str, share: float) -> None:
    """Nobody watches."""


def remove(desk: Desk) -> dict[str, int]:
    return retention.remove(desk, asked_by="root", progress=quiet, now=NOW).counts


def planned(desk: Desk) -> dict[str, int]:
    return {line.key: line.going for line in retention.plan(desk, ADMIN, now=NOW).lines}


def numbers(desk: Desk, capability: str = "forecasting") -> list[int]:
    return [one.number for one in desk.models.versions(capability)]


def test_the_dry_run_tells_what_goes_and_removes_nothing(desk: Desk) -> None:
    clutter(desk)
    strict(desk, keep_versions=1)
    told = planned(desk)
    assert set(told) == set(NOUNS)
    assert planned(desk) == told
    gone = remove(desk)
    assert gone == told
    assert all(gone[key] for key in ("predictions", "scores", "checks", "alerts", "uses"))
    assert all(gone[key] for key in ("publications", "versions", "snapshots", "notes"))
    assert set(planned(desk).values()) == {0}
    assert set(remove(desk).values()) == {0}


def test_what_goes_is_told_with_its_room_and_left_in_the_audit(desk: Desk) -> None:
    clutter(desk)
    strict(desk, keep_versions=1)
    plan = retention.plan(desk, ADMIN, now=NOW)
    lines = {line.key: line for line in plan.lines}
    assert lines["publications"].bytes == 500 * lines["publications"].going
    assert lines["snapshots"].bytes == 1_000 * lines["snapshots"].going
    assert lines["predictions"].bytes is None
    assert plan.bytes > 0
    removed = retention.remove(desk, asked_by="root", progress=quiet, now=NOW)
    assert removed.bytes == plan.bytes
    assert "model versions" in removed.sentence
    with desk.state.read() as session:
        entries = list(session.scalars(select(AuditEntry).order_by(AuditEntry.entry_id)))
    assert entries[-1].act == "retention.removed"
    assert entries[-1].actor == "root"
    assert entries[-1].after == {key: n for key, n in removed.counts.items() if n}
    assert {one.act for one in entries} >= {"version.deleted", "retention.removed"}


def test_versions_that_decide_decided_are_tried_noted_or_cited_stay(desk: Desk) -> None:
    for number in range(1, 13):
        lay(desk, "forecasting", number, created_at=OLD)
    lay(desk, "forecasting", 13, created_at=NOW)
    strict(desk, keep_versions=1)
    decides(desk, "forecasting", 1, 2)  # 2 decides, 1 is an undo away
    decides(desk, "forecasting/product:mug", 3)
    said(desk, 6, NOW.date())
    publication(desk, NOW.date(), version=7, number=1)
    with desk.state.write() as session:
        session.add(
            Experiment(
                capability="forecasting",
                running_of="forecasting",
                mode="shadow",
                champion=2,
                challenger=4,
                share=0.0,
                salt="s",
                started_at=NOW,
                started_by="ada",
            )
        )
        session.add(
            VersionNote(
                capability="forecasting",
                number=5,
                note="The best of spring",
                changed_by="ada",
                changed_at=NOW,
            )
        )
        session.add(
            VersionNote(
                capability="forecasting",
                number=8,
                challenger=True,
                changed_by="worker",
                changed_at=NOW,
            )
        )
        session.add(
            CapabilitySwitch(
                capability="forecasting", active=False, resumes=9, changed_by="ada", changed_at=NOW
            )
        )
        session.add(
            ServedInstead(capability="forecasting", champion=2, serves=10, why="x", since=NOW)
        )
    line = next(one for one in retention.plan(desk, ADMIN, now=NOW).lines if one.key == "versions")
    assert dict(line.held) == {
        "it decides now": 2,
        "the undo leads back to it": 1,
        "it is tried in an experiment": 1,
        "it waits as challenger": 1,
        "it stands by for the champion": 2,
        "somebody wrote a note of it": 1,
        "predictions by it are kept": 1,
        "publications by it are kept": 1,
    }
    assert remove(desk)["versions"] == 2
    assert numbers(desk) == [13, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert all(desk.models.files("forecasting", number).exists() for number in numbers(desk))


def test_snapshots_that_something_reads_or_learned_from_stay(desk: Desk) -> None:
    for number in range(1, 9):
        snapshot(desk, number, OLD + timedelta(days=number))
    strict(desk, keep_snapshots=2)
    lay(desk, "forecasting", 1)  # learned from snapshot 1
    decides(desk, "forecasting", 1)
    publication(desk, NOW.date(), version=1, number=3)
    with desk.state.write() as session:
        pin(session, snapshot=4, holder="job:x", now=NOW)
    assert remove(desk)["snapshots"] == 3
    assert [one.number for one in desk.store.list()] == [8, 7, 4, 3, 1]
    for manifest in desk.store.list():
        assert all(path.exists() for path in desk.store.paths(manifest, "orders"))


def test_the_newest_publications_stay_and_of_older_weeks_the_last_one(desk: Desk) -> None:
    # Monday 2 to Wednesday 18 November, a forecast a day
    for day in range(17):
        publication(desk, date(2026, 11, 2) + timedelta(days=day), version=None, number=1)
    strict(desk, keep_publications=2)
    with desk.state.write() as session:
        session.add(
            ForecastOverride(
                level="product",
                series_id="mug",
                first_week=date(2026, 11, 2),
                last_week=date(2026, 11, 2),
                kind="share",
                value=0.2,
                reason="promotion",
                publication=1,
                by="ada",
                at=datetime(2026, 11, 2),
            )
        )
    assert remove(desk)["publications"] == 12
    with desk.state.read() as session:
        rows = [row.as_of.isoformat() for row in list_publications(session)]
    assert rows == ["2026-11-18", "2026-11-17", "2026-11-15", "2026-11-08", "2026-11-02"]
    folders = {path.name for path in (desk.settings.artifacts / "forecasts").iterdir()}
    assert folders == {f"forecasting-{row}" for row in rows}


def test_beyond_two_years_one_publication_a_month_stays(desk: Desk) -> None:
    for day in (date(2024, 3, 4), date(2024, 3, 20), date(2024, 4, 2), date(2026, 11, 9)):
        publication(desk, day, version=None, number=1)
    strict(desk, keep_publications=1)
    assert remove(desk)["publications"] == 1


def test_predictions_since_the_champion_began_and_scores_of_cases_stay(desk: Desk) -> None:
    began = OLD + timedelta(days=10)
    decides(desk, "forecasting", 2, at=began)
    said(desk, 0, OLD.date(), rows=4)
    said(desk, 2, began.date(), rows=5)
    said(desk, 1, OLD.date(), rows=6, capability="fraud")
    add_case(desk, "A1", now=NOW)
    with desk.state.write() as session:
        session.add_all([score("A1", OLD), score("A2", OLD)])
    plan = {line.key: line for line in retention.plan(desk, ADMIN, now=NOW).lines}
    assert plan["predictions"].going == 10
    assert dict(plan["predictions"].held) == {"made since the model that decides now began": 5}
    assert dict(plan["scores"].held) == {"of orders that became a case": 1}
    remove(desk)
    with desk.state.read() as session:
        assert set(session.scalars(select(Prediction.model_version))) == {2}
        left = set(session.scalars(select(FraudScore.order_id)))
    assert left >= {"A1"}
    assert "A2" not in left


def test_what_an_active_version_needs_stays_through_random_decisions_and_settings(
    desk: Desk,
) -> None:
    chance = Random(11)
    for number in range(1, 8):
        snapshot(desk, number, OLD + timedelta(days=number))
    for number in range(1, 31):
        lay(desk, "fraud", number, created_at=OLD + timedelta(days=chance.randrange(900)))
    active: set[int] = set()
    for turn in range(6):
        there = numbers(desk, "fraud")
        first, second, third = chance.sample(there, 3)
        decides(desk, f"fraud/category:{turn}", first, second)
        with desk.state.write() as session:
            session.merge(
                VersionNote(
                    capability="fraud",
                    number=third,
                    challenger=True,
                    changed_by="worker",
                    changed_at=NOW,
                    version=1,
                )
            )
        active |= {first, second, third}
        strict(desk, keep_versions=chance.randrange(1, 12))
        strict(desk, keep_versions_days=chance.choice([1, 90]))
        at = OLD + timedelta(days=150 * turn)
        retention.remove(desk, asked_by="root", progress=quiet, now=at)
        assert active <= set(numbers(desk, "fraud"))
        assert all(desk.models.files("fraud", number).exists() for number in active)
        assert 1 in {one.number for one in desk.store.list()}  # they all learned from it


def test_a_version_activated_since_the_look_is_not_removed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.services.retention import acting

    for number in (1, 2, 3):
        lay(desk, "fraud", number, created_at=OLD + timedelta(days=number))
    strict(desk, keep_versions=1)
    looked = acting.look

    def look_and_be_overtaken(*given: object) -> object:
        found = looked(*given)  # type: ignore[arg-type]
        if not numbers_decided(desk):
            decides(desk, "fraud", 1)
        return found

    monkeypatch.setattr(acting, "look", look_and_be_overtaken)
    assert remove(desk)["versions"] == 1
    assert numbers(desk, "fraud") == [3, 1]


def numbers_decided(desk: Desk) -> bool:
    from data_access.state.champions import list_champions

    with desk.state.read() as session:
        return bool(list_champions(session))


def test_a_folder_without_a_row_goes_once_it_is_old_and_one_of_a_running_job_stays(
    desk: Desk,
) -> None:
    import os

    publication(desk, NOW.date(), version=None, number=1)
    for name, age in (("stray", timedelta(days=3)), ("begun", timedelta(minutes=5))):
        folder = desk.settings.artifacts / "forecasts" / name
        folder.mkdir()
        stamp = (NOW - age - datetime(1970, 1, 1)).total_seconds()
        os.utime(folder, (stamp, stamp))
    remove(desk)
    left = {path.name for path in (desk.settings.artifacts / "forecasts").iterdir()}
    assert left == {"begun", f"forecasting-{NOW.date()}"}


def test_everybody_may_look_and_only_admins_may_remove(desk: Desk) -> None:
    for role in Role:
        assert retention.plan(desk, Identity(name="x", role=role), now=NOW).going == 0
    for role in (Role.merchandiser, Role.fraud_analyst, Role.manager):
        person = Identity(name="x", role=role)
        with pytest.raises(AccessDenied):
            jobs.start(desk, person, "retain", {})
        with pytest.raises(AccessDenied):
            retention.ask(desk, person, "Why not")


def test_a_removal_by_hand_needs_a_reason(desk: Desk) -> None:
    for reason in ("", "  ", "x" * 501):
        with pytest.raises(retention.RetentionError) as refused:
            retention.ask(desk, ADMIN, reason)
        assert refused.value.remedy
