"""An experiment from its beginning to its end: one at a time, never beside a new champion."""

from __future__ import annotations

import math

import pytest

from app.access import AccessDenied
from app.context import Desk
from app.services import experiments
from app.services.activation import ActivationRefused, activate, champion, time_line, undo
from app.services.experiments import running
from app.services.experiments.beginning import set_share, start
from app.services.experiments.ending import end
from app.services.experiments.views import ExperimentRefused
from data_access.errors import DataError
from data_access.scope import Scope
from data_access.state import experiments as store
from data_access.state.engine import StaleWriteError
from tests.app.services.deciding import ADA, BOB, MIA, audited
from tests.factories.stored_versions import lay


@pytest.fixture
def desk(desk_of_versions: Desk) -> Desk:
    activate(desk_of_versions, ADA, "fraud", 2, 0)
    return desk_of_versions


@pytest.fixture
def on_each(desk_on_each: Desk) -> Desk:
    activate(desk_on_each, ADA, "fraud", 2, 0)
    return desk_on_each


def endings(desk: Desk) -> list[tuple[str | None, str | None]]:
    with desk.state.read() as session:
        return [(row.ending, row.ended_by) for row in store.list_experiments(session, "fraud")]


def test_a_split_begins_and_is_read_by_whoever_scores(desk: Desk) -> None:
    done = start(desk, ADA, "fraud", 3, mode="split", share=0.2, expected_champion=1)
    now = running(desk, "fraud")
    assert now is not None
    assert (now.champion, now.challenger, now.share, now.shadow) == (2, 3, 0.2, False)
    assert {now.arm(f"unit {n}") for n in range(100)} == {"champion", "challenger"}
    assert done.text == "Version 3 decides for 20 %, version 2 for the others."
    entry = audited(desk)[-1]
    assert (entry.act, entry.object, entry.after["share"]) == (
        "experiment.started", f"experiment:{now.experiment_id}", 0.2,
    )  # fmt: skip
    assert running(desk, "forecasting") is None


def test_never_two_at_once_and_the_second_is_told_who_was_first(on_each: Desk) -> None:
    start(on_each, ADA, "fraud", 3, mode="shadow")
    with pytest.raises(ExperimentRefused, match="with version 3 runs already; ada began it"):
        start(on_each, BOB, "fraud", 3, mode="split", share=0.5)
    assert len(endings(on_each)) == 1
    start(on_each, BOB, "forecasting", 3, mode="shadow")  # another capability may


def test_the_engine_itself_holds_that_only_one_runs(on_each: Desk) -> None:
    start(on_each, ADA, "fraud", 3, mode="shadow")
    now = running(on_each, "fraud")
    assert now is not None
    with on_each.state.read() as session:
        row = store.get_experiment(session, now.experiment_id)
        values = {c.key: getattr(row, c.key) for c in row.__table__.columns}
    with pytest.raises(DataError), on_each.state.write() as session:
        session.add(type(row)(**{**values, "experiment_id": None}))


@pytest.mark.parametrize("share", [0.0, 0.009, 0.91, 1.0, -0.5, math.nan, math.inf, True])
def test_a_share_out_of_bounds_is_refused(desk: Desk, share: float) -> None:
    with pytest.raises(ExperimentRefused, match="cannot decide for a share") as told:
        start(desk, ADA, "fraud", 3, mode="split", share=share)
    assert "1 to 90 %" in told.value.remedy
    assert running(desk, "fraud") is None


def test_what_cannot_be_tried_is_refused_in_words(desk: Desk) -> None:
    lay(desk, "fraud", 8, scope=Scope("category", "cups"))
    with pytest.raises(ExperimentRefused, match="decides already"):
        start(desk, ADA, "fraud", 2, mode="shadow")
    with pytest.raises(ExperimentRefused, match="for a part of the shop only"):
        start(desk, ADA, "fraud", 8, mode="shadow")
    with pytest.raises(DataError, match="no version 99"):
        start(desk, ADA, "fraud", 99, mode="shadow")
    with pytest.raises(ActivationRefused, match="nothing was changed"):
        start(desk, BOB, "fraud", 3, mode="shadow", expected_champion=0)
    assert endings(desk) == []


