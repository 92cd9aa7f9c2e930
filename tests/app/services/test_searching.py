"""A search judges on earlier days than it reports and goes on after a crash."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.access import AccessDenied, Identity, Role
from app.context import Desk, open_desk
from app.jobs.kinds import JobError
from app.services import searching, training
from app.services.searching import book as books
from app.services.searching import trying
from app.services.searching.words import found_sentence
from app.settings import Settings
from data_access.scope import WHOLE
from ml.contract import WrongParameter, candidate
from ml.forecasting import FORECASTING
from tests.factories.small_shop import close, copy_home, lay_home

pytestmark = pytest.mark.usefixtures("wednesday_morning")

ADA = Identity(name="ada", role=Role.merchandiser)
MIA = Identity(name="mia", role=Role.manager)
ASKED = {
    "capability": "forecasting",
    "candidate": "tsb",
    "parameters": {"horizon_weeks": 8, "size_step": 0.9, "chance_step": 0.9},
    "minutes": 1.0,
    "scope": WHOLE.to_json(),
}


class Stopped(Exception):  # noqa: N818 - reads as what happened
    """A job that is cancelled, or whose worker is killed."""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return lay_home(tmp_path_factory.mktemp("searching") / "home")


@pytest.fixture
def desk(template: Settings, tmp_path: Path) -> Iterator[Desk]:
    made = open_desk(copy_home(template, tmp_path / "home"))
    yield made
    close(made)


def run(desk: Desk, job_id: str = "search", *, most: int = 6, log: list[str] | None = None) -> Any:
    def progress(step: str, share: float, message: str | None = None) -> None:
        assert 0 <= share <= 1
        if log is not None and message:
            log.append(message)

    return searching.search(
        desk, ASKED, asked_by="ada", job_id=job_id, progress=progress, most=most
    )


@dataclass(frozen=True)
class Seen:
    """One search, and what was asked of the capability meanwhile."""

    found: searching.Searched
    evaluated: list[tuple[Any, Any, Any]]  # as_of, first and last day
    log: list[str]


@pytest.fixture(scope="module")
def seen(template: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    made = open_desk(copy_home(template, tmp_path_factory.mktemp("searched") / "home"))
    evaluated: list[tuple[Any, Any, Any]] = []
    log: list[str] = []
    evaluate = type(FORECASTING).evaluate

    def watched(self: Any, key: str, frames: Any, **given: Any) -> Any:
        found = evaluate(self, key, frames, **given)
        evaluated.append((given["as_of"], found.first_day, found.last_day))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(FORECASTING), "evaluate", watched)
        found = run(made, log=log)
    yield Seen(found, evaluated, log)
    close(made)


def test_tries_never_see_the_days_on_which_the_version_is_measured(seen: Seen) -> None:
    newest, *tries, last = seen.evaluated
    assert len(tries) == 6
    assert newest == last
    assert all(end < newest[1] for _, _, end in tries)
    assert seen.found.version.summary["first_day"] == newest[1].isoformat()


def test_the_best_is_trained_and_the_usual_ones_stand_beside_it(seen: Seen) -> None:
    found, log = seen.found, " ".join(seen.log)
    book = found.book
    first, best = book.tries[0], book.best
    assert best is not None
    assert first.parameters == {"size_step": 0.9, "chance_step": 0.9}
    assert best.score <= first.score  # type: ignore[operator]
    assert found.version.parameters == {"horizon_weeks": 8, **best.parameters}
    assert found.version.summary["search"]["tries"] == 6
    assert found.version.summary["search"]["usual"] == book.usual
    assert "with the usual parameters" in log
    assert "the best so far" in log
    assert f"judged on days up to {book.earlier:%d %b %Y}" in found.sentence
    assert found.to_json()["version"] == found.version.number


def test_what_a_search_found_is_said_not_to_last_where_it_does_not(seen: Seen) -> None:
    book, version = seen.found.book, seen.found.version
    assert book.usual is not None
    worse = found_sentence(book, version, book.usual + 0.1, trained=True)
    assert "does not last" in worse
    better = found_sentence(book, version, book.usual - 0.1, trained=True)
    assert "does not last" not in better


def test_taken_up_again_it_goes_on_with_the_next_try(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(name: str) -> None:
        book = books.read(desk, "search")
        if name == "search-tried" and book is not None and len(book.tries) == 3:
            raise Stopped

    with monkeypatch.context() as patch:
        patch.setattr(trying, "kill_point", killed)
        with pytest.raises(Stopped):
            run(desk)
    before = books.read(desk, "search")
    assert before is not None
    assert len(before.tries) == 3
    found = run(desk)
    assert found.book.tries[:3] == before.tries
    assert len(found.book.tries) == 6
    assert len(desk.models.versions("forecasting")) == 1
    again = run(desk)
    assert again.version.number == found.version.number
    assert len(desk.models.versions("forecasting")) == 1


def test_what_has_been_trained_so_on_these_data_is_not_trained_once_more(desk: Desk) -> None:
    first = run(desk, "one")
    second = run(desk, "two")
    assert second.version.number == first.version.number
    assert not second.trained
    assert "not trained once more" in second.sentence
    assert second.to_json()["known"] == [first.version.number]


def test_the_minutes_end_it_after_at_least_the_usual_parameters(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trying, "_time_left", lambda book: not book.tries)
    found = run(desk)
    assert len(found.book.tries) == 1
    assert "The minutes were over" in found.sentence


def test_a_history_too_short_to_keep_days_apart_is_refused_in_words(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ml.errors import NotEnoughData

    evaluate = type(FORECASTING).evaluate
    calls: list[int] = []

    def short(self: Any, *args: Any, **given: Any) -> Any:
        calls.append(1)
        if len(calls) > 1:
            raise NotEnoughData("Weeks of sales", found=9, needed=12, remedy="Wait.")
        return evaluate(self, *args, **given)

    monkeypatch.setattr(type(FORECASTING), "evaluate", short)
    with pytest.raises(JobError, match="too short for a search") as refused:
        run(desk)
    assert "usual parameters" in refused.value.remedy
    assert desk.models.versions("forecasting") == []


def test_only_what_can_be_searched_and_within_bounds_is_asked_for(desk: Desk) -> None:
    keys = [one.key for one in searching.offered("forecasting")]
    assert "lightgbm" in keys
    assert "rule_of_thumb" not in keys
    assert "recent_mean" not in keys  # it has nothing to search
    wanted = searching.request(desk, "forecasting", "tsb", 5)
    assert wanted["parameters"]["horizon_weeks"] == 26
    with pytest.raises(JobError, match="no parameters to search"):
        searching.request(desk, "forecasting", "recent_mean", 5)
    with pytest.raises(WrongParameter):
        searching.request(desk, "forecasting", "tsb", 5, {"size_step": 7})
    for minutes in (0, -1, 241, float("nan"), True):
        with pytest.raises(JobError, match="cannot last"):
            searching.request(desk, "forecasting", "tsb", minutes)
    with pytest.raises(AccessDenied):
        searching.ask(desk, MIA, "forecasting", "tsb", 5)


def test_what_is_asked_stays_as_it_is_set() -> None:
    from app.services.searching.space import distributions, searched

    chosen = candidate(FORECASTING, "lightgbm")
    names = {one.name for one in searched(chosen)}
    assert "horizon_weeks" not in names
    assert "most_rows" not in names
    assert set(distributions(chosen)) == names


def test_the_newest_books_are_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "MOST_KEPT", 2)
    book = books.Book(
        capability="forecasting",
        candidate="tsb",
        measure="WAPE",
        unit="share",
        better="lower",
        seconds=60,
    )
    for number in range(4):
        books.write(desk, f"job-{number}", book)
    assert books.forget_old(desk) == 2
    assert sum(books.read(desk, f"job-{number}") is not None for number in range(4)) == 2


def test_a_training_of_the_same_is_refused_before_it_is_asked_for(desk: Desk) -> None:
    chosen = [("recent_mean", {"horizon_weeks": 8})]
    request = training.request(desk, "forecasting", chosen)
    assert training.known.AGAIN not in request
    trained = training.train_several(
        desk, request, asked_by="ada", job_id="first", progress=lambda *_, **__: None
    )
    number = trained.versions[0].number
    with pytest.raises(training.TrainedBefore, match=f"Version {number} has learned"):
        training.request(desk, "forecasting", chosen)
    assert training.request(desk, "forecasting", [("recent_mean", {"horizon_weeks": 9})])
    both = [*chosen, ("tsb", {"horizon_weeks": 8})]
    assert training.request(desk, "forecasting", both)  # something of it is new

    known = training.train_several(
        desk, request, asked_by="ada", job_id="second", progress=lambda *_, **__: None
    )
    assert [one.number for one in known.versions] == [number]
    assert known.to_json()["known"] == [number]
    assert "not trained once more" in known.sentence
    again = training.train_several(
        desk,
        training.request(desk, "forecasting", chosen, again=True),
        asked_by="ada",
        job_id="third",
        progress=lambda *_, **__: None,
    )
    assert again.versions[0].number != number
