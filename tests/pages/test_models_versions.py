"""Models: overview, versions, passport, as each role sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.access import Role
from app.context import Desk, get_desk
from app.services import registry
from app.services.registry import VersionFilter
from app.ui import models_versions
from tests.app.services.registry.conftest import ADMIN
from tests.factories.empty_shop import lay_empty_shop
from tests.factories.model_versions import case_rows, decide, lay_version
from tests.pages.conftest import ROOT, enter, forget, words_of

Open = Callable[..., AppTest]
EVIL = "<script>alert(1)</script> [x](http://evil.example)"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """An empty shop with an app database."""
    monkeypatch.setenv("SHOPSIGHT_HOME", str(tmp_path))
    lay_empty_shop(tmp_path)
    forget()
    yield get_desk()
    forget()


@pytest.fixture
def open_view(desk: Desk) -> Open:
    def run(view: str, role: Role = Role.admin, **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "pages" / "models" / "page.py"), default_timeout=60)
        app.user = {"session": enter(desk, role)}
        app.query_params.update({"view": view, **query})
        return app.run()

    return run


def fine(app: AppTest) -> str:
    assert not app.exception
    told = words_of(app)
    assert "could not be made" not in told
    return told


def select(monkeypatch: pytest.MonkeyPatch, numbers: list[int]) -> None:
    """Rows of the table are chosen on a canvas: the choice itself is handed in."""
    show = models_versions.show

    def chosen(*given: Any) -> Any:
        return show(*given)[0], numbers

    monkeypatch.setattr(models_versions, "show", chosen)


@pytest.mark.parametrize("role", list(Role))
def test_without_a_version_each_view_says_what_is_missing(open_view: Open, role: Role) -> None:
    told = fine(open_view("Overview", role))
    assert "Forecasting" in told
    assert "Fraud review" in told
    assert "The rule of thumb" in told
    assert "No version has been trained yet" in fine(open_view("Versions", role))


def test_the_overview_tells_who_decides_and_how_good_it_is(desk: Desk, open_view: Open) -> None:
    lay_version(desk, 1, cases=case_rows(1))
    decide(desk, 1, by=EVIL)
    page = open_view("Overview", Role.merchandiser)
    told = fine(page)

    assert "**Version 1**, LightGBM" in told
    assert "**20.0 %** Error" in told
    assert "rule of thumb 30.0 %" in told
    assert EVIL not in told
    assert [one.value for one in page.metric] == ["1 of 2", "0", "0", "0"]


def test_a_link_opens_the_versions_that_a_colleague_had_chosen(desk: Desk, open_view: Open) -> None:
    for number in (1, 2, 3):
        lay_version(desk, number, cases=case_rows(number))
    page = open_view("Versions", versions="forecasting.1.3")
    told = fine(page)
    assert "Who is ahead" in told
    assert page.query_params["versions"] in ("forecasting.3.1", ["forecasting.3.1"])

    for nonsense in ("fraud.1.3", "forecasting.77.<script>", "....", "forecasting"):
        page = open_view("Versions", versions=nonsense)
        assert "Choose a version to read its note" in fine(page)
        assert "versions" not in page.query_params


def test_what_was_chosen_stays_chosen_when_the_columns_change_and_change_back(
    desk: Desk, open_view: Open
) -> None:
    for number in (1, 2, 3):
        lay_version(desk, number, cases=case_rows(number))
    page = open_view("Versions")
    assert "Choose a version to read its note" in fine(page)

    # Chosen meanwhile: the address is where a choice on the canvas is kept.
    page.query_params["versions"] = "forecasting.1.3"
    for kind in (models_versions.SETTINGS, models_versions.FIGURES):
        switch = next(one for one in page.get("button_group") if one.key == "versions_columns")
        page = switch.set_value(kind).run()
        assert "Who is ahead" in fine(page), kind
        assert "forecasting.3.1" in page.query_params["versions"]


def test_a_button_of_the_overview_opens_the_versions_of_its_capability(
    desk: Desk, open_view: Open
) -> None:
    lay_version(desk, 3, capability="fraud", measure="average_precision")
    page = open_view("Overview").button(key="open_fraud_Versions").click().run()

    fine(page)
    assert page.selectbox(key="capability").value == "fraud"
    assert page.dataframe[0].value["number"].tolist() == ["3"]


def test_a_link_opens_the_versions_of_its_capability(desk: Desk, open_view: Open) -> None:
    lay_version(desk, 3, capability="fraud", measure="average_precision")
    page = open_view("Versions", capability="fraud")

    assert page.selectbox(key="capability").value == "fraud"


def test_versions_are_listed_with_their_status_and_filtered(desk: Desk, open_view: Open) -> None:
    for number in (1, 2, 3):
        lay_version(desk, number, candidate="linear" if number == 3 else "lightgbm")
    decide(desk, 1)
    page = open_view("Versions", Role.manager)

    fine(page)
    table = page.dataframe[0].value
    assert table["number"].tolist() == ["3", "2", "1"]
    assert table["status"].tolist() == ["Candidate", "Candidate", "Champion"]
    assert table["quality"].tolist() == ["20.0 %"] * 3

    page = page.selectbox(key="versions_status").set_value("champion").run()
    fine(page)
    assert page.dataframe[0].value["number"].tolist() == ["1"]

    page = page.text_input(key="versions_text").set_value("nobody").run()
    assert "No version fits these filters" in fine(page)


def test_two_versions_side_by_side_say_what_is_luck(
    desk: Desk, open_view: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_version(desk, 1, cases=case_rows(1, spread=1.0))
    lay_version(desk, 2, cases=case_rows(2, spread=4.0), summary={"reach": {"price": 2.0}})
    select(monkeypatch, [1, 2])
    page = open_view("Versions", Role.merchandiser)
    told = fine(page)

    assert "Version 1 is better than all others, by more than chance explains" in told
    assert "600 cases from 1 Jan 2026 to 20 Jan 2026" in told
    assert "| rounds | 101 | 102 |" in told
    figures, apart = (one.value for one in page.dataframe[1:3])
    assert {"1", "2", "rule"} <= set(figures.columns)
    assert apart["who"].tolist()[0] == "Version 1 ahead of version 2"
    assert apart["said"].tolist()[0] == "More than chance"


def test_versions_without_cases_stand_side_by_side_without_a_claim(
    desk: Desk, open_view: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_version(desk, 1)
    lay_version(desk, 2, wape=0.25)
    select(monkeypatch, [1, 2])
    page = open_view("Versions")

    assert "stored without the cases" in fine(page)
    assert page.dataframe[1].value.iloc[0][["1", "2", "rule"]].tolist() == [
        "20.0 %",
        "25.0 %",
        "30.0 %",
    ]


def test_five_versions_are_too_many(
    desk: Desk, open_view: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 6):
        lay_version(desk, number)
    select(monkeypatch, [1, 2, 3, 4, 5])

    assert "at most 4 stand side by side" in fine(open_view("Versions"))


def test_an_admin_notes_something_and_takes_it_back(
    desk: Desk, open_view: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_version(desk, 1)
    select(monkeypatch, [1])
    page = open_view("Versions")
    page.text_area[0].set_value("Before the sale.")
    page = next(one for one in page.button if one.label == "Save the note").click().run()

    assert "The note of version 1 is saved" in fine(page).replace("\\", "")
    assert registry.note_of(desk, "forecasting", 1).note == "Before the sale."
    page = page.button(key="reverse").click().run()
    fine(page)
    assert registry.note_of(desk, "forecasting", 1).note == ""


def test_others_read_the_note_and_have_no_buttons_to_change_anything(
    desk: Desk, open_view: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_version(desk, 1)
    registry.note(desk, ADMIN, "forecasting", 1, EVIL, expected=0)
    select(monkeypatch, [1])
    page = open_view("Versions", Role.merchandiser)
    told = fine(page)

    assert "alert" in told
    assert EVIL not in told
    assert not page.text_area
    assert "delete_version" not in {one.key for one in page.button}


def test_a_version_that_decides_is_not_offered_for_deletion(
    desk: Desk, open_view: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_version(desk, 1)
    decide(desk, 1)
    select(monkeypatch, [1])
    page = open_view("Versions").button(key="delete_version").click().run()

    assert "it decides now" in fine(page)
    assert "delete_for_good" not in {one.key for one in page.button}


def test_the_passport_is_read_by_everybody(desk: Desk, open_view: Open) -> None:
    lay_version(desk, 1, cases=case_rows(1), asked_by=EVIL)
    decide(desk, 1)
    page = open_view("Versions", Role.fraud_analyst, passport="1")
    told = fine(page)

    for title in ("Data and dates", "Lineage", "Weak spots", "Not to be used for"):
        assert title in told
    assert "Slow sellers, irregular" in told
    assert EVIL not in told

    page = page.button(key="passport_back").click().run()
    fine(page)
    assert page.dataframe[0].value["number"].tolist() == ["1"]


def test_a_passport_of_no_version_says_so(desk: Desk, open_view: Open) -> None:
    lay_version(desk, 1)
    assert "There is no version 77 of forecasting" in fine(open_view("Versions", passport="77"))


def test_a_page_of_many_versions_begins_at_the_newest(desk: Desk, open_view: Open) -> None:
    for number in range(1, 31):
        lay_version(desk, number)
    page = open_view("Versions")

    fine(page)
    assert len(page.dataframe[0].value) == 25
    assert page.dataframe[0].value["number"].iloc[0] == "30"
    assert registry.listed(desk, "forecasting", VersionFilter()).every == 30
