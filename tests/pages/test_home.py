"""Home, as each role sees it."""

from __future__ import annotations

import pytest

from app.access import Role
from tests.pages.conftest import Open, words_of


@pytest.mark.parametrize("role", list(Role))
def test_home_opens_for_every_role_with_four_figures(open_page: Open, role: Role) -> None:
    page = open_page("home", role)

    assert not page.exception
    assert page.title[0].value == "What needs me today?"
    assert len(page.metric) == 4
    assert "could not be made" not in words_of(page)


def test_a_fraud_analyst_sees_declined_orders_first(open_page: Open) -> None:
    labels = [metric.label for metric in open_page("home", Role.fraud_analyst).metric]

    assert labels == ["Orders", "Declined orders", "Chargebacks", "Refunds"]


def test_the_chart_and_the_span_come_from_the_address(open_page: Open) -> None:
    page = open_page("home", Role.manager, span="7 days", chart="Orders")

    assert page.subheader[0].value.startswith("Orders by day")


def test_a_manager_is_told_that_no_target_is_set(open_page: Open) -> None:
    assert "No target for April" in words_of(open_page("home", Role.manager))
