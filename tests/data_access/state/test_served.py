"""What answers in place of a refused champion, and how much versions are asked."""

from __future__ import annotations

import threading
from datetime import datetime

import pytest

from data_access.scope import Scope
from data_access.state import champions, model_uses, served
from data_access.state.engine import StateDatabase
from data_access.state.model_uses import Used

NOW = datetime(2026, 3, 31, 12)
HOUR = datetime(2026, 3, 31, 11)


def decide(state: StateDatabase, *versions: int | None, key: str = "fraud") -> None:
    for version in versions:
        with state.write() as session:
            champions.change_champion(
                session, capability=key, to_version=version, by="ann", now=NOW, passed_check=True
            )


def take_back(state: StateDatabase) -> None:
    with state.write() as session:
        newest = champions.time_line(session, "fraud", limit=1)[0]
        champions.change_champion(
            session,
            capability="fraud",
            to_version=newest.from_version,
            by="ann",
            now=NOW,
            passed_check=True,
            undoes=newest.change_id,
        )


def before(state: StateDatabase) -> list[int | None]:
    with state.read() as session:
        return served.decided_before(session, "fraud")


def test_nobody_decided_before_the_first(state: StateDatabase) -> None:
    assert before(state) == []
    decide(state, 1)
    assert before(state) == [None]


def test_who_decided_before_comes_the_latest_first(state: StateDatabase) -> None:
    decide(state, 1, 2, 5)
    assert before(state) == [2, 1, None]


def test_what_was_taken_back_never_comes_back(state: StateDatabase) -> None:
    decide(state, 1, 2)
    take_back(state)
    assert before(state) == [None]
    decide(state, 3)
    assert before(state) == [1, None]


def test_a_pause_does_not_hide_who_decided_before(state: StateDatabase) -> None:
    decide(state, 1, 2, None, 2)
    assert before(state) == [1, None]


def test_a_wanted_rule_of_thumb_stands_between(state: StateDatabase) -> None:
    decide(state, 1, None, 2)
    assert before(state) == [None]


def test_who_answers_follows_what_was_noted_until_the_champion_changes(
    state: StateDatabase,
) -> None:
    decide(state, 1, 2)
    decide(state, 7, key="fraud/category:C1")
    with state.write() as session:
        served.put_instead(session, key="fraud", champion=2, serves=1, why="altered", now=NOW)
        served.put_instead(
            session, key="fraud/category:C1", champion=7, serves=None, why="gone", now=NOW
        )
    with state.read() as session:
        assert served.answering(session, "fraud") == (1, {})
        row = served.get_instead(session, "fraud")
        assert row is not None
        assert row.change_id == 2
    decide(state, 3)
    decide(state, 8, key="fraud/category:C1")
    with state.read() as session:
        assert served.answering(session, "fraud") == (3, {Scope("category", "C1"): 8})


def test_what_is_noted_again_keeps_its_beginning(state: StateDatabase) -> None:
    decide(state, 1, 2)
    later = datetime(2026, 4, 1)
    for now, why in ((NOW, "altered"), (later, "gone")):
        with state.write() as session:
            served.put_instead(session, key="fraud", champion=2, serves=1, why=why, now=now)
    with state.read() as session:
        row = served.get_instead(session, "fraud")
        assert row is not None
        assert (row.since, row.why) == (NOW, "gone")
    with state.write() as session:
        assert served.remove_instead(session, "fraud") is not None
        assert served.remove_instead(session, "fraud") is None


def use(version: int = 3, *, hour: datetime = HOUR, **given: float) -> Used:
    told = {"calls": 1, "predictions": 10, "errors": 0, "seconds": 0.5, "slowest": 0.5} | given
    return Used(
        capability="fraud", model_version=version, hour=hour, peak_mb=given.get("peak_mb"), **{
            name: value for name, value in told.items() if name != "peak_mb"
        },  # type: ignore[arg-type]
    )  # fmt: skip


def test_what_is_counted_adds_up_within_the_hour(state: StateDatabase) -> None:
    with state.write() as session:
        model_uses.add_uses(session, [use(), use(4)])
        model_uses.add_uses(session, [])
    with state.write() as session:
        model_uses.add_uses(session, [use(predictions=5, slowest=2.0, errors=1, peak_mb=300.0)])
    with state.write() as session:
        model_uses.add_uses(session, [use(slowest=0.1, peak_mb=200.0)])
    with state.read() as session:
        told = {one.model_version: one for one in model_uses.uses_since(session, HOUR, "fraud")}
    assert told[3] == use(
        calls=3, predictions=25, errors=1, seconds=1.5, slowest=2.0, peak_mb=300.0
    )
    assert told[4] == use(4)


def test_sums_of_all_hours_are_one_row_a_version(state: StateDatabase) -> None:
    later = datetime(2026, 3, 31, 12)
    with state.write() as session:
        model_uses.add_uses(session, [use(), use(hour=later, slowest=0.7), use(9)])
    with state.read() as session:
        assert [one.hour for one in model_uses.uses_since(session, later)] == [later]
        in_all = model_uses.uses_in_all(session)
    assert [(one.model_version, one.calls, one.predictions) for one in in_all] == [
        (3, 2, 20),
        (9, 1, 10),
    ]
    assert in_all[0].seconds == pytest.approx(1.0)
    assert (in_all[0].slowest, in_all[0].hour) == (0.7, later)


def test_two_that_count_at_once_lose_nothing(state: StateDatabase) -> None:
    def work() -> None:
        for _ in range(10):
            with state.write() as session:
                model_uses.add_uses(session, [use()])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with state.read() as session:
        assert model_uses.uses_in_all(session)[0].calls == 40
