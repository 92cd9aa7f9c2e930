"""Plan: calendar, overrides, scoreboard and further columns, as each role sees them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.access import Role
from app.context import Desk, get_desk
from app.services.forecasting import overriding, plans
from app.services.forecasting.override_checks import Wanted
from app.services.forecasting.override_preview import preview
from tests.factories.forecasts import ADA, BOB, OPEN, make_home, publish_by_hand
from tests.pages.conftest import ROOT, Open, enter, forget, words_of


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A home of its own, since these tests decide."""
    made = make_home(tmp_path)
    publish_by_hand(made)
    made.analytics.close()
    monkeypatch.setenv("SHOPSIGHT_HOME", str(tmp_path))
    forget()
    yield get_desk()
    forget()


@pytest.fixture
def open_plan(desk: Desk) -> Open:
    def run(part: str, role: Role, **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "pages/forecasting/page.py"), default_timeout=60)
        app.user = {"session": enter(desk, role)}
        app.query_params.update({"view": "Plan", "plan": part, **query})
        return app.run()

    return run


def saved(desk: Desk, value: float = 90, by=BOB) -> None:  # type: ignore[no-untyped-def]
    wanted = Wanted(
        level="product",
        series_id="mug",
        first_week=OPEN,
        last_week=OPEN,
        kind="units",
        value=value,
    )
    seen = preview(desk, wanted).seen
    overriding.save(desk, by, wanted, reason="event", seen=seen)


def fine(page: AppTest) -> str:
    """The page ran; its words."""
    assert not page.exception
    told = words_of(page)
    assert "could not be made" not in told
    return told


@pytest.mark.parametrize("role", [Role.merchandiser, Role.manager])
@pytest.mark.parametrize("part", ["Calendar", "Overrides", "Scoreboard", "Further columns"])
def test_each_part_opens_for_each_role(open_plan: Open, part: str, role: Role) -> None:
    told = fine(open_plan(part, role))
    assert ("Merchandisers and admins decide here" in told) == (role is Role.manager)


def test_the_calendar_says_what_is_not_yet_in_the_forecast(desk: Desk, open_plan: Open) -> None:
    plans.add_plan(
        desk,
        ADA,
        kind="promotion",
        level="category",
        series_id="cups",
        name="Fair <b>",
        change=-0.2,
        starts_on=OPEN,
        ends_on=OPEN,
    )
    page = open_plan("Calendar", Role.merchandiser)
    assert "1 plan is not yet in the forecast" in fine(page)
    assert any(button.label == "Compute the forecast anew" for button in page.button)
    assert page.dataframe[0].value["state"].tolist() == ["not yet in it"]


def test_an_override_is_looked_at_saved_and_undone(desk: Desk, open_plan: Open) -> None:
    page = open_plan("Overrides", Role.merchandiser, level="Product", product="mug")
    page.number_input(key="product_mug_units").set_value(90.0).run()
    assert "60 units before, 90 after" in fine(page)
    page.selectbox(key="product_mug_reason").set_value("event").run()
    page.button(key="product_mug_save").click().run()
    assert "90 units a week for the week of 12 Jan" in fine(page)
    assert page.dataframe[0].value["said"].tolist() == ["90 units a week"]
    page.button(key="reverse").click().run()
    assert "was taken back" in fine(page)
    assert "Nothing is overridden" in words_of(page)


def test_minus_five_is_refused_and_stays_in_the_field(open_plan: Open) -> None:
    page = open_plan("Overrides", Role.merchandiser, level="Product", product="mug")
    page.number_input(key="product_mug_units").set_value(-5.0).run()
    assert not page.exception
    assert any("never negative" in box.proto.title for box in page.error)
    assert page.number_input(key="product_mug_units").value == -5.0


def test_the_later_of_two_is_told_and_loses_nothing(desk: Desk, open_plan: Open) -> None:
    page = open_plan("Overrides", Role.merchandiser, level="Product", product="mug")
    page.number_input(key="product_mug_units").set_value(90.0).run()
    page.selectbox(key="product_mug_reason").set_value("event").run()
    saved(desk, 70)  # by bob, meanwhile
    page.button(key="product_mug_save").click().run()
    assert any("bob has just set 70 units a week" in box.proto.title for box in page.error)
    assert page.number_input(key="product_mug_units").value == 90.0
    assert "70 units before, 90 after" in words_of(page)
    page.button(key="product_mug_save").click().run()
    assert "90 units a week for the week" in words_of(page)


def test_for_the_shop_the_form_asks_for_a_series(open_plan: Open) -> None:
    assert "Choose a category or a product" in fine(open_plan("Overrides", Role.merchandiser))


def test_a_manager_sees_overrides_without_a_way_to_change_them(desk: Desk, open_plan: Open) -> None:
    saved(desk)
    page = open_plan("Overrides", Role.manager, level="Product", product="mug")
    fine(page)
    assert page.dataframe[0].value["by"].tolist() == ["bob"]
    assert not page.number_input
