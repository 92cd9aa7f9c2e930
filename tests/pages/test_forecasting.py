"""Forecasting: before the first forecast, and with one by the rule of thumb."""

from __future__ import annotations

import re

import pytest

from app.access import Role
from app.context import Desk
from app.services.training import service_of
from tests.pages.conftest import Open, words_of


@pytest.fixture
def published(desk: Desk) -> None:
    """A stored forecast, made once a session: the same job publishes once."""
    service_of("forecasting").publish(desk, job_id="test", progress=lambda *_: None)


def test_before_the_first_forecast_the_page_says_what_is_missing(open_page: Open) -> None:
    page = open_page("forecasting", Role.merchandiser, view="Explore")

    assert not page.exception
    assert "No forecast yet" in words_of(page)


def test_a_merchandiser_may_train_with_fields_from_the_parameters(open_page: Open) -> None:
    page = open_page("forecasting", Role.merchandiser, view="Compare and train")

    labels = [field.label for field in page.number_input]
    assert "Trees" in labels
    assert page.number_input[0].max == 26
    assert any(re.match(r"Train \d+ candidates · ", button.label) for button in page.button)


def test_a_manager_sees_the_versions_but_no_form(open_page: Open) -> None:
    page = open_page("forecasting", Role.manager, view="Compare and train")

    assert not page.number_input
    assert "Merchandisers and admins train models" in words_of(page)


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("level", ["Shop", "Category", "Product"])
def test_each_level_has_its_forecast_with_range_and_reason(open_page: Open, level: str) -> None:
    page = open_page("forecasting", Role.merchandiser, view="Explore", level=level)

    assert not page.exception
    assert "could not be made" not in words_of(page)
    assert page.metric[0].label == "Next 13 weeks"
    assert "80 % range:" in words_of(page)
    assert len(page.get("plotly_chart")) == 2


@pytest.mark.usefixtures("published")
def test_a_product_of_the_address_is_the_one_that_is_shown(open_page: Open) -> None:
    page = open_page(
        "forecasting", Role.merchandiser, view="Explore", level="Product", product="kettle"
    )

    assert "Kettle, units a week" in words_of(page)


@pytest.mark.usefixtures("published")
def test_an_unknown_product_gives_the_best_seller_instead_of_an_error(open_page: Open) -> None:
    page = open_page(
        "forecasting", Role.merchandiser, view="Explore", level="Product", product="nonsense"
    )

    assert not page.exception
    assert "could not be made" not in words_of(page)


@pytest.mark.usefixtures("published")
def test_the_parts_of_a_number_are_shown_with_their_sum(open_page: Open) -> None:
    page = open_page("forecasting", Role.merchandiser, view="Explain")

    parts = page.dataframe[0].value
    assert parts["part"].iloc[-1] == "Forecast"
    shown = pytest.approx(parts["units"].iloc[-1], abs=0.1 * len(parts))  # a tenth is shown
    assert parts["units"].iloc[:-1].sum() == shown


# ── Explore: one part at a time, by day, week or month ──


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(("grain", "unit"), [("Day", "day"), ("Week", "week"), ("Month", "month")])
def test_the_chart_is_drawn_by_day_week_and_month(open_page: Open, grain: str, unit: str) -> None:
    page = open_page("forecasting", Role.merchandiser, view="Explore", grain=grain)

    assert not page.exception
    assert "could not be made" not in words_of(page)
    assert f"Whole shop, units a {unit}" in words_of(page)
    assert "80 % held" in words_of(page)


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("Last year", "The same weeks, 52 weeks before"),
        ("Season and trend", "season"),
        ("What we believed", "None of its weeks is over yet"),
    ],
)
@pytest.mark.parametrize("level", ["Shop", "Product"])
def test_each_part_of_explore_answers(open_page: Open, part: str, said: str, level: str) -> None:
    page = open_page("forecasting", Role.merchandiser, view="Explore", part=part, level=level)

    assert not page.exception
    assert "could not be made" not in words_of(page)
    assert said in words_of(page)


@pytest.mark.usefixtures("published")
def test_any_number_of_weeks_of_the_address_is_answered(open_page: Open) -> None:
    page = open_page("forecasting", Role.merchandiser, view="Explore", horizon="6 weeks")

    assert page.metric[0].label == "Next 6 weeks"


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("horizon", ["99 weeks", "nonsense", "0 weeks"])
def test_a_horizon_that_is_none_gives_a_quarter(open_page: Open, horizon: str) -> None:
    page = open_page("forecasting", Role.merchandiser, view="Explore", horizon=horizon)

    assert not page.exception
    assert page.metric[0].label == "Next 13 weeks"


@pytest.mark.usefixtures("published")
def test_four_figures_say_how_much_how_good_and_what_to_order(open_page: Open) -> None:
    page = open_page("forecasting", Role.merchandiser, view="Explore")

    labels = [metric.label for metric in page.metric]
    assert labels == ["Next 13 weeks", "Usual error", "80 % range held", "To order now"]


@pytest.mark.usefixtures("published")
def test_products_are_sorted_as_asked_and_searched(open_page: Open) -> None:
    page = open_page(
        "forecasting", Role.merchandiser, view="Explore", sort="Sells most next", find="e"
    )

    shown = page.dataframe[-1].value
    assert shown["after"].is_monotonic_decreasing
    assert all("e" in name.lower() for name in shown["product"])
    assert all(len(weeks) == 20 for weeks in shown["weeks"])
