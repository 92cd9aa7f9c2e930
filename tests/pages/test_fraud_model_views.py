"""Fraud review: thresholds, statistics, models and reasons as each role sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.access import Identity, Role
from app.context import Desk, get_desk
from app.services.fraud import deciding, thresholds
from data_access.state.engine import utc_now
from tests.factories.empty_shop import lay_empty_shop
from tests.factories.fraud_cases import add_case, read_case
from tests.factories.fraud_models import add_version
from tests.pages.conftest import ROOT, enter, forget, words_of

CARLA = Identity(name="carla", role=Role.fraud_analyst)
Open = Callable[..., AppTest]
THRESHOLD, STATISTICS = "Threshold and capacity", "Statistics"
TRAIN, EXPLAIN = "Compare and train", "Explain"
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
    def run(view: str, role: Role = Role.fraud_analyst, **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "pages" / "fraud" / "page.py"), default_timeout=60)
        app.user = {"session": enter(desk, role)}
        app.query_params.update({"view": view, **query})
        return app.run()

    return run


def keys(app: AppTest) -> set[str]:
    return {each.key for each in app.button}


def fine(app: AppTest) -> None:
    assert not app.exception
    assert "could not be made" not in words_of(app)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("view", [THRESHOLD, STATISTICS, EXPLAIN])
def test_without_a_model_or_a_score_each_view_says_what_is_missing(
    open_view: Open, view: str, role: Role
) -> None:
    page = open_view(view, role)

    fine(page)
    told = words_of(page)
    assert {
        THRESHOLD: "Nothing to replay yet",
        STATISTICS: "Nothing has been scored in this period",
        EXPLAIN: "No order has been scored yet",
    }[view] in told


def test_sliders_speak_of_orders_hours_money_and_good_customers(
    desk: Desk, open_view: Open
) -> None:
    add_version(desk, decides=True)
    page = open_view(THRESHOLD)

    fine(page)
    assert [one.label for one in page.metric] == [
        "In the queue",
        "Analysts' time",
        "Fraud money caught",
        "Good customers held up",
    ]
    assert [one.label for one in page.slider] == [
        "Orders a day in the queue",
        "Of these held at once",
    ]
    assert next(one for one in page.button if one.key == "to_live").disabled  # nothing was moved

    before = page.metric[0].value
    page = page.slider[0].set_value(2.0).run()

    fine(page)
    assert page.metric[0].value == "2 a day"
    assert page.metric[0].value != before
    assert not next(one for one in page.button if one.key == "to_live").disabled


def test_a_threshold_is_tried_in_shadow_set_live_and_taken_back(
    desk: Desk, open_view: Open
) -> None:
    add_version(desk, decides=True)
    live = thresholds.holding(desk).live
    page = open_view(THRESHOLD).slider[0].set_value(2.0).run()
    page = page.button(key="to_shadow").click().run()

    fine(page)
    held = thresholds.holding(desk)
    assert held.live == live
    assert held.shadow is not None
    assert "No order was scored since" in words_of(page)

    page = page.button(key="shadow_live").click().run()

    fine(page)
    assert thresholds.holding(desk).live == held.shadow
    assert thresholds.holding(desk).shadow is None

    page = page.button(key="undo_change").click().run()

    fine(page)
    assert thresholds.holding(desk).live == live


def test_a_merchandiser_reads_what_thresholds_mean_and_a_manager_may_set_them(
    desk: Desk, open_view: Open
) -> None:
    add_version(desk, decides=True)

    assert "to_live" not in keys(open_view(THRESHOLD, Role.merchandiser))
    assert "to_live" in keys(open_view(THRESHOLD, Role.manager))


def test_scores_of_a_version_that_does_not_decide_set_nothing(desk: Desk, open_view: Open) -> None:
    add_version(desk)
    page = open_view(THRESHOLD)

    fine(page)
    assert "to_live" not in keys(page)
    assert "a version that does not decide" in words_of(page)


def test_statistics_tell_precision_recall_and_who_decided(desk: Desk, open_view: Open) -> None:
    now = utc_now()
    one = add_case(desk, "O1", kind="card_testing", now=now)
    add_case(desk, "O2", now=now)
    deciding.decide(
        desk, CARLA, one, read_case(desk, one).version, "decline", "card_testing", None, now=now
    )
    page = open_view(STATISTICS, Role.manager)

    fine(page)
    assert page.metric[0].value == "100 %"
    assert "2 orders were scored, 2 of them flagged" in words_of(page)
    tables = [one.value for one in page.dataframe]
    assert any("by" in frame and frame["by"].tolist() == ["carla"] for frame in tables)


def test_versions_stand_beside_the_plain_rules_and_are_told_apart_by_kind(
    desk: Desk, open_view: Open
) -> None:
    add_version(desk, decides=True)
    add_version(desk, job_id="other", candidate="logistic", average_precision=0.2, beats=False)
    page = open_view(TRAIN)

    fine(page)
    table = page.dataframe[0].value
    assert table["number"].tolist() == ["1", "rule", "2"]
    assert table["against"].tolist()[0] == "2.0 times"
    assert "Train for" not in words_of(page)


def test_two_versions_of_fraud_review_side_by_side(desk: Desk) -> None:
    add_version(desk)
    add_version(desk, job_id="other", candidate="logistic", average_precision=0.2, beats=False)
    page = AppTest.from_string(
        "from app.services import models\n"
        "from app.ui import beside, state\n"
        "desk = state.desk()\n"
        "beside.show(desk, 'fraud', models.compare(desk, 'fraud'), 1, 2)\n",
        default_timeout=60,
    )
    page.user = {"session": enter(desk, Role.manager)}
    page = page.run()

    fine(page)
    by_kind, figures = (one.value for one in page.dataframe)
    assert by_kind["group"].tolist() == ["Card testing", "Stolen card"]
    assert by_kind["first"].tolist() == ["75 %", "20 %"]
    assert {"1", "2", "rule"} <= set(figures.columns)


def test_why_adds_up_and_customer_and_payment_have_a_risk_of_their_own(
    desk: Desk, open_view: Open
) -> None:
    add_version(desk, decides=True, burst=True)
    add_case(desk, "O1", score=0.5, model_version=1, now=utc_now())
    page = open_view(EXPLAIN)

    fine(page)
    told = words_of(page)
    assert "Why order O1 has 50 %" in told
    assert "Payment alone" in told
    assert "AUC 0.90, 95 % range 0.85 to 0.94" in told
    assert "90 of 100 known frauds" in told
    honesty = page.dataframe[-1].value
    assert honesty["auc"].tolist() == ["0.84", "0.53"]


def test_what_is_typed_as_an_order_is_never_taken_as_markup(desk: Desk, open_view: Open) -> None:
    page = open_view(EXPLAIN, order=EVIL)

    fine(page)
    assert EVIL not in words_of(page)
