"""The pages of the group Run: data, settings, users and keys, audit."""

from __future__ import annotations

from datetime import datetime

from app.access import Role
from app.context import Desk
from app.services import settings
from data_access.state.jobs import note_ended, note_queued
from tests.pages.conftest import Open, identity, words_of


def test_the_newest_snapshot_is_shown_with_its_checks_and_rows(open_page: Open) -> None:
    page = open_page("data", Role.manager)

    labels = [metric.label for metric in page.metric]
    assert labels == ["Rows", "Checks passed", "Covers", "Took"]
    checks, held, kept = (table.value for table in page.dataframe)
    assert set(checks["result"]) <= {"Passed", "Look at it", "Failed"}
    assert held.set_index("table").loc["orders", "rows"] == 230
    assert kept["number"].tolist() == [1]


def test_only_who_manages_data_may_refresh(open_page: Open) -> None:
    assert "Refresh now" in [button.label for button in open_page("data", Role.admin).button]
    assert "Refresh now" not in [b.label for b in open_page("data", Role.manager).button]


def test_totals_of_the_shop_and_of_the_snapshot_agree(open_page: Open) -> None:
    page = open_page("data", Role.manager, show="Compare with the shop")
    page = page.button(key="compare").click().run()

    assert not page.exception
    assert "agree to the last digit" in words_of(page)


def test_a_shop_that_was_not_imported_says_so(open_page: Open) -> None:
    page = open_page("data", Role.manager, show="Imports")

    assert "Nothing was imported" in words_of(page)


def test_a_target_is_set_shown_and_taken_back(open_page: Open, desk: Desk) -> None:
    page = open_page("settings", Role.manager)
    field = next(f for f in page.number_input if f.label == "Revenue, €")
    field.set_value(1000.0)
    page = page.button[0].click().run()

    (row,) = settings.list_targets(desk, identity(desk, Role.manager))
    assert (row.metric, row.value) == ("revenue", 1000.0)

    page = page.button(key="undo_change").click().run()

    assert not page.exception
    assert settings.list_targets(desk, identity(desk, Role.manager)) == ()


def test_a_fraud_analyst_sets_only_what_concerns_the_review(open_page: Open) -> None:
    page = open_page("settings", Role.fraud_analyst)

    labels = {field.label.split(",")[0] for field in page.number_input}
    assert {"Orders reviewed a day", "Score from which an order is reviewed"} <= labels
    assert not labels & {"Days between orders", "Service level", "Lead time where none is known"}


def test_a_password_for_a_new_person_is_shown_once(open_page: Open) -> None:
    page = open_page("users", Role.admin)
    page.text_input[0].set_value("ada")
    page = page.button[0].click().run()

    assert "One-time password of ada" in words_of(page)
    assert len(page.code) == 1

    page = page.button(key="put_away").click().run()

    assert not page.code
    assert "ada" in page.dataframe[0].value["name"].tolist()


def test_the_audit_is_filtered_by_the_address(open_page: Open) -> None:
    page = open_page("audit", Role.admin, about="Logins")

    acts = page.dataframe[0].value["act"]
    assert len(acts)
    assert acts.str.startswith("session.").all()


def test_jobs_are_listed_with_what_came_of_them(open_page: Open, desk: Desk) -> None:
    at = datetime(2026, 4, 1)
    note_queued(
        desk.state,
        job_id="one",
        kind="refresh",
        title="Refresh the data",
        asked_by="ada",
        asked_at=at,
        parameters={},
    )
    note_ended(desk.state, "one", state="failed", outcome="The disk is full.", at=at)

    page = open_page("data", Role.manager, show="Jobs")

    assert "The disk is full." in page.dataframe[0].value["outcome"].tolist()


def test_a_shop_is_told_what_each_missing_column_would_add_to_fraud_review(
    open_page: Open,
) -> None:
    page = open_page("fraud", Role.manager, view="Explain")

    assert not page.exception
    told = words_of(page)
    assert "**A device id**: " in told
    assert "**Chargebacks**: Would let models learn" in told
    assert "**Lines of the basket**" not in told  # this shop tells them
