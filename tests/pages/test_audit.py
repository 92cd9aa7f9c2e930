"""The audit page: filters from the address, pages, one entry side by side."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from app.access import Role
from app.context import Desk
from tests.pages.conftest import Open, words_of

LONG_AGO = datetime(2001, 5, 1, 12)


@pytest.fixture
def told(desk: Desk) -> Desk:
    """Sixty acts in May 2001, when nobody else did anything."""
    with desk.state.read() as session:
        from data_access.state.audit import count_audit

        known = count_audit(session, object_prefix="rack:")
    for number in range(known, 60):
        act = "rack.moved" if number % 2 else "rack.cleaned"
        at = LONG_AGO + timedelta(hours=number)
        before, after = {"shelf": number}, {"shelf": number + 1}
        with desk.state.note("ada", act, f"rack:{number}", before, after, "Why not", at=at):
            pass
    return desk


def test_the_address_says_what_is_shown(told: Desk, open_page: Open) -> None:
    page = open_page(
        "audit", Role.admin, did="rack.moved", object="rack:", **{"from": "2001-05-02"}
    )
    assert not page.exception
    assert not page.error
    shown = page.dataframe[0].value
    assert set(shown["act"]) == {"rack.moved"}
    assert shown["at"].min() >= datetime(2001, 5, 2)
    assert "newest first" in words_of(page)


def test_older_and_newer_lead_to_the_entries_beside(told: Desk, open_page: Open) -> None:
    page = open_page("audit", Role.admin, object="rack:")
    first = list(page.dataframe[0].value["object"])
    assert first[0] == "rack:59"
    assert len(first) == 50
    buttons = {button.label: button for button in page.button}
    assert buttons["Newer"].disabled
    page = buttons["Older"].click().run()
    assert list(page.dataframe[0].value["object"]) == [f"rack:{n}" for n in range(9, -1, -1)]
    page = next(b for b in page.button if b.label == "Newer").click().run()
    assert list(page.dataframe[0].value["object"]) == first


def test_nothing_that_fits_and_a_period_the_wrong_way_round_are_told(
    told: Desk, open_page: Open
) -> None:
    assert "No entry fits" in words_of(open_page("audit", Role.admin, object="nothing:"))
    wrong = open_page("audit", Role.admin, **{"from": "2001-05-02", "to": "2001-05-01"})
    assert "ends before it begins" in words_of(wrong)


def test_a_place_that_nobody_knows_is_the_beginning(told: Desk, open_page: Open) -> None:
    for place in ("x", "-1", "9" * 40, "99999999"):
        page = open_page("audit", Role.admin, object="rack:", before=place)
        assert not page.exception
        assert page.dataframe[0].value["object"].iloc[0] == "rack:59"
