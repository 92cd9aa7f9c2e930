"""Fraud review: a queue is worked through, managers read it, analysts alone see the person."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from app.access import Identity, Role
from app.context import Desk, get_desk, open_desk
from app.services.fraud import deciding, messages, queue
from app.settings import Settings
from data_access.shop.engines import make_engine
from data_access.state.engine import utc_now
from data_access.state.fraud_tables import FraudDecision
from data_access.state.tables import AuditEntry
from tests.factories.app_database import into_one_file, lay_app_database
from tests.factories.fraud_cases import add_case, read_case, set_preference
from tests.factories.shared import once
from tests.factories.shop import ShopFactory
from tests.factories.small_shop import NOW
from tests.pages.conftest import ROOT, enter, forget, words_of

CARLA = Identity(name="carla", role=Role.fraud_analyst)
Open = Callable[..., AppTest]
EVIL = "<script>alert(1)</script> [click](http://evil.example) www.evil.example"
SEEN = {"ip": "198.51.100.7", "device_id": "DEV-1", "shipping_address": "Musterweg 1, Neustadt"}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Three orders of two accounts on one device, all of them cases."""
    home = tmp_path / "home"
    shutil.copytree(once("three-orders", _make), home)
    monkeypatch.setenv("SHOPSIGHT_HOME", str(home))
    forget()
    yield get_desk()
    forget()


def _make(folder: Path) -> None:
    engine = make_engine(f"sqlite:///{folder / 'shop.db'}")
    shop = ShopFactory(engine)
    shop.customer("eve", day="2026-03-29", name="Eve Sharp", phone="+49 170 5551234")
    shop.customer("bob", day="2024-01-01", name="Bob Plain")
    shop.product("mug", name=EVIL)
    for number, account in (("O1", "eve"), ("O2", "eve"), ("O3", "bob")):
        shop.order(
            day="2026-03-30", order_id=number, customer=account, units=5, price=40.0, **SEEN,
            billing_country="DE", shipping_country="RO",
        )  # fmt: skip
        shop.payment(number, day="2026-03-30", amount=200.0, cvv="none", card_country="US")
    shop.chargeback("O3", day="2026-03-31", amount=200.0)
    engine.dispose()
    lay_app_database(folder)
    desk = open_desk(Settings(_env_file=None, home=folder))
    for at, number in enumerate(("O1", "O2", "O3")):
        add_case(desk, number, score=0.9 - 0.2 * at, amount=200.0, hours_left=5.0, now=NOW)
    desk.state.close()
    for name in ("app.db", "shop.db"):
        into_one_file(folder / name)


@pytest.fixture
def open_fraud(desk: Desk) -> Open:
    def run(role: Role = Role.fraud_analyst, **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "pages" / "fraud" / "page.py"), default_timeout=60)
        app.user = {"session": enter(desk, role)}
        app.query_params.update(query)
        return app.run()

    return run


def press(app: AppTest, key: str) -> AppTest:
    return next(each for each in app.button if each.key == key).click().run()


def keys(app: AppTest) -> set[str]:
    return {each.key for each in app.button}


def case_id(desk: Desk, order_id: str) -> int:
    from data_access.state import fraud_cases

    with desk.state.read() as session:
        case = fraud_cases.case_of_order(session, order_id)
        assert case is not None
        return case.case_id


def everything(app: AppTest) -> str:
    tables = "\n".join(frame.value.to_string() for frame in app.dataframe)
    return f"{words_of(app)}\n{tables}"


def views(desk: Desk) -> int:
    with desk.state.read() as session:
        return len(session.scalars(select(AuditEntry).where(AuditEntry.act == "case.viewed")).all())


def test_the_queue_shows_the_costliest_first(open_fraud: Open):
    app = open_fraud()
    assert not app.exception
    assert not app.error
    assert list(app.dataframe[0].value["order"]) == ["O1", "O2", "O3"]
    figures = {each.label: each.value for each in app.metric}
    assert figures["To do"] == "3 cases"
    assert figures["Expected loss"] == "€ 420"


def test_a_filter_of_the_address_is_the_queue_that_is_seen(open_fraud: Open):
    app = open_fraud(search="O2", sort="score")
    assert list(app.dataframe[0].value["order"]) == ["O2"]
    assert "No case fits these filters" in words_of(open_fraud(risk="low"))


def test_a_filter_that_is_none_does_no_harm(open_fraud: Open):
    app = open_fraud(state="'; drop table fraud_cases; --", risk="<b>", sort="nothing")
    assert not app.exception
    assert "No case fits these filters" in words_of(app)


def test_next_opens_and_claims_the_first_case(open_fraud: Open, desk: Desk):
    app = press(open_fraud(), "next_case")
    assert app.query_params["order"] == ["O1"] or app.query_params["order"] == "O1"
    assert read_case(desk, case_id(desk, "O1")).claimed_by == "demo fraud analyst"
    assert "act_approve" in keys(app)


