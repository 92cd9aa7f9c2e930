"""Stores of switches and experiments, on each engine."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from data_access.errors import DataError
from data_access.state import experiments, switches
from data_access.state.engine import StaleWriteError, StateDatabase
from data_access.state.model_tables import Experiment
from data_access.state.predictions import Believed, log_predictions, record_outcomes

NOW = datetime(2026, 1, 7, 9, 0)


def begun(state: StateDatabase, capability: str = "fraud", **values: object) -> int:
    with state.write() as session:
        row = Experiment(
            capability=capability, running_of=capability, mode="split", champion=1, challenger=2,
            share=0.3, salt="s", started_at=NOW, started_by="ada",
        )  # fmt: skip
        for name, value in values.items():
            setattr(row, name, value)
        session.add(row)
        session.flush()
        return row.experiment_id


def test_a_switch_is_made_when_it_is_first_touched(state: StateDatabase) -> None:
    with state.write() as session:
        assert switches.get_switch(session, "fraud") is None
        row = switches.open_switch(session, "fraud", by="ada", now=NOW, expected_version=0)
        row.confidence = 0.7
    with state.read() as session:
        (kept,) = switches.list_switches(session).values()
        assert (kept.active, kept.promotes, kept.confidence, kept.changed_by, kept.version) == (
            True, False, 0.7, "ada", 1,
        )  # fmt: skip
    with pytest.raises(StaleWriteError), state.write() as session:
        switches.open_switch(session, "fraud", by="bob", now=NOW, expected_version=0)


def test_one_experiment_a_capability_runs(state: StateDatabase) -> None:
    number = begun(state)
    begun(state, "forecasting")
    with pytest.raises(DataError):
        begun(state)
    with state.read() as session:
        found = experiments.running_experiment(session, "fraud")
        assert found is not None
        assert found.experiment_id == number
        assert set(experiments.running_experiments(session)) == {"fraud", "forecasting"}
        assert experiments.running_experiment(session, "pricing") is None


@pytest.mark.parametrize(
    ("champion", "ending"), [(2, "promoted"), (5, "overtaken"), (None, "overtaken")]
)
def test_a_new_champion_ends_what_runs(
    state: StateDatabase, champion: int | None, ending: str
) -> None:
    number = begun(state)
    with state.write() as session:
        experiments.end_for_champion(session, "fraud", champion=champion, by="bob", now=NOW)
    with state.read() as session:
        row = experiments.get_experiment(session, number)
        assert (row.running_of, row.ending, row.ended_by, row.version) == (None, ending, "bob", 2)
        assert experiments.list_experiments(session, "fraud", ended_only=True) == [row]
    begun(state)  # the place is free again
    with state.write() as session:
        assert (
            experiments.end_for_champion(session, "forecasting", champion=1, by="bob", now=NOW)
            is None
        )


def test_what_is_logged_and_graded_while_it_ran(state: StateDatabase) -> None:
    number = begun(state, ended_at=NOW + timedelta(days=2))

    def log(name: str, arm: str, version: int, days: int) -> None:
        with state.write() as session:
            log_predictions(
                session,
                capability="fraud",
                model_version=version,
                arm=arm,
                as_of=date(2026, 1, 7),
                made_at=NOW + timedelta(days=days),
                rows=[Believed(entity=name, prediction=0.5, features_ref=f"unit:{name[-1]}")],
            )

    for name, arm, version, days in (
        ("order:1a", "champion", 1, 1),
        ("order:2a", "champion", 1, 1),
        ("order:3b", "baseline", 1, 1),
        ("order:4c", "champion", 1, -1),  # before
        ("order:5d", "champion", 1, 3),  # after
        ("order:6e", "champion", 9, 1),  # another version
        ("order:7f", "challenger", 2, 1),
    ):
        log(name, arm, version, days)
    with state.write() as session:
        record_outcomes(session, "fraud", {"order:1a": 1.0, "order:7f": 0.0}, NOW)
    with state.read() as session:
        row = experiments.get_experiment(session, number)
        arms = ("champion", "baseline")
        found = experiments.logged(session, row, arms=arms, number=1, prefix="unit:")
        assert (found.predictions, found.graded, found.units) == (3, 1, 2)
        assert found.last_outcome_at == NOW
        (kept,) = experiments.graded(session, row, arms=arms, number=1, limit=10)
        assert (kept.entity, kept.features_ref, kept.prediction, kept.outcome) == (
            "order:1a", "unit:a", 0.5, 1.0,
        )  # fmt: skip
        assert experiments.graded(session, row, arms=("shadow",), number=2, limit=10) == []
