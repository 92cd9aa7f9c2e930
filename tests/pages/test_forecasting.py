"""Forecasting: before the first forecast, and with one by the rule of thumb."""

from __future__ import annotations

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
    page = open_page("forecasting", Role.merchandiser)

    assert not page.exception
    assert "No forecast yet" in words_of(page)


def test_a_merchandiser_may_train_with_fields_from_the_parameters(open_page: Open) -> None:
    page = open_page("forecasting", Role.merchandiser, view="Compare and train")

    labels = [field.label for field in page.number_input]
    assert "Trees" in labels
    assert page.number_input[0].max == 26
    assert any(button.label == "Train" for button in page.button)


def test_a_manager_sees_the_versions_but_no_form(open_page: Open) -> None:
    page = open_page("forecasting", Role.manager, view="Compare and train")

    assert not page.number_input
    assert "Merchandisers and admins train models" in words_of(page)


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("level", ["Shop", "Category", "Product"])
def test_each_level_has_its_forecast_with_range_and_reason(open_page: Open, level: str) -> None:
    page = open_page("forecasting", Role.merchandiser, level=level)

    assert not page.exception
    assert "could not be made" not in words_of(page)
    assert page.metric[0].label == "Next 13 weeks"
    assert "80 % range:" in words_of(page)
    assert len(page.get("plotly_chart")) == 2


@pytest.mark.usefixtures("published")
def test_a_product_of_the_address_is_the_one_that_is_shown(open_page: Open) -> None:
    page = open_page("forecasting", Role.merchandiser, level="Product", product="kettle")

    assert "Kettle, units a week" in words_of(page)


@pytest.mark.usefixtures("published")
def test_an_unknown_product_gives_the_best_seller_instead_of_an_error(open_page: Open) -> None:
    page = open_page("forecasting", Role.merchandiser, level="Product", product="nonsense")

    assert not page.exception
    assert "could not be made" not in words_of(page)


@pytest.mark.usefixtures("published")
def test_the_parts_of_a_number_are_shown_with_their_sum(open_page: Open) -> None:
    page = open_page("forecasting", Role.merchandiser, view="Explain")

    parts = page.dataframe[0].value
    assert parts["part"].iloc[-1] == "Forecast"
    assert parts["units"].iloc[:-1].sum() == pytest.approx(parts["units"].iloc[-1])
