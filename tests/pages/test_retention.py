"""Models, Retention: settings, the dry run, and the removal by hand."""

from __future__ import annotations

import pytest

from app.access import Role
from app.context import Desk
from app.services import retention
from tests.pages.conftest import Open, words_of


def test_an_admin_sees_the_settings_looks_what_would_go_and_must_say_why(
    desk: Desk, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page("models", Role.admin, view="Retention")
    assert not page.exception
    assert "How long is kept what" in words_of(page)
    assert len(page.number_input) == 11
    assert "Nobody has looked yet" in words_of(page)
    page = next(one for one in page.button if one.label == "Look what would go").click().run()
    assert not page.exception
    table = page.dataframe[0].value
    assert len(table) == 10
    assert set(table.columns) >= {"what", "rule", "there", "going", "frees", "held"}

    plan = retention.plan

    def with_something(*given: object, **more: object) -> retention.Plan:
        found = plan(*given, **more)  # type: ignore[arg-type]
        line = retention.Line(
            key="alerts", label="Alerts", rule="for 1 day", there=3, going=2, bytes=None
        )
        return retention.Plan(made_at=found.made_at, lines=(line,))

    monkeypatch.setattr(retention, "plan", with_something)
    page = next(one for one in page.button if one.label == "Look what would go").click().run()
    assert "2 things" in words_of(page)
    page = next(one for one in page.button if one.label == "Remove now").click().run()
    assert "no reason was given" in words_of(page)


def test_everybody_else_reads_and_changes_nothing(open_page: Open) -> None:
    page = open_page("models", Role.merchandiser, view="Retention")
    assert not page.exception
    assert len(page.number_input) == 0
    assert page.dataframe[0].value["kept"].tolist()[:2] == ["10", "30"]
    labels = {one.label for one in page.button}
    assert "Look what would go" in labels
    assert "Save" not in labels
