"""Two people at once: one succeeds, the other is told; never two champions, never none."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from app.access import Identity, Role
from app.context import Desk, open_desk
from app.services import experiments, switches
from app.services.activation import ActivationRefused, activate, champion, time_line
from app.services.activation.views import ActivationRefused as Refused
from app.services.experiments.beginning import start
from app.services.experiments.ending import end
from app.services.experiments.views import ExperimentRefused
from app.services.switches import SwitchError, deactivate, reactivate
from app.settings import Settings
from data_access.state.engine import StaleWriteError
from tests.app.services.deciding import ADA, BOB, Asked, audited

ROUNDS = 5
TOLD = (ActivationRefused, ExperimentRefused, SwitchError, StaleWriteError)


@pytest.fixture
def desk(desk_on_each: Desk) -> Desk:
    return desk_on_each


def together(*acts: Callable[[], Any]) -> list[Any]:
    """What each act gave or was told, all begun at once."""
    gate = Barrier(len(acts))

    def one(act: Callable[[], Any]) -> Any:
        gate.wait()
        try:
            return act()
        except TOLD as refused:
            return refused

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def told(results: list[Any]) -> list[Exception]:
    return [one for one in results if isinstance(one, Exception)]


def test_two_admins_promote_different_versions_at_the_same_moment(desk: Desk) -> None:
    for _ in range(ROUNDS):
        now = champion(desk, "fraud")
        one, other = [n for n in (1, 2, 3) if n != now.version][:2]
        results = together(
            lambda o=one, s=now.row_version: activate(desk, ADA, "fraud", o, s, "We try it"),
            lambda o=other, s=now.row_version: activate(desk, BOB, "fraud", o, s, "We try it"),
        )
        (refused,) = told(results)
        (done,) = [each for each in results if not isinstance(each, Exception)]
        after = champion(desk, "fraud")
        assert (after.version, after.by) == (done.to_version, done.by)
        assert after.row_version == now.row_version + 1
        assert f"{done.by} let version {done.to_version} decide" in str(refused)
        assert time_line(desk, "fraud")[0].change_id == done.change_id
    assert len(time_line(desk, "fraud")) == ROUNDS
    assert len([e for e in audited(desk) if e.act == "champion.activated"]) == ROUNDS


def test_of_four_experiments_at_the_same_moment_one_runs(desk: Desk) -> None:
    results = together(
        *[
            lambda who=who, n=n: start(desk, who, "fraud", n, mode="shadow")
            for who, n in ((ADA, 1), (BOB, 2), (ADA, 3), (BOB, 1))
        ]
    )
    assert len(told(results)) == 3
    assert all("runs already" in str(one) for one in told(results))
    assert experiments.running(desk, "fraud") is not None


def test_promoting_and_dropping_at_the_same_moment_end_it_once(desk: Desk) -> None:
    begun = start(desk, ADA, "fraud", 3, mode="split", share=0.5)
    results = together(
        lambda: end(desk, ADA, begun.number, "promote", "Better", expected=begun.version),
        lambda: end(desk, BOB, begun.number, "drop", "Worse", expected=begun.version),
    )
    (refused,) = told(results)
    assert isinstance(refused, ExperimentRefused | StaleWriteError)
    promoted = champion(desk, "fraud").version == 3
    assert promoted == (not isinstance(results[0], Exception))
    assert experiments.running(desk, "fraud") is None


def test_activating_while_it_is_switched_off_leaves_no_champion_behind_the_switch(
    desk: Desk,
) -> None:
    for _ in range(ROUNDS):
        seen = champion(desk, "fraud")
        version = 2 if seen.version == 3 else 3
        together(
            lambda v=version, s=seen.row_version: activate(desk, ADA, "fraud", v, s),
            lambda: deactivate(desk, BOB, "fraud", "A complaint"),
        )
        assert not switches.switch(desk, "fraud").active
        assert champion(desk, "fraud").version is None, "whoever came first"
        reactivate(desk, ADA, "fraud")


def test_two_admins_switch_off_at_the_same_moment_and_one_does_it(desk: Desk) -> None:
    results = together(
        lambda: deactivate(desk, ADA, "fraud", "A complaint", expected=0),
        lambda: deactivate(desk, BOB, "fraud", "The data it needs is not right", expected=0),
    )
    assert len(told(results)) == 1
    assert len(audited(desk)) == 1


def _promote(settings: Settings, name: str, version: int, gate: Any, said: Any) -> None:
    desk = open_desk(settings)
    desk.__dict__["jobs"], desk.__dict__["mark"] = Asked(), None
    who = Identity(name=name, role=Role.admin)
    gate.wait()
    try:
        activate(desk, who, "fraud", version, 0)
        said.put((name, "done", version))
    except Refused as refused:
        said.put((name, str(refused), version))
    desk.state.close()


def test_two_processes_promote_different_versions_at_the_same_moment(desk: Desk) -> None:
    context = multiprocessing.get_context("spawn")
    gate, said = context.Barrier(2), context.Queue()
    both = [
        context.Process(target=_promote, args=(desk.settings, name, number, gate, said))
        for name, number in (("ada", 2), ("bob", 3))
    ]
    for one in both:
        one.start()
    found = [said.get(timeout=90) for _ in both]
    for one in both:
        one.join(30)
    (winner,) = [one for one in found if one[1] == "done"]
    (loser,) = [one for one in found if one[1] != "done"]
    now = champion(desk, "fraud")
    assert (now.by, now.version, now.row_version) == (winner[0], winner[2], 1)
    assert f"{winner[0]} let version {winner[2]} decide" in loser[1]
