"""One row a capability, from the contract alone."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from app.context import Desk
from app.services import registry
from app.services.registry import live
from app.services.registry.overview import CapabilityRow
from data_access.state import version_notes
from data_access.state.alerts import raise_alert
from data_access.state.drift import keep_check
from data_access.state.jobs import note_queued
from data_access.state.model_health import keep_health
from data_access.state.model_tables import CapabilitySwitch
from data_access.state.predictions import Believed, log_predictions, record_outcomes
from ml import contract
from ml.declared import Candidate, Measure
from tests.factories.model_versions import NOW, decide, lay_version


def row(desk: Desk, key: str = "forecasting") -> CapabilityRow:
    return next(one for one in registry.overview(desk, NOW).rows if one.key == key)


def healthy(desk: Desk, state: str = "good", key: str = "forecasting") -> None:
    with desk.state.write() as session:
        keep_health(session, key, checked_at=NOW, state=state, sentence=f"It is {state}.", parts={})


def test_a_capability_of_which_nothing_is_known_has_a_row_that_says_so(desk: Desk) -> None:
    told = row(desk)

    assert (told.light, told.version, told.since, told.live, told.drift) == (
        "unknown", None, None, None, None,
    )  # fmt: skip
    assert told.rule
    assert "hourly check" in told.reason


def test_a_third_capability_appears_by_being_listed_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = SimpleNamespace(
        key="weather",
        label="Weather",
        question="Will it rain on market day?",
        primary="hits",
        measures=(
            Measure(slug="hits", label="Hits", unit="share", better="higher", about="Days right."),
        ),
        candidates=(
            Candidate(key="as_yesterday", label="As yesterday", about="Says what was.",
                      is_baseline=True),
            Candidate(key="clouds", label="Clouds", about="Looks at the sky."),
        ),
        figures=lambda rows, said="predicted": {
            "hits": float((rows[said].round() == rows["actual"]).mean())
        },
    )  # fmt: skip
    listed: tuple[Any, ...] = (*contract.capabilities(), tiny)
    monkeypatch.setattr(contract, "capabilities", lambda: listed)
    lay_version(desk, 1, capability="weather", candidate="clouds", measure="hits", wape=0.8)
    decide(desk, 1, key="weather")
    healthy(desk, key="weather")

    told = row(desk, "weather")
    assert (told.label, told.model, told.rule) == ("Weather", "Clouds", "Says what was.")
    assert told.version is not None
    assert told.version.number == 1
    assert (told.light, told.by) == ("good", "ann")
    assert len(registry.overview(desk, NOW).rows) == 3
    assert registry.listed(desk, "weather", registry.VersionFilter()).rows[0].primary == 0.8


def test_the_light_is_the_worst_that_is_known(desk: Desk) -> None:
    lay_version(desk, 1)
    decide(desk, 1)
    healthy(desk)
    assert (row(desk).light, row(desk).reason) == ("good", "It is good.")

    with desk.state.write() as session:
        raise_alert(
            session, capability="forecasting", kind="drift", key="forecasting/drift",
            urgency="watch", title="Prices moved", text="…", now=NOW,
        )  # fmt: skip
    assert (row(desk).light, row(desk).reason) == ("watch", "Prices moved.")

    with desk.state.write() as session:
        raise_alert(
            session, capability="forecasting", kind="files", key="forecasting/files",
            urgency="bad", title="A file was altered", text="…", now=NOW,
        )  # fmt: skip
    assert (row(desk).light, row(desk).reason) == ("bad", "A file was altered.")
    assert row(desk, "fraud").light == "unknown"

    with desk.state.write() as session:
        session.add(
            CapabilitySwitch(
                capability="forecasting", active=False, reason="Stocktaking.", changed_by="ada",
                changed_at=NOW,
            )
        )  # fmt: skip
    assert row(desk).light == "off"
    assert "Stocktaking." in row(desk).reason


def test_a_check_that_stopped_looking_is_no_green_light(desk: Desk) -> None:
    healthy(desk)
    later = next(
        one for one in registry.overview(desk, NOW + timedelta(hours=4)).rows
        if one.key == "forecasting"
    )  # fmt: skip
    assert later.light == "watch"
    assert "more than three hours" in later.reason


def test_a_champion_that_is_not_in_the_store_is_told(desk: Desk) -> None:
    decide(desk, 7)
    healthy(desk)

    assert row(desk).light == "bad"
    assert row(desk).reason == "Version 7 should decide and is not in the model store."


def test_quality_since_live_counts_only_what_the_champion_said_since(desk: Desk) -> None:
    lay_version(desk, 1)
    decide(desk, 1)
    with desk.state.write() as session:
        for number, (version, arm, made_at) in enumerate(
            (
                (1, "champion", NOW + timedelta(hours=1)),
                (1, "champion", NOW - timedelta(days=1)),  # before it decided
                (1, "shadow", NOW + timedelta(hours=1)),
                (2, "champion", NOW + timedelta(hours=1)),
            )
        ):
            log_predictions(
                session, capability="forecasting", model_version=version, arm=arm,
                as_of=date(2026, 3, 1 + number), made_at=made_at,
                rows=[
                    Believed(entity=f"{number}/{at}", prediction=12.0 if number == 0 else 90.0)
                    for at in range(40)
                ],
            )  # fmt: skip
    assert live.since(desk, "forecasting", 1, NOW) == live.Live(value=None, graded=0, newest=None)

    with desk.state.write() as session:
        record_outcomes(
            session, "forecasting",
            {f"{number}/{at}": 10.0 for number in range(4) for at in range(40)}, NOW,
        )  # fmt: skip
    found = live.since(desk, "forecasting", 1, NOW)
    assert found.graded == 40
    assert found.value == pytest.approx(0.2)
    assert row(desk).live == found


def test_too_few_graded_predictions_are_no_quality(desk: Desk) -> None:
    lay_version(desk, 1)
    decide(desk, 1)
    with desk.state.write() as session:
        log_predictions(
            session, capability="forecasting", model_version=1, arm="champion",
            as_of=date(2026, 3, 1), made_at=NOW,
            rows=[Believed(entity=str(at), prediction=1.0) for at in range(5)],
        )  # fmt: skip
        record_outcomes(session, "forecasting", {str(at): 1.0 for at in range(5)}, NOW)
    found = live.since(desk, "forecasting", 1, NOW)

    assert (found.value, found.graded) == (None, 5)
    primary = row(desk).primary
    assert "too few to tell" in live.in_words(found, primary, "–")


def test_drift_jobs_triggers_and_challengers_stand_in_the_row(desk: Desk) -> None:
    with desk.state.write() as session:
        for day, score in ((1, 2.0), (2, 0.5)):
            keep_check(
                session, capability="forecasting", model_version=0, snapshot=1,
                day=date(2026, 3, day), checked_at=NOW, score=score, alarm=score > 1,
                sentence=f"Day {day}.", rows={},
            )  # fmt: skip
        version_notes.set_challenger(
            session, capability="forecasting", number=3, challenger=True, by="worker", now=NOW
        )
    note_queued(
        desk.state, job_id="j1", kind="train", title="Train", asked_by="ann", asked_at=NOW,
        parameters={"capability": "forecasting"},
    )  # fmt: skip
    note_queued(
        desk.state, job_id="j2", kind="train", title="Train fraud", asked_by="ann", asked_at=NOW,
        parameters={"capability": "fraud"},
    )  # fmt: skip
    told = row(desk)

    assert told.drift is not None
    assert told.drift.sentence == "Day 2."
    assert [job.job_id for job in told.jobs] == ["j1"]
    assert told.challengers == (3,)
    assert registry.overview(desk, NOW).jobs == 2


def test_versions_that_do_not_decide_are_not_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_version(desk, 1)
    decide(desk, 1)
    registry.overview(desk, NOW)
    for number in range(2, 20):
        lay_version(desk, number)
    read: list[str] = []
    head = desk.models._head
    monkeypatch.setattr(desk.models, "_head", lambda folder: read.append(folder) or head(folder))

    registry.overview(desk, NOW)
    assert read == []
