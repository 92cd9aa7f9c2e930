"""Schedules: triggers with what the last look found, changed by admins and taken back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from app.access import Role
from app.context import Desk
from app.services import switches, triggers
from data_access.state import triggers as store
from data_access.state.champions import change_champion
from data_access.state.engine import utc_now
from tests.pages.conftest import Open, identity, words_of

VIEW = {"view": "Schedules", "capability": "Forecasting"}


@pytest.fixture
def clean(desk: Desk) -> Iterator[Desk]:
    """Without triggers and without promotion by itself, before and after."""
    yield desk
    admin = identity(desk, Role.admin)
    for one in triggers.listed(desk):
        triggers.remove(desk, admin, one.trigger_id, version=one.version)
    found = switches.switch(desk, "forecasting")
    if found.promotes:
        switches.set_promotion(desk, admin, "forecasting", False, expected=found.row_version)


def button(page: AppTest, label: str) -> AppTest:
    return next(one for one in page.button if one.label == label).click().run()


def test_without_triggers_it_says_that_nothing_learns_by_itself(
    clean: Desk, open_page: Open
) -> None:
    page = open_page("models", Role.admin, **VIEW)
    assert not page.exception
    assert "learns anew only when somebody asks" in words_of(page)
    assert "no training, promotion or rollback was done by itself" in words_of(page)


def test_a_trigger_is_added_paused_changed_and_removed_with_a_way_back(
    clean: Desk, open_page: Open
) -> None:
    page = button(open_page("models", Role.admin, **VIEW), "Add")
    assert not page.exception
    assert "Every 7 days" in words_of(page)
    assert "Undo" in [one.label for one in page.button]
    page = button(page, "Pause")
    assert not triggers.listed(clean)[0].active
    page = button(page, "Undo")
    assert triggers.listed(clean)[0].active
    page = button(page, "Remove")
    assert triggers.listed(clean) == []
    button(page, "Undo")
    assert [one.words for one in triggers.listed(clean)] == ["Every 7 days"]


def test_a_time_that_never_comes_is_refused_in_words(clean: Desk, open_page: Open) -> None:
    page = open_page("models", Role.admin, **VIEW)
    kinds = next(one for one in page.selectbox if one.label == "When")
    page = kinds.select_index(1).run()
    line = next(one for one in page.text_input if one.label == "Cron line")
    page = line.input("0 4 31 2 *").run()
    page = button(page, "Add")
    assert "never comes" in words_of(page)
    assert triggers.listed(clean) == []


def test_what_the_last_look_found_stands_with_the_trigger(clean: Desk, open_page: Open) -> None:
    number = triggers.add(
        clean, identity(clean, Role.admin), "forecasting", "growth", {"share": 0.1}
    ).number
    with clean.state.write() as session:
        store.note_fired(
            session, number, snapshot=3, said="110 orders against 100: +10.0 %.", now=utc_now()
        )
    page = open_page("models", Role.manager, **VIEW)
    said = words_of(page)
    assert "The data grew by 10 %" in said
    assert "110 orders against 100" in said
    assert "on snapshot 3" in said
    assert "Remove" not in [one.label for one in page.button]
    assert "Admins set triggers" in said


def test_promotion_by_itself_is_allowed_by_admins_only(clean: Desk, open_page: Open) -> None:
    page = open_page("models", Role.manager, **VIEW)
    assert page.toggle[0].disabled
    page = open_page("models", Role.admin, **VIEW)
    page = page.toggle[0].set_value(True).run()
    assert not page.exception
    assert switches.switch(clean, "forecasting").promotes
    button(page, "Undo")
    assert not switches.switch(clean, "forecasting").promotes


def test_what_was_done_by_itself_is_listed(clean: Desk, open_page: Open) -> None:
    with clean.state.decide("worker", "champion.activated", "champion:fraud") as session:
        change_champion(
            session,
            capability="fraud",
            to_version=None,
            by="worker",
            now=utc_now(),
            passed_check=True,
            reason="Taken back by itself: surely worse.",
        )
    page = open_page("models", Role.admin, view="Schedules", capability="Fraud review")
    said = words_of(page)
    assert "Taken back by itself" in said
    assert "The rule of thumb decides from then on." in said
