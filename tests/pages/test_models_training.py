"""Training: what is under way, the forms, the list with its filters, one job with its log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from plotly.graph_objects import Figure
from streamlit.testing.v1 import AppTest

from app.access import Role
from app.context import Desk
from app.services import searching, training_jobs
from app.services.searching import book as books
from app.services.searching.book import Book, Try
from app.ui import models_search
from data_access.state import jobs as store
from data_access.state.engine import utc_now
from tests.pages.conftest import Open, enter, words_of

VIEW = {"view": "Training", "capability": "Forecasting"}
FAILED = "Weeks of sales: there are 3, 12 are needed."


def note(desk: Desk, job_id: str, kind: str, *, ago: float, **more: Any) -> None:
    parameters = {"capability": "forecasting", "candidate": "tsb", **more}
    store.note_queued(
        desk.state,
        job_id=job_id,
        kind=kind,
        title=f"{kind} of {parameters['capability']}",
        asked_by=str(more.get("by", "ada")),
        asked_at=utc_now() - timedelta(minutes=ago),
        parameters=parameters,
    )


@pytest.fixture
def noted(desk: Desk) -> Iterator[Desk]:
    """A search at work, a training that failed, one that is done, one about fraud."""
    now = utc_now()
    note(desk, "t-search", "search", ago=2, minutes=10.0)
    store.note_started(desk.state, "t-search", step="Starting", at=now - timedelta(minutes=2))
    store.note_progress(
        desk.state,
        "t-search",
        step="Try 3, about 8 min left",
        share=0.2,
        peak_memory_mb=410.0,
        lines=[(now, "info", "Try 2: WAPE 21.0 %.")],
    )
    books.write(desk, "t-search", a_book())
    for job_id, ago, capability in (
        ("t-failed", 30, "forecasting"),
        ("t-done", 60, "forecasting"),
        ("t-fraud", 70, "fraud"),
    ):
        note(desk, job_id, "train", ago=ago, capability=capability, by="bob")
        store.note_started(desk.state, job_id, step="Starting", at=now - timedelta(minutes=ago))
    store.note_ended(
        desk.state, "t-failed", state="failed", outcome=FAILED, remedy="Wait some weeks.", at=now
    )
    for job_id in ("t-done", "t-fraud"):
        store.note_ended(
            desk.state,
            job_id,
            state="done",
            outcome="Version 4 is stored.",
            result={"versions": [4]},
            at=now,
        )
    yield desk
    store.note_cancelled(desk.state, "t-search", by="test", at=now)
    store.note_gone(desk.state, "t-search", at=now)
    store.forget_jobs(desk.state, before=now + timedelta(days=1), kinds=("search", "train"))


def a_book() -> Book:
    tries = [
        Try(number=1, parameters={"size_step": 0.1, "chance_step": 0.1}, figure=0.25, rule=0.3,
            score=0.83, seconds=3.0),
        Try(number=2, parameters={"size_step": 0.2, "chance_step": 0.1}, figure=None, rule=None,
            score=None, seconds=1.0, why="Too few weeks."),
        Try(number=3, parameters={"size_step": 0.5, "chance_step": 0.4}, figure=0.21, rule=0.3,
            score=0.7, seconds=3.0),
    ]  # fmt: skip
    return Book(
        capability="forecasting",
        candidate="tsb",
        measure="WAPE",
        unit="share",
        better="lower",
        seconds=600.0,
        tries=tries,
    )


def listed(page: AppTest) -> list[str]:
    frames = [one.value for one in page.dataframe if "came" in one.value.columns]
    return list(frames[-1]["job_id"]) if frames else []


def pick(page: AppTest, label: str, value: str) -> AppTest:
    return next(box for box in page.selectbox if box.label == label).select(value).run()


def test_what_is_at_work_is_shown_with_tries_memory_and_expected_end(
    noted: Desk, open_page: Open
) -> None:
    page = open_page("models", Role.admin, **VIEW)
    assert not page.exception
    said = words_of(page)
    assert "search of forecasting" in said
    assert "410 MB of memory at most" in said
    assert "about 10 min left" in said  # twelve minutes in all for ten of search
    tries = next(one.value for one in page.dataframe if "figure" in one.value.columns)
    assert list(tries["number"]) == [3, 1]
    assert list(tries["figure"]) == ["21.0 %", "25.0 %"]
    assert "1 try could not be measured" in said


def test_the_list_is_filtered_by_capability_state_kind_and_person(
    noted: Desk, open_page: Open
) -> None:
    page = open_page("models", Role.admin, **VIEW)
    assert listed(page)[:3] == ["t-search", "t-failed", "t-done"]
    assert listed(pick(page, "State", "Failed")) == ["t-failed"]
    assert listed(pick(page, "Kind", "search")) == []
    assert "No job fits these filters" in words_of(page)
    page = pick(pick(page, "State", "any"), "Kind", "any")
    assert set(listed(pick(page, "Asked for by", "bob"))) == {"t-failed", "t-done"}
    assert "t-fraud" in listed(pick(page, "About", "any"))


def test_a_failed_job_says_why_and_what_to_do(noted: Desk) -> None:
    page = AppTest.from_string(
        """
