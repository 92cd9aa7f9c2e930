"""Switching a capability off and on, and the confidence below which nothing is done."""

from __future__ import annotations

import math

import pytest

from app.access import AccessDenied
from app.context import Desk
from app.services import activation, experiments, switches
from app.services.activation import ActivationRefused, activate, champion, time_line
from app.services.experiments.beginning import start
from app.services.switches import SwitchError, deactivate, reactivate, switch
from data_access.scope import Scope
from data_access.state.engine import StaleWriteError
from data_access.state.experiments import list_experiments
from data_access.state.pins import list_pins
from tests.app.services.deciding import ADA, BOB, MIA, audited
from tests.factories.stored_versions import lay

MUG = Scope("product", "mug")
KEY = "forecasting/product:mug"


@pytest.fixture
def desk(desk_of_versions: Desk) -> Desk:
    return desk_of_versions


def test_what_nobody_touched_is_on_without_a_threshold(desk: Desk) -> None:
    found = switch(desk, "forecasting")
    assert (found.active, found.confidence, found.promotes, found.row_version) == (
        True, None, False, 0,
    )  # fmt: skip
    assert switches.switches(desk) == {}


def test_switching_off_lets_the_rule_of_thumb_decide_and_says_who_and_why(
    desk_on_each: Desk,
) -> None:
    desk = desk_on_each
    activate(desk, ADA, "forecasting", 2, 0)
    revision = desk.state.revision()
    done = deactivate(desk, BOB, "forecasting", "Its predictions were wrong lately", expected=0)

    now = switch(desk, "forecasting")
    assert (now.active, now.resumes, now.changed_by) == (False, 2, "bob")
    assert now.reason == "Its predictions were wrong lately"
    assert champion(desk, "forecasting").version is None
    line = time_line(desk, "forecasting")
    assert (line[0].from_version, line[0].to_version, line[0].by) == (2, None, "bob")
    assert line[0].reason == "Switched off: Its predictions were wrong lately"
    entry = audited(desk)[-1]
    assert (entry.act, entry.object, entry.entry_id) == (
        "capability.deactivated", "capability:forecasting", done.entry_id,
    )  # fmt: skip
    assert entry.before == {"active": True, "versions": {"forecasting": 2}}
    assert desk.state.revision() == revision + 1, "one transaction"
    with desk.state.read() as session:
        assert list_pins(session) == []


def test_switching_on_brings_back_what_decided_also_for_a_part_of_the_shop(
    desk_on_each: Desk,
) -> None:
    desk = desk_on_each
    lay(desk, "forecasting", 7, scope=MUG)
    activate(desk, ADA, "forecasting", 2, 0)
    activate(desk, ADA, KEY, 7, 0)
    off = deactivate(desk, ADA, "forecasting", "The data it needs is not right")
    assert champion(desk, KEY).version is None

    on = off.back(desk, ADA)
    assert (champion(desk, "forecasting").version, champion(desk, KEY).version) == (2, 7)
    assert switch(desk, "forecasting").active
    assert on.text == "Forecasting is on again. Version 2 decides."
    assert audited(desk)[-1].after == {"active": True, "versions": {"forecasting": 2, KEY: 7}}
    on.back(desk, ADA)
    assert champion(desk, "forecasting").version is None
    assert switch(desk, "forecasting").reason == "The data it needs is not right"


def test_a_part_that_never_had_a_model_gets_none_by_switching_on(desk: Desk) -> None:
    lay(desk, "forecasting", 7, scope=MUG)
    activate(desk, ADA, KEY, 7, 0)
    activate(desk, ADA, KEY, None, 1)  # somebody took it away, before
    deactivate(desk, ADA, "forecasting", "A complaint")
    reactivate(desk, ADA, "forecasting")
    assert champion(desk, KEY).version is None
    assert champion(desk, "forecasting").version is None


def test_a_version_that_was_deleted_meanwhile_stays_away(desk: Desk) -> None:
    kept = desk.models.version("forecasting", 2)
    activate(desk, ADA, "forecasting", 2, 0)
    deactivate(desk, ADA, "forecasting", "A complaint")
    folder = desk.models.folder / "forecasting" / kept.job_id
    folder.rename(folder.with_name(".deleted"))
    desk.__dict__.pop("models")
    assert reactivate(desk, ADA, "forecasting").text.endswith("The rule of thumb decides.")
    assert champion(desk, "forecasting").version is None