def test_a_challenger_that_lost_to_the_rule_decides_only_with_a_reason(desk: Desk) -> None:
    with pytest.raises(ExperimentRefused, match="no reason was given"):
        start(desk, ADA, "fraud", 1, mode="split", share=0.1)
    start(desk, ADA, "fraud", 1, mode="shadow").back(desk, ADA)  # in shadow it decides nothing
    start(desk, ADA, "fraud", 1, mode="split", share=0.1, reason="It finds new patterns")
    assert audited(desk)[-1].reason == "It finds new patterns"


def test_promoting_changes_experiment_champion_and_time_line_together(on_each: Desk) -> None:
    begun = start(on_each, ADA, "fraud", 3, mode="split", share=0.2)
    revision = on_each.state.revision()
    done = end(
        on_each, BOB, begun.number, "promote", "It was surely better", expected=begun.version
    )

    assert running(on_each, "fraud") is None
    assert champion(on_each, "fraud").version == 3
    assert on_each.state.revision() == revision + 1, "one transaction"
    assert endings(on_each) == [("promoted", "bob")]
    newest = time_line(on_each, "fraud")[0]
    assert (newest.to_version, newest.reason) == (
        3, f"Experiment {begun.number}: It was surely better",
    )  # fmt: skip
    done.back(on_each, ADA)
    assert champion(on_each, "fraud").version == 2


def test_dropping_leaves_the_champion_and_can_be_taken_back(desk: Desk) -> None:
    begun = start(desk, ADA, "fraud", 3, mode="split", share=0.2)
    before = running(desk, "fraud")
    done = end(desk, BOB, begun.number, "drop", "It made no difference", expected=begun.version)
    assert (running(desk, "fraud"), champion(desk, "fraud").version) == (None, 2)
    done.back(desk, ADA)
    after = running(desk, "fraud")
    assert before is not None
    assert after is not None
    assert (after.salt, after.share) == (before.salt, before.share), "every unit keeps its arm"


def test_what_was_dropped_does_not_come_back_beside_another(desk: Desk) -> None:
    begun = start(desk, ADA, "fraud", 3, mode="shadow")
    done = end(desk, ADA, begun.number, "drop", "Enough")
    start(desk, BOB, "fraud", 1, mode="shadow")
    with pytest.raises(ExperimentRefused, match="Something came between"):
        done.back(desk, ADA)
    now = running(desk, "fraud")
    assert now is not None
    assert now.challenger == 1


@pytest.mark.parametrize(
    ("chosen", "ending"), [(1, "overtaken"), (3, "promoted"), (None, "overtaken")]
)
def test_another_champion_ends_the_experiment_in_the_same_transaction(
    desk: Desk, chosen: int | None, ending: str
) -> None:
    begun = start(desk, ADA, "fraud", 3, mode="split", share=0.2)
    revision = desk.state.revision()
    activate(desk, BOB, "fraud", chosen, 1, "We try it")
    assert running(desk, "fraud") is None
    assert endings(desk) == [(ending, "bob")]
    assert desk.state.revision() == revision + 1
    assert audited(desk)[-1].after["experiment"] == {"number": begun.number, "ending": ending}
    with pytest.raises(ExperimentRefused, match="bob ended this experiment meanwhile"):
        end(desk, ADA, begun.number, "promote", "It was better", expected=begun.version)


def test_taking_an_activation_back_ends_what_ran_beside_it(desk: Desk) -> None:
    change = time_line(desk, "fraud")[0]
    start(desk, ADA, "fraud", 3, mode="shadow")
    undo(desk, BOB, change.change_id)
    assert endings(desk) == [("overtaken", "bob")]