from app.ui import models_jobs, state
desk = state.desk()
models_jobs.detail(desk, state.enter(), desk.jobs.get("t-failed"))
""",
        default_timeout=60,
    )
    page.user = {"session": enter(noted, Role.admin)}
    page.run()
    assert not page.exception
    assert page.error[0].proto.title == FAILED.replace(":", "\\:")
    assert page.error[0].value == "Wait some weeks."
    assert "Try again" in [button.label for button in page.button]


def test_who_may_not_train_sees_everything_and_no_button(noted: Desk, open_page: Open) -> None:
    page = open_page("models", Role.manager, **VIEW)
    assert not page.exception
    assert "train models. You see what came of it." in words_of(page)
    assert listed(page)[:1] == ["t-search"]
    labels = [button.label for button in page.button]
    assert "Cancel" not in labels
    assert not [label for label in labels if label.startswith("Train ")]


def test_a_search_is_asked_for_with_the_minutes_and_what_stays_set(
    desk: Desk, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(searching, "ask", lambda desk, person, *wanted: asked.append(wanted))
    page = open_page("models", Role.merchandiser, **VIEW)
    page = page.get("button_group")[1].set_value("Search for parameters").run()
    assert not page.exception
    assert "Tries are judged on earlier days" in words_of(page)
    assert "Searched: Trees, Learning rate" in words_of(page)
    next(one for one in page.button if one.label == "Search for 10 minutes").click().run()
    ((capability, candidate, minutes, fixed, scope),) = asked
    assert (capability, candidate, minutes) == ("forecasting", "lightgbm", 10.0)
    assert set(fixed) == {"horizon_weeks", "most_rows"}
    assert scope.whole


def test_what_was_trained_before_is_refused_in_words(desk: Desk, open_page: Open) -> None:
    from app.services import training

    rows = [{"candidate": "recent_mean", "parameters": {}}]
    training.train_several(
        desk,
        {"capability": "forecasting", "candidates": rows},
        asked_by="ada",
        job_id="page-known",
        progress=lambda *_, **__: None,
    )
    page = open_page("models", Role.admin, **VIEW)
    for box in page.checkbox:
        box.check() if box.label.startswith("**Mean of 8 weeks") else box.uncheck()
    page = page.run()
    page = next(one for one in page.button if one.label.startswith("Train 1 candidate")).click()
    page = page.run()
    assert "has learned from the same data" in words_of(page)
    assert "train all the same" in page.error[0].value


def test_a_job_goes_to_the_end_of_the_queue_as_a_new_one(
    noted: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.jobs.kinds import JobError
    from tests.pages.conftest import identity

    person = identity(noted, Role.admin)
    job = noted.jobs.get("t-search")
    assert job is not None
    assert training_jobs.may_again(noted, person, job) == "requeue"
    assert training_jobs.may_again(noted, identity(noted, Role.manager), job) is None
    asked: list[Any] = []
    monkeypatch.setattr(noted.jobs, "cancel", lambda job_id, by: asked.append(job_id) or True)
    monkeypatch.setattr(
        noted.jobs, "start", lambda kind, parameters, by, retry_of: asked.append(retry_of) or "new"
    )
    assert training_jobs.requeue(noted, person, "t-search") == "new"
    assert asked == ["t-search", "t-search"]
    with pytest.raises(JobError, match="has ended"):
        training_jobs.requeue(noted, person, "t-failed")


def test_the_tries_are_a_figure_that_plotly_takes() -> None:
    drawn = models_search.figure(a_book())
    assert Figure(drawn)
    points, best = drawn["data"]
    assert points["y"] == [25.0, 21.0]
    assert best["y"] == [25.0, 21.0]
