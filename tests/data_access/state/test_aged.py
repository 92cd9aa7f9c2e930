"""Old rows go in portions on each engine; what what decides now is judged by stays."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from data_access.state import aged
from data_access.state.engine import StateDatabase
from data_access.state.model_tables import Experiment, ModelUse
from data_access.state.predictions import Believed, log_predictions
from data_access.state.tables import Champion, Prediction

NOW = datetime(2026, 3, 20)
OLD = date(2024, 1, 1)


def say(state: StateDatabase, capability: str, day: date, rows: int) -> None:
    with state.write() as session:
        log_predictions(
            session,
            capability=capability,
            model_version=1,
            arm="champion",
            as_of=day,
            made_at=NOW,
            rows=[Believed(entity=f"{day}/{n}", prediction=1.0) for n in range(rows)],
        )


def left(state: StateDatabase, table: type) -> int:
    with state.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_rows_go_in_portions_and_those_needed_are_skipped(
    state: StateDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aged, "PORTION", 3)
    say(state, "forecasting", OLD, 4)
    say(state, "fraud", OLD, 4)  # tried since before
    say(state, "forecasting", OLD + timedelta(days=1), 4)
    say(state, "forecasting", NOW.date(), 2)
    with state.write() as session:
        session.add(
            Experiment(
                capability="fraud",
                running_of="fraud",
                mode="shadow",
                challenger=1,
                share=0.0,
                salt="s",
                started_at=datetime(2023, 1, 1),
                started_by="ada",
            )
        )
    with state.read() as session:
        needed = aged.needed_since(session)
        rule = aged.predictions(NOW - timedelta(days=365), needed)
        there, going, _, held = aged.count(session, rule)
    assert needed == {"fraud": date(2023, 1, 1)}
    assert (there, going, [number for _, number in held]) == (14, 8, [4])
    portions = []
    last = None
    while True:
        gone, last = aged.remove_portion(state, rule, last)
        if last is None:
            break
        portions.append(gone)
    assert portions == [3, 3, 2]
    with state.read() as session:
        kept = session.execute(select(Prediction.capability, Prediction.as_of)).all()
    assert sorted({(key, day) for key, day in kept}) == [
        ("forecasting", NOW.date()),
        ("fraud", OLD),
    ]


def test_the_oldest_of_a_whole_and_its_parts_says_since_when_it_is_needed(
    state: StateDatabase,
) -> None:
    with state.write() as session:
        for key, version, year in (
            ("forecasting", 2, 2025),
            ("forecasting/product:mug", 1, 2024),
            ("fraud", None, 2020),
        ):
            session.add(
                Champion(
                    capability=key, model_version=version, since=datetime(year, 1, 1), by="ada"
                )
            )
    with state.read() as session:
        assert aged.needed_since(session) == {"forecasting": date(2024, 1, 1)}


def test_rows_with_a_key_of_several_columns_go_too(state: StateDatabase) -> None:
    with state.write() as session:
        for number in range(4):
            session.add(
                ModelUse(
                    capability="fraud",
                    model_version=number,
                    hour=NOW - timedelta(days=400 * (number % 2)),
                    calls=1,
                    predictions=1,
                    errors=0,
                    seconds=0.1,
                    slowest=0.1,
                )
            )
    rule = aged.uses(NOW - timedelta(days=365))
    assert aged.remove_portion(state, rule)[0] == 2
    assert left(state, ModelUse) == 2
