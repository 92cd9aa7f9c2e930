"""A champion whose files are not what was stored never answers; the last good one does, and that
is told once and taken back by itself.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import pytest

from app.context import Desk
from app.services import alerts, serving
from app.services.serving import ModelRefused, answering, memory
from data_access.errors import DataError
from data_access.models.safety import hashes
from data_access.models.store import _whole
from data_access.state import served
from data_access.state.model_tables import ServedInstead
from data_access.state.tables import AuditEntry
from tests.factories.laid_models import decide, features, files_of, fraud_model, lay_version


@pytest.fixture(scope="module")
def models() -> list[Any]:
    return [fraud_model(seed, offset=float(seed)) for seed in (1, 2, 3)]


@pytest.fixture
def two(desk: Desk, models: list[Any]) -> Desk:
    """Version 1 decided, then version 2."""
    for number, model in enumerate(models, start=1):
        lay_version(desk, number, model)
    decide(desk, 1, 2)
    return desk


def row_of(desk: Desk) -> ServedInstead | None:
    with desk.state.read() as session:
        return served.get_instead(session, "fraud")


def acts(desk: Desk) -> list[str]:
    with desk.state.read() as session:
        told = session.query(AuditEntry).order_by(AuditEntry.entry_id)
        return [one.act for one in told if one.act.startswith("champion.") and one.actor != "ann"]


def alter(desk: Desk) -> None:
    path = files_of(desk, 2) / "model.txt"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def lose(desk: Desk) -> None:
    (files_of(desk, 2) / "model.txt").unlink()


def lose_all(desk: Desk) -> None:
    shutil.rmtree(files_of(desk, 2))


def swap(desk: Desk) -> None:
    shutil.copy(files_of(desk, 1) / "model.txt", files_of(desk, 2) / "model.txt")


def add_pickle(desk: Desk) -> None:
    (files_of(desk, 2) / "extra.txt").write_bytes(pickle.dumps({"a": 1}))


def lose_facts(desk: Desk) -> None:
    _new_store(desk)
    (files_of(desk, 2).parent / "version.json").unlink()


def spoil_facts(desk: Desk) -> None:
    _new_store(desk)
    (files_of(desk, 2).parent / "version.json").write_text('{"capability": "fraud", "num')


def of_forecasting(desk: Desk) -> None:
    """Files of another capability, with hashes that fit."""
    folder = files_of(desk, 2)
    (folder / "model.txt").unlink()
    (folder / "model.json").write_text(
        json.dumps({"format": 2, "candidate": "lightgbm", "parameters": {"horizon_weeks": 8}})
    )
    _say(desk, files=hashes(folder))


def says_forecasting(desk: Desk) -> None:
    _say(desk, capability="forecasting")


def of_another_version(desk: Desk) -> None:
    """Sound files of a model that learned at another time, with hashes that fit."""
    folder = files_of(desk, 2)
    told = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps({**told, "as_of": "2020-01-01"}))
    _say(desk, files=hashes(folder))


def _new_store(desk: Desk) -> None:
    """As another process opens it: what a store has read of a version it keeps."""
    desk.__dict__.pop("models")
    _whole.cache_clear()
    (files_of(desk, 2).parent / "head.json").unlink(missing_ok=True)


def _say(desk: Desk, **changed: Any) -> None:
    _new_store(desk)
    path = files_of(desk, 2).parent / "version.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))


BROKEN = [
    (alter, "not what was stored"),
    (lose, "not what was stored"),
    (lose_all, "not what was stored"),
    (swap, "not what was stored"),
    (add_pickle, "pickle"),
    (lose_facts, "no version 2"),
    (spoil_facts, ""),
    (of_forecasting, "not those of such a model"),
    (says_forecasting, "says that it is forecasting"),
    (of_another_version, "another model"),
]


def test_the_champion_answers_and_stays_in_memory(two: Desk, monkeypatch: Any) -> None:
    found = serving.model(two, "fraud")
    assert (found.champion, found.version, found.why) == (2, 2, None)
    told = found.model.score(features(a=10.0, b=480.0))
    assert told[0] < told[1]

    def refuse(*_: Any) -> None:
        raise AssertionError("the files were read again")

    monkeypatch.setattr("data_access.models.ModelStore.files", refuse)
    assert serving.model(two, "fraud").model is found.model
    assert row_of(two) is None
    assert acts(two) == []


@pytest.mark.parametrize(("harm", "why"), BROKEN, ids=[harm.__name__ for harm, _ in BROKEN])
@pytest.mark.parametrize("was_read", [True, False], ids=["while it answers", "before it answers"])
def test_what_is_not_what_was_stored_is_refused_and_the_last_good_one_answers(
    two: Desk, harm: Callable[[Desk], None], why: str, was_read: bool
) -> None:
    if was_read and harm not in (lose_facts, spoil_facts, says_forecasting):
        assert serving.model(two, "fraud").version == 2
    harm(two)
    found = serving.model(two, "fraud")
    assert (found.champion, found.version) == (2, 1)
    assert found.why is not None
    assert why in found.why
    assert found.model.seed == 1

    row = row_of(two)
    assert row is not None
    assert (row.champion, row.serves, row.why, row.change_id) == (2, 1, found.why, 2)
    (alert,) = alerts.open_alerts(two, "fraud")
    assert (alert.kind, alert.urgency) == ("files", "bad")
    assert alert.title == "Version 2 is refused; version 1 decides"
    assert found.why in alert.text
    assert acts(two) == ["champion.refused"]
    standing = serving.standing(two, "fraud")
    assert standing.sentence is not None
    assert standing.sentence.startswith("Version 2 should decide, but is refused: ")
    assert "Version 1 decides in its place" in standing.sentence


def test_what_was_found_is_told_once_by_all_processes(two: Desk) -> None:
    alter(two)
    for _ in range(3):
        serving.model(two, "fraud")
        memory.forget()  # another process
        answering.forget()
    assert acts(two) == ["champion.refused"]
    assert len(alerts.open_alerts(two)) == 1


def test_without_a_good_one_before_it_the_rule_of_thumb_answers(two: Desk) -> None:
    alter(two)
    shutil.rmtree(files_of(two, 1))
    found = serving.model(two, "fraud")
    assert (found.champion, found.version, found.model) == (2, None, None)
    assert serving.standing(two, "fraud").version is None
    assert alerts.open_alerts(two)[0].title.endswith("the rule of thumb decides")


def test_what_was_taken_back_does_not_come_back(two: Desk) -> None:
    from data_access.state import champions
    from tests.factories.fraud_cases import NOW

    with two.state.write() as session:
        newest = champions.time_line(session, "fraud", limit=1)[0]
        champions.change_champion(
            session, capability="fraud", to_version=1, by="ann", now=NOW, passed_check=True,
            undoes=newest.change_id,
        )  # fmt: skip
    decide(two, 3)
    path = files_of(two, 3) / "model.txt"
    path.write_text(path.read_text() + " ")
    assert serving.model(two, "fraud").version == 1


def test_mended_files_answer_again_by_themselves(two: Desk) -> None:
    path = files_of(two, 2) / "model.txt"
    content = path.read_bytes()
    alter(two)
    assert serving.model(two, "fraud").version == 1
    path.write_bytes(content)
    found = serving.model(two, "fraud")
    assert (found.version, found.why) == (2, None)
    assert row_of(two) is None
    assert alerts.open_alerts(two) == []
    assert acts(two) == ["champion.refused", "champion.mended"]


def test_a_process_that_never_saw_the_harm_clears_what_another_left(two: Desk) -> None:
    path = files_of(two, 2) / "model.txt"
    content = path.read_bytes()
    alter(two)
    serving.model(two, "fraud")
    path.write_bytes(content)
    memory.forget()
    answering.forget()
    assert serving.model(two, "fraud").version == 2
    assert row_of(two) is None


def test_another_champion_ends_the_matter(two: Desk) -> None:
    alter(two)
    assert serving.model(two, "fraud").version == 1
    decide(two, 3)
    assert serving.standing(two, "fraud").good  # before anybody asked a model
    assert serving.model(two, "fraud").version == 3
    assert row_of(two) is None
    assert alerts.open_alerts(two) == []


def test_the_stand_in_becoming_champion_ends_the_matter(two: Desk) -> None:
    alter(two)
    assert serving.model(two, "fraud").version == 1
    decide(two, 1)
    assert serving.model(two, "fraud").good
    assert row_of(two) is None


def test_the_hourly_look_sees_through_an_alteration_that_keeps_size_and_time(two: Desk) -> None:
    assert serving.model(two, "fraud").version == 2
    path = files_of(two, 2) / "model.txt"
    facts = path.stat()
    alter(two)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert serving.model(two, "fraud").version == 2
    (told,) = serving.look(two, "fraud")
    assert (told.champion, told.version) == (2, 1)
    assert serving.model(two, "fraud").version == 1


def test_refused_files_are_looked_at_again_after_a_while(two: Desk, monkeypatch: Any) -> None:
    path = files_of(two, 2) / "model.txt"
    content, facts = path.read_bytes(), path.stat()
    alter(two)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert serving.model(two, "fraud").version == 1
    path.write_bytes(content)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert serving.model(two, "fraud").version == 1  # it looks as it did
    monkeypatch.setattr(memory, "LOOK_AGAIN_S", 0.0)
    assert serving.model(two, "fraud").version == 2


def test_a_database_that_takes_no_note_does_not_keep_models_from_answering(
    two: Desk, monkeypatch: Any
) -> None:
    @contextmanager
    def full(*_: Any, **__: Any) -> Any:
        raise DataError("The disk is full.", remedy="Make room.")
        yield

    alter(two)
    with monkeypatch.context() as patch:
        patch.setattr("data_access.state.engine.StateDatabase.decide", full)
        assert serving.model(two, "fraud").version == 1
    assert row_of(two) is None
    answering.forget()
    serving.model(two, "fraud")
    assert row_of(two) is not None  # once it takes notes again


def test_without_a_champion_the_rule_of_thumb_answers(two: Desk) -> None:
    decide(two, None)
    found = serving.model(two, "fraud")
    assert (found.champion, found.version, found.model, found.why) == (None, None, None, None)


def test_in_a_scope_the_model_of_the_whole_answers_where_none_is_good(two: Desk) -> None:
    key = "fraud/category:C1"
    decide(two, 3, key=key)
    shutil.rmtree(files_of(two, 3))
    found = serving.model(two, key)
    assert (found.champion, found.version) == (3, None)
    titles = [one.title for one in alerts.open_alerts(two, "fraud")]
    assert titles == ["Version 3 is refused; the model of the whole shop decides"]
    assert [one.key for one in serving.look(two, "fraud")] == ["fraud", key]
    assert [one.key for one in serving.standings(two, ["fraud", "forecasting"])["fraud"]] == [key]
    assert serving.standings(two, ["forecasting"])["forecasting"] == []


def test_a_version_asked_for_by_number_is_checked_too(two: Desk) -> None:
    assert serving.ask(two, "fraud", None) is None
    assert serving.ask(two, "fraud", 3).seed == 3
    alter(two)
    with pytest.raises(ModelRefused, match="not what was stored") as refused:
        serving.require_good(two, "fraud", 2)
    assert "backup" in refused.value.remedy
    with pytest.raises(ModelRefused, match="no version 9"):
        serving.ask(two, "fraud", 9)


def test_a_challenger_that_is_refused_is_told_once_and_ends_when_mended(two: Desk) -> None:
    path = files_of(two, 3) / "model.txt"
    content = path.read_bytes()
    path.unlink()
    assert serving.challenger(two, "fraud", 3) is None
    assert serving.challenger(two, "fraud", 3) is None
    (alert,) = alerts.open_alerts(two)
    assert alert.title == "The challenger, version 3, is refused"
    path.write_bytes(content)
    assert serving.challenger(two, "fraud", 3).seed == 3
    assert alerts.open_alerts(two) == []


def test_memory_holds_only_so_many_models(two: Desk, monkeypatch: Any) -> None:
    monkeypatch.setattr(memory, "MOST", 2)
    first = serving.ask(two, "fraud", 1)
    serving.ask(two, "fraud", 2)
    serving.ask(two, "fraud", 3)
    assert len(memory._kept) == 2
    assert serving.ask(two, "fraud", 1) is not first


def test_the_same_on_postgresql(any_desk: Desk, models: list[Any]) -> None:
    for number, model in enumerate(models, start=1):
        lay_version(any_desk, number, model)
    decide(any_desk, 1, 2)
    path = files_of(any_desk, 2) / "model.txt"
    content = path.read_bytes()
    alter(any_desk)
    assert serving.model(any_desk, "fraud").version == 1
    assert len(alerts.open_alerts(any_desk)) == 1
    path.write_bytes(content)
    assert serving.model(any_desk, "fraud").version == 2
    assert row_of(any_desk) is None


def test_altered_files_are_refused_before_they_decide(two: Desk) -> None:
    from app.services.activation import ActivationRefused, activate, champion
    from tests.factories.fraud_cases import BOSS

    path = files_of(two, 3) / "model.txt"
    path.write_text(path.read_text() + " ")
    before = champion(two, "fraud")
    with pytest.raises(ActivationRefused, match="Version 3 cannot decide") as refused:
        activate(two, BOSS, "fraud", 3, before.row_version)
    assert "backup" in refused.value.remedy
    assert champion(two, "fraud") == before


def test_a_process_that_reads_ahead_has_its_champions_in_memory_before_anybody_asks(
    two: Desk,
) -> None:
    serving.read_ahead(two, ["fraud"]).join()
    assert [number for _, _, number in memory._kept] == [2]

    memory.forget()
    alter(two)
    serving.read_ahead(two, ["fraud"]).join()  # the process starts all the same
    assert serving.model(two, "fraud").version == 1


def test_nothing_is_read_ahead_where_rules_of_thumb_decide(desk: Desk) -> None:
    serving.read_ahead(desk, ["fraud", "forecasting"]).join()
    assert not memory._kept