def test_a_decision_is_kept_and_the_next_case_opens(open_fraud: Open, desk: Desk):
    app = press(open_fraud(view="Case", order="O1"), "act_decline")
    assert not app.error
    case = read_case(desk, case_id(desk, "O1"))
    assert (case.state, case.verdict) == ("closed", "decline")
    assert "Order O1 was declined" in words_of(app)
    assert "Order O2" in words_of(app)


def test_the_queue_says_what_the_shop_was_not_told(open_fraud: Open, desk: Desk):
    """Nobody listens at the address: the decision stands, and the queue says where it is stuck."""
    set_preference(desk, "fraud_webhook_url", "http://127.0.0.1:9/nobody")
    press(open_fraud(view="Case", order="O1"), "act_decline")
    assert "not told to the shop" not in words_of(open_fraud())

    assert messages.send_due(desk).failed == 1

    assert "1 decision not told to the shop yet" in words_of(open_fraud())


def test_undo_brings_the_case_back(open_fraud: Open, desk: Desk):
    app = press(open_fraud(view="Case", order="O1"), "act_approve")
    app = press(app, "undo_case")
    assert not app.error
    assert read_case(desk, case_id(desk, "O1")).state == "open"
    assert "act_approve" in keys(app)


def test_a_reason_of_another_act_is_refused_and_nothing_is_lost(open_fraud: Open, desk: Desk):
    app = open_fraud(view="Case", order="O1")
    next(each for each in app.selectbox if each.key == "reason_O1").select("decline:stolen_card")
    next(each for each in app.text_input if each.key == "note_O1").input("He called").run()
    app = press(app, "act_approve")
    assert "The reason chosen is one to decline" in words_of(app)
    assert next(each for each in app.text_input if each.key == "note_O1").value == "He called"
    assert read_case(desk, case_id(desk, "O1")).state == "open"


def test_whoever_comes_later_is_told_and_keeps_the_note(open_fraud: Open, desk: Desk):
    app = open_fraud(view="Case", order="O1")
    next(each for each in app.text_input if each.key == "note_O1").input("Mine").run()
    queue.take_over(desk, CARLA, case_id(desk, "O1"))
    app = press(app, "act_decline")
    said = words_of(app)
    assert "carla works on this case" in said.replace("\\", "")
    with desk.state.read() as session:
        assert not session.scalars(select(FraudDecision)).all()
    app = press(app, "take_over")
    assert next(each for each in app.text_input if each.key == "note_O1").value == "Mine"
    deciding.decide(
        desk, CARLA, queue.take_over(desk, CARLA, case_id(desk, "O1")).row.case_id, 1, "approve"
    )
    app = press(app, "act_decline")
    assert "carla has approved this case" in words_of(app).replace("\\", "")
    assert "You had written: “Mine”" in words_of(app)
    app = press(app, "keep_typed")
    assert "Mine" in words_of(app)
    assert "keep_typed" not in keys(app)


def test_an_analyst_sees_the_person_and_each_view_is_noted(open_fraud: Open, desk: Desk):
    app = open_fraud(view="Case", order="O1")
    said = everything(app)
    assert "Eve Sharp" in said
    assert "198.51.100.7" in said
    assert views(desk) == 1
    app.run()
    assert views(desk) == 1
    press(app, "next_case")
    assert views(desk) == 2


@pytest.mark.parametrize("role", [Role.manager, Role.admin, Role.merchandiser])
def test_others_see_the_case_without_the_person(open_fraud: Open, desk: Desk, role: Role):
    app = open_fraud(role, view="Case", order="O1")
    assert not app.exception
    said = everything(app)
    for secret in ("Eve Sharp", "198.51", "DEV-1", "Musterweg", "5551234", "eve@mail"):
        assert secret not in said
    assert "shown to fraud analysts only" in said
    assert "act_approve" not in keys(app)
    assert "dispute_file" not in keys(app)
    assert views(desk) == 0


def test_what_a_shop_or_a_customer_writes_is_never_taken_as_markdown(open_fraud: Open, desk: Desk):
    with desk.state.write() as session:
        case = session.merge(read_case(desk, case_id(desk, "O1")))
        case.asked, case.answer, case.answered_at = "Was it you?", EVIL, utc_now()
        case.reason = EVIL
    app = open_fraud(view="Case", order="O1")
    said = words_of(app)
    assert "<script>" not in said
    assert "[click](http" not in said
    assert "www.evil" not in said


def test_the_countries_that_differ_are_marked(open_fraud: Open):
    said = words_of(open_fraud(view="Case", order="O1"))
    assert "Parcel :orange[**RO**" in said
    assert "Security code is missing" in said


def test_the_graph_names_the_other_account_and_its_chargeback(open_fraud: Open):
    said = words_of(open_fraud(view="Case", order="O1"))
    # Without a snapshot and an event store only what is live is known: nothing is invented.
    assert "No other order shares anything" in said or "other account" in said


