"""The view Decide: read by all, decided by merchandisers and admins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.access import Role
from app.context import Desk, get_desk
from app.services import ordering
from tests.app.services.ordering.conftest import ADA, home, listed, published  # noqa: F401
from tests.pages.conftest import ROOT, enter, forget, words_of

Open = Callable[..., AppTest]


@pytest.fixture
def desk(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:  # noqa: F811
    monkeypatch.setenv("SHOPSIGHT_HOME", str(home))
    forget()
    yield get_desk()
    forget()


@pytest.fixture
def open_decide(desk: Desk) -> Open:
    def run(role: Role = Role.merchandiser, page: str = "forecasting", **query: str) -> AppTest:
        script = "app/dashboard.py" if page == "home" else f"pages/{page}/page.py"
        app = AppTest.from_file(str(ROOT / script), default_timeout=60)
        app.user = {"session": enter(desk, role)}
        app.query_params.update(query)
        return app.run()

    return run


def button(app: AppTest, key: str):
    return next(each for each in app.button if each.key == key)


def test_a_merchandiser_sees_what_to_order_and_why(open_decide: Open):
    app = open_decide()
    assert not app.exception
    assert not app.error
    figures = {each.label: each.value for each in app.metric}
    assert figures["To order"] == "2 products"
    assert figures["Run out before delivery"] != "–"
    said = words_of(app)
    assert "safety stock" in said
    assert "to order\\." in said or "to order." in said


def test_a_supplier_is_marked_as_ordered_and_taken_back(open_decide: Open):
    app = open_decide(supplier="North Ltd")
    button(app, "mark_ordered").click().run()
    assert not app.error
    assert "marked as ordered" in words_of(app)
    assert {each.label: each.value for each in app.metric}["To order"] == "0 products"
    button(app, "undo_order").click().run()
    assert {each.label: each.value for each in app.metric}["To order"] == "2 products"


def test_a_manager_reads_and_cannot_mark(open_decide: Open):
    app = open_decide(Role.manager, supplier="North Ltd")
    assert button(app, "mark_ordered").disabled
    assert button(app, "stock_file").disabled


def test_a_budget_shows_what_it_leaves_out(open_decide: Open):
    app = open_decide(budget="50")
    figures = {each.label: each for each in app.metric}
    assert "Budget used" in figures
    assert "ordered less than proposed" in words_of(app)


def test_a_search_for_nothing_says_so(open_decide: Open):
    assert "No product of this list holds all these words." in words_of(open_decide(seek="zebra"))


def test_home_says_what_waits_to_be_ordered(open_decide: Open):
    assert "2 products to order" in words_of(open_decide(page="home"))


def test_the_reasons_of_a_conflict_are_shown_and_settled(open_decide: Open, desk: Desk):
    app = open_decide()
    found = listed(desk)
    mine = ordering.Edit(product_id="mug", units=30, proposed=0, version=0)
    ordering.save_edits(
        desk, ADA, week=found.week,
        edits=[ordering.Edit(product_id="mug", units=12, proposed=0, version=0)],
    )  # fmt: skip
    late = ordering.save_edits(desk, ADA, week=found.week, edits=[mine])
    app.session_state["_order_conflicts"] = list(late.conflicts)
    app.run()
    assert "your 30 is not saved" in words_of(app)
    button(app, "conflict_mine_0").click().run()
    assert not app.error
    assert listed(desk).rows.set_index("product_id").loc["mug", "order"] == 30