def test_while_it_is_off_nothing_can_be_chosen_undone_or_tried(desk: Desk) -> None:
    first = activate(desk, ADA, "forecasting", 2, 0)
    deactivate(desk, ADA, "forecasting", "A complaint")
    seen = champion(desk, "forecasting").row_version
    with pytest.raises(ActivationRefused, match="Forecasting is switched off") as told:
        activate(desk, MIA, "forecasting", 3, seen)
    assert "switches it on again" in told.value.remedy
    newest = time_line(desk, "forecasting")[0]
    with pytest.raises(ActivationRefused, match="is switched off"):
        activation.undo(desk, MIA, newest.change_id)
    with pytest.raises(ActivationRefused, match="is switched off"):
        start(desk, ADA, "forecasting", 3, mode="shadow")
    assert "is switched off" in activation.activate_first(
        desk, lay(desk, "forecasting", 9, scope=MUG)
    )
    assert champion(desk, "forecasting").version is None
    assert first.to_version == 2
    assert activate(desk, ADA, "fraud", 2, 0).to_version == 2, "the other one is not touched"


def test_an_experiment_ends_with_its_reason_when_all_is_switched_off(desk: Desk) -> None:
    start(desk, ADA, "fraud", 2, mode="shadow")  # beside the plain rules
    deactivate(desk, BOB, "fraud", "A complaint")
    assert experiments.running(desk, "fraud") is None
    with desk.state.read() as session:
        (row,) = list_experiments(session, "fraud")
    assert (row.ending, row.ended_by, row.reason) == (
        "overtaken", "bob", "Switched off: A complaint",
    )  # fmt: skip


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_nothing_is_switched_off_without_a_reason(desk: Desk, reason: str) -> None:
    with pytest.raises(SwitchError, match="no reason was given"):
        deactivate(desk, ADA, "forecasting", reason)
    assert switch(desk, "forecasting").active
    assert audited(desk) == []


def test_it_is_neither_switched_off_twice_nor_on_twice(desk: Desk) -> None:
    with pytest.raises(SwitchError, match="on already"):
        reactivate(desk, ADA, "forecasting")
    deactivate(desk, ADA, "forecasting", "A complaint")
    with pytest.raises(SwitchError, match="off already"):
        deactivate(desk, ADA, "forecasting", "A complaint")
    with pytest.raises(SwitchError, match="no capability 'pricing'"):
        deactivate(desk, ADA, "pricing", "A complaint")
    assert len(audited(desk)) == 1


def test_who_saw_an_older_state_is_refused(desk_on_each: Desk) -> None:
    desk = desk_on_each
    switches.set_confidence(desk, ADA, "fraud", 0.6, expected=0)
    for change in (
        lambda: switches.set_confidence(desk, BOB, "fraud", 0.9, expected=0),
        lambda: switches.set_promotion(desk, BOB, "fraud", True, expected=0),
        lambda: deactivate(desk, BOB, "fraud", "A complaint", expected=0),
    ):
        with pytest.raises(StaleWriteError):
            change()
    assert (switch(desk, "fraud").confidence, switch(desk, "fraud").active) == (0.6, True)


def test_a_threshold_is_set_and_taken_back_with_both_values_in_the_audit(desk: Desk) -> None:
    first = switches.set_confidence(desk, ADA, "fraud", 0.6, expected=0)
    second = switches.set_confidence(desk, ADA, "fraud", 0.8, expected=first.version)
    assert second.text == (
        "Fraud review: below 80 % confidence a prediction is “not sure” from now on."
    )
    entry = audited(desk)[-1]
    assert (entry.before, entry.after) == ({"confidence": 0.6}, {"confidence": 0.8})
    back = second.back(desk, BOB)
    assert switch(desk, "fraud").confidence == 0.6
    back.back(desk, BOB)
    assert switch(desk, "fraud").confidence == 0.8
    with pytest.raises(StaleWriteError):  # something came between
        second.back(desk, BOB)


@pytest.mark.parametrize("wrong", [0, -0.1, 1.01, math.nan, math.inf, True, "high"])
def test_a_threshold_out_of_bounds_is_refused_in_words(desk: Desk, wrong: object) -> None:
    with pytest.raises(SwitchError, match="cannot be a confidence threshold") as told:
        switches.set_confidence(desk, ADA, "fraud", wrong, expected=0)  # type: ignore[arg-type]
    assert "above 0 and up to 1" in told.value.remedy
    assert switches.switches(desk) == {}


def test_a_threshold_survives_switching_off_and_on(desk: Desk) -> None:
    switches.set_confidence(desk, ADA, "fraud", 0.6, expected=0)
    switches.set_promotion(desk, ADA, "fraud", True, expected=1)
    deactivate(desk, ADA, "fraud", "A complaint")
    reactivate(desk, ADA, "fraud")
    now = switch(desk, "fraud")
    assert (now.active, now.confidence, now.promotes, now.reason) == (True, 0.6, True, None)


def test_only_admins_switch(desk: Desk) -> None:
    for change in (
        lambda: deactivate(desk, MIA, "forecasting", "A complaint"),
        lambda: reactivate(desk, MIA, "forecasting"),
        lambda: switches.set_confidence(desk, MIA, "forecasting", 0.5, expected=0),
        lambda: switches.set_promotion(desk, MIA, "forecasting", True, expected=0),
    ):
        with pytest.raises(AccessDenied):
            change()
    assert audited(desk) == []