@pytest.mark.parametrize("number", ["nothing", "'; drop table orders; --", "x" * 500, "\x00"])
def test_an_order_that_is_none_is_explained(open_fraud: Open, number: str):
    app = open_fraud(view="Case", order=number)
    assert not app.exception
    assert "The shop has no order" in words_of(app)


def test_a_view_is_saved_used_and_removed(open_fraud: Open):
    app = open_fraud(search="O3")
    next(each for each in app.text_input if each.key == "view_name").input("Third").run()
    app = press(app, "save_view")
    view = next(key for key in keys(app) if key and key.startswith("view_"))
    app = press(app, "clear_filters")
    assert len(app.dataframe[0].value) == 3
    app = press(app, view)
    assert list(app.dataframe[0].value["order"]) == ["O3"]
    app = press(app, f"drop_{view}")
    assert view not in keys(app)


def test_an_empty_queue_says_what_will_come(open_fraud: Open, desk: Desk):
    app = open_fraud(view="Case", order="O1")
    for number in ("O1", "O2", "O3"):
        assert number in words_of(app)
        app = press(app, "act_approve")
    assert "Nothing waits for a decision" in words_of(app)


def test_several_are_decided_together_after_a_preview_and_taken_back(open_fraud: Open, desk: Desk):
    app = open_fraud()
    ids = [case_id(desk, number) for number in ("O1", "O2")]
    app.session_state["_fraud_together"] = ("decline", ids)
    app.run()
    assert "**2 orders**, worth € 400, would be declined" in words_of(app)
    assert read_case(desk, ids[0]).state == "open"
    # A dialog reruns by itself in a browser; here the whole page does, so it is asked for anew.
    app.session_state["_fraud_together"] = ("decline", ids)
    app = press(app, "together_do")
    assert [read_case(desk, one).verdict for one in ids] == ["decline", "decline"]
    assert "2 orders were declined" in words_of(app)
    app = press(app, "undo_case")
    assert [read_case(desk, one).state for one in ids] == ["open", "open"]


def test_a_case_that_somebody_holds_is_left_out_and_named(open_fraud: Open, desk: Desk):
    app = open_fraud()
    ids = [case_id(desk, number) for number in ("O1", "O2")]
    queue.take_over(desk, CARLA, ids[0])
    app.session_state["_fraud_together"] = ("approve", ids)
    app.run()
    assert "**1 order**, worth" in words_of(app)
    assert "carla works on this case" in words_of(app)


def test_decided_cases_that_are_alike_say_how_they_ended(open_fraud: Open, desk: Desk):
    for number in ("O2", "O3"):
        deciding.decide(desk, CARLA, case_id(desk, number), 1, "decline", "stolen_card")
    app = open_fraud(view="Case", order="O1")
    assert "all 2 were declined" in words_of(app)
    assert "Stolen card" in everything(app)


def test_open_cases_of_one_pattern_are_found_when_that_is_asked(open_fraud: Open):
    app = open_fraud(view="Case", order="O1")
    assert "approve_alike" not in keys(app)
    app = press(app, "find_alike")
    assert "2 other open cases like this one" in words_of(app)
    assert "approve_alike" in keys(app)


def test_what_stands_in_for_a_refused_champion_is_said_at_the_top(
    desk: Desk, open_fraud: Open
) -> None:
    from data_access.state import served
    from tests.factories.laid_models import decide

    decide(desk, 1, 2)
    with desk.state.write() as session:
        served.put_instead(
            session, key="fraud", champion=2, serves=1, why="A file <b>changed</b>.", now=utc_now()
        )
    app = open_fraud(Role.manager, view="queue")
    assert not app.exception
    titles = [one.proto.title for one in app.warning]
    assert any(
        one.startswith("Version 2 is refused; version 1 decides in its place") for one in titles
    )
    assert "scored by version 1" in words_of(app)


def test_orders_too_unsure_to_act_on_are_listed_beneath_the_queue(
    desk: Desk, open_fraud: Open
) -> None:
    from data_access.state.fraud_tables import FraudScore
    from data_access.state.model_tables import CapabilitySwitch

    assert "Not sure: nothing was done" not in words_of(open_fraud(view="queue"))
    with desk.state.write() as session:
        session.add(
            FraudScore(
                order_id="O9", model_version=0, cause="new", made_at=utc_now(), score=0.55,
                risk="low", kind=None, expected_loss=1_100_000, features={}, factors={},
                confidence=0.1, unsure=True,
            )
        )  # fmt: skip
        session.add(
            CapabilitySwitch(
                capability="fraud", confidence=0.5, changed_by="boss", changed_at=utc_now()
            )
        )
    app = open_fraud(view="queue")
    assert not app.exception
    told = words_of(app)
    assert "Not sure: nothing was done about these orders" in told
    assert "1 order of the last 14 days scored too close to a coin toss" in told
    assert "Asked for are 50 %" in told
    assert "O9" in app.dataframe[-1].value["order_id"].tolist()