def test_a_champion_for_a_part_of_the_shop_ends_nothing(desk: Desk) -> None:
    lay(desk, "forecasting", 8, scope=Scope("product", "mug"))
    start(desk, ADA, "forecasting", 3, mode="shadow")
    activate(desk, BOB, "forecasting/product:mug", 8, 0)
    assert experiments.running(desk, "forecasting") is not None


def test_the_share_can_be_raised_by_who_saw_the_newest_state(desk: Desk) -> None:
    begun = start(desk, ADA, "fraud", 3, mode="split", share=0.1)
    first = running(desk, "fraud")
    done = set_share(desk, BOB, begun.number, 0.5, expected=begun.version)
    second = running(desk, "fraud")
    assert first is not None
    assert second is not None
    units = [f"unit {n}" for n in range(300)]
    moved = [u for u in units if first.arm(u) == "challenger" and second.arm(u) == "champion"]
    assert (second.share, moved) == (0.5, [])
    with pytest.raises(StaleWriteError):
        set_share(desk, ADA, begun.number, 0.9, expected=begun.version)
    done.back(desk, BOB)
    now = running(desk, "fraud")
    assert now is not None
    assert now.share == 0.1


def test_a_shadow_has_no_share(desk: Desk) -> None:
    begun = start(desk, ADA, "fraud", 3, mode="shadow", share=0.5)
    now = running(desk, "fraud")
    assert now is not None
    assert now.share == 0.0
    with pytest.raises(ExperimentRefused, match="decides nothing"):
        set_share(desk, ADA, begun.number, 0.5, expected=begun.version)


def test_an_end_needs_a_reason_and_the_state_that_was_seen(desk: Desk) -> None:
    begun = start(desk, ADA, "fraud", 3, mode="split", share=0.1)
    with pytest.raises(ExperimentRefused, match="no reason was given"):
        end(desk, ADA, begun.number, "drop", "  ")
    set_share(desk, BOB, begun.number, 0.5, expected=begun.version)
    for how in ("promote", "drop"):
        with pytest.raises(StaleWriteError):
            end(desk, ADA, begun.number, how, "Enough", expected=begun.version)  # type: ignore[arg-type]
    assert running(desk, "fraud") is not None
    assert champion(desk, "fraud").version == 2


def test_only_admins_try_challengers(desk: Desk) -> None:
    begun = start(desk, ADA, "fraud", 3, mode="split", share=0.1)
    for change in (
        lambda: start(desk, MIA, "forecasting", 3, mode="shadow"),
        lambda: set_share(desk, MIA, begun.number, 0.5, expected=begun.version),
        lambda: end(desk, MIA, begun.number, "drop", "Enough"),
        lambda: end(desk, MIA, begun.number, "promote", "Enough"),
    ):
        with pytest.raises(AccessDenied):
            change()


def test_a_split_of_forecasts_asks_for_a_publication(desk: Desk) -> None:
    from unittest.mock import patch

    with patch("app.jobs.following.ask_for_publications") as asked:
        start(desk, ADA, "forecasting", 3, mode="split", share=0.5).back(desk, ADA)
    assert asked.call_count == 2


def test_a_challenger_whose_file_was_altered_is_neither_tried_nor_promoted(desk: Desk) -> None:
    file = desk.models.place("fraud", 3) / "model.json"
    whole = file.read_text()
    file.write_text(whole.replace("3", "4"))
    with pytest.raises(ActivationRefused, match="Version 3 cannot decide"):
        start(desk, ADA, "fraud", 3, mode="shadow")
    file.write_text(whole)
    begun = start(desk, ADA, "fraud", 3, mode="shadow")
    file.write_text(whole.replace("3", "4"))
    with pytest.raises(ActivationRefused, match="Version 3 cannot decide"):
        end(desk, ADA, begun.number, "promote", "It was better")
    assert experiments.running(desk, "fraud") is not None
    assert champion(desk, "fraud").version == 2
