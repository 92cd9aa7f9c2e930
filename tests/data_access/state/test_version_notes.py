"""Notes of versions: one a version, and whoever was overtaken is told."""

from __future__ import annotations

from datetime import datetime

import pytest

from data_access.state.engine import StaleWriteError, StateDatabase
from data_access.state.version_notes import (
    challengers,
    get_note,
    notes_of,
    remove_note,
    set_challenger,
    set_note,
)

NOW = datetime(2026, 3, 1, 12)


def write(state: StateDatabase, number: int, note: str, expected: int | None = None) -> int:
    with state.decide("ada", "version.noted", f"version:fraud/{number}") as session:
        row = set_note(
            session, capability="fraud", number=number, note=note, by="ada", now=NOW,
            expected_version=expected,
        )  # fmt: skip
    return row.version


def test_a_note_is_kept_by_version_and_capability(state: StateDatabase) -> None:
    write(state, 3, "Trained before the sale.")
    with state.read() as session:
        kept = get_note(session, "fraud", 3)
        assert kept is not None
        assert (kept.note, kept.changed_by, kept.challenger) == (
            "Trained before the sale.",
            "ada",
            False,
        )
        assert set(notes_of(session, "fraud")) == {3}
        assert notes_of(session, "forecasting") == {}


def test_whoever_saw_an_older_note_is_refused_and_nothing_is_written(state: StateDatabase) -> None:
    seen = write(state, 3, "first", expected=0)
    write(state, 3, "second", expected=seen)

    with pytest.raises(StaleWriteError):
        write(state, 3, "third", expected=seen)
    with pytest.raises(StaleWriteError):
        write(state, 3, "third", expected=0)
    with state.read() as session:
        kept = get_note(session, "fraud", 3)
        assert kept is not None
        assert kept.note == "second"


def test_challengers_wait_by_capability_and_keep_their_note(state: StateDatabase) -> None:
    write(state, 1, "kept")
    with state.write() as session:
        for capability, number in (("fraud", 1), ("fraud", 4), ("forecasting", 2)):
            set_challenger(
                session, capability=capability, number=number, challenger=True, by="worker", now=NOW
            )
    with state.write() as session:
        set_challenger(
            session, capability="forecasting", number=2, challenger=False, by="worker", now=NOW
        )
    with state.read() as session:
        assert challengers(session) == {"fraud": [4, 1]}
        kept = get_note(session, "fraud", 1)
        assert kept is not None
        assert kept.note == "kept"


def test_a_note_goes_with_its_version(state: StateDatabase) -> None:
    write(state, 3, "going")
    with state.write() as session:
        remove_note(session, "fraud", 3)
        remove_note(session, "fraud", 99)
    with state.read() as session:
        assert get_note(session, "fraud", 3) is None
