"""One order as a case: what is read, who may read it, what it is linked with, how it is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from app.access import AccessDenied
from app.context import Desk, open_desk
from app.services.fraud import case_reading, dispute, graph, timeline
from app.services.fraud.case_facts import CaseView
from app.services.fraud.reasons import said
from app.services.fraud.views import FraudError
from app.services.snapshots import take_snapshot
from app.settings import Settings
from data_access.shop.engines import make_engine
from data_access.state.fraud_tables import FraudEvent, FraudScore
from data_access.state.tables import AuditEntry
from tests.factories.app_database import lay_app_database
from tests.factories.fraud_cases import ANN, BOSS, MIA, NOW, add_case
from tests.factories.shop import ShopFactory

EVIL = "<script>alert('x')</script>"
RING = {"device_id": "DEV-RING", "ip": "203.0.113.9", "shipping_address": "Ring 1, Nowhere"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ring of three accounts on one device, a customer of long standing, and a snapshot."""
    folder = tmp_path_factory.mktemp("case")
    engine = make_engine(f"sqlite:///{folder / 'shop.db'}")
    shop = ShopFactory(engine)
    shop.customer("eve", day="2026-03-26", name=EVIL, phone="+49 170 5551234")
    shop.customer("ann", day="2024-01-01", name="Ann Long")
    shop.product("mug", name=f"Mug {EVIL}")
    for number, account in enumerate(("eve", "kim", "lee"), start=1):
        order = f"R{number}"
        shop.order(
            day=f"2026-03-2{6 + number}", order_id=order, customer=account, units=3, price=100.0,
            billing_country="DE", shipping_country="RO", shipping=5.0, coupon_value=10.0, **RING,
        )  # fmt: skip
        shop.payment(
            order, day=f"2026-03-2{6 + number}", amount=295.0, card_fingerprint=f"CARD-{number}",
            card_country="US", avs="none", cvv="none", three_d_secure="absent",
        )  # fmt: skip
    shop.chargeback("R2", day="2026-03-30", amount=295.0)
    for number in range(4):
        shop.order(
            day=f"2025-0{2 + 3 * (number % 3)}-0{1 + number}", order_id=f"A{number}",
            customer="ann", units=1, price=20.0, status="delivered", device_id="DEV-ANN",
        )  # fmt: skip
    shop.order(day="2026-03-29", order_id="A9", customer="ann", units=1, device_id="DEV-ANN")
    shop.order(day="2026-03-29", order_id="GUEST", customer=None)
    engine.dispose()
    lay_app_database(folder)
    desk = open_desk(Settings(_env_file=None, home=folder))
    take_snapshot(desk, full=True, now=datetime(2026, 3, 31), progress=lambda *_: None)
    add_case(desk, "R1", score=0.6, amount=295.0)
    return folder


@pytest.fixture
def desk(home: Path) -> Iterator[Desk]:
    found = open_desk(Settings(_env_file=None, home=home))
    yield found
    found.state.close()


def read(desk: Desk, order_id: str = "R1") -> CaseView:
    found = case_reading.read(desk, MIA, order_id, now=NOW)
    assert found is not None
    return found


def around(desk: Desk, order_id: str) -> graph.Graph:
    keys = graph.keys_of(desk, order_id)
    number = desk.store.newest_number()
    assert number is not None
    older = graph.linked_in_snapshot(desk, number, keys)
    return graph.graph(desk, MIA, order_id, keys, older)


def test_the_amount_is_goods_and_shipping_less_the_coupon(desk: Desk):
    view = read(desk)
    assert view.order.amount == pytest.approx(295.0)
    assert [line.total for line in view.lines] == [300.0]
    assert view.case is not None
    assert view.case.amount == pytest.approx(295.0)


def test_a_view_without_permission_holds_nothing_personal(desk: Desk):
    told = repr(read(desk))
    for secret in ("script>alert('x')</script> Example", "5551234", "203.0.113", "Ring 1", "DEV-"):
        assert secret not in told
    for role in (MIA, BOSS):
        with pytest.raises(AccessDenied):
            case_reading.person(desk, role, "R1")


def test_every_look_at_a_person_is_noted_once_a_while(desk: Desk):
    def noted() -> int:
        with desk.state.read() as session:
            found = select(AuditEntry).where(
                AuditEntry.act == "case.viewed", AuditEntry.object == "order:R2"
            )
            return len(session.scalars(found).all())

    person = case_reading.person(desk, ANN, "R2")
    assert person is not None
    assert person.ip == "203.0.113.9"
    assert person.cards == ("CARD-2",)
    case_reading.person(desk, ANN, "R2")
    assert noted() == 1


@pytest.mark.parametrize("number", ["", "x" * 65, "nothing", "'; drop table orders; --"])
def test_a_number_that_is_none_finds_nothing(desk: Desk, number: str):
    assert case_reading.read(desk, MIA, number) is None


def test_an_order_without_an_account_or_a_case_is_read_too(desk: Desk):
    view = read(desk, "GUEST")
    assert view.customer is None
    assert view.case is None
    assert view.score is None
    assert timeline.events(view, "EUR")


def test_the_history_of_an_account_leaves_this_order_out(desk: Desk):
    customer = read(desk, "A9").customer
    assert customer is not None
    assert customer.orders == 5
    assert [one.order_id for one in customer.history] == ["A2", "A1", "A3", "A0"]
    assert customer.spent == pytest.approx(80.0)


def test_orders_of_one_device_are_linked_though_their_accounts_differ(desk: Desk):
    found = around(desk, "R1")
    assert {node.order.order_id for node in found.orders} == {"R2", "R3"}
    assert found.other_accounts == 2
    device = next(node for node in found.links if node.link == "device")
    assert (device.orders, device.accounts, device.charged_back) == (2, 2, 1)
    card = next(node for node in found.links if node.link == "card")
    assert card.orders == 0


def test_live_hashes_are_those_of_the_snapshot(desk: Desk):
    """Else nothing would be linked: the shop's own values never are compared."""
    keys = graph.keys_of(desk, "A9")
    assert keys["customer"] == "ann"
    assert len(keys["device"]) == 32
    assert {node.order.order_id for node in around(desk, "A9").orders} == {"A0", "A1", "A2", "A3"}


def test_the_store_links_orders_that_no_snapshot_has_yet(desk: Desk):
    keys = graph.keys_of(desk, "R1")
    with desk.state.write() as session:
        session.add(
            FraudEvent(order_id="A9", placed_at=NOW, customer="ann", device=keys["device"], row={})
        )
    try:
        found = graph.graph(desk, MIA, "R1", keys)
        assert [node.order.order_id for node in found.orders] == ["A9"]
        assert found.orders[0].links == ("device",)
    finally:
        with desk.state.write() as session:
            session.delete(session.get(FraudEvent, "A9"))


def test_nodes_do_not_lie_on_each_other(desk: Desk):
    found = around(desk, "A9")
    places = [(round(node.x, 3), round(node.y, 3)) for node in found.orders]
    assert len(set(places)) == len(places)


def test_events_are_in_the_order_in_which_they_happened(desk: Desk):
    found = timeline.events(read(desk), "EUR")
    assert [one.at for one in found] == sorted(one.at for one in found)
    titles = [one.title for one in found]
    assert titles.index("Account opened") < titles.index("Order placed")
    assert "Case opened" in titles


def test_factors_that_do_not_reach_the_score_are_made_up_for(desk: Desk):
    factors = {
        "base": 0.01,
        "factors": [
            {"feature": "device_accounts_day", "value": 5.0, "usual": 1.0, "contribution": 0.3},
            {"feature": "gone_since", "value": None, "contribution": -0.1},
        ],
    }
    with desk.state.write() as session:
        session.add(
            FraudScore(
                order_id="R3", model_version=2, cause="new", made_at=NOW, score=0.5,
                risk="review", kind=None, expected_loss=0, features={}, factors=factors,
            )
        )  # fmt: skip
    score = read(desk, "R3").score
    assert score is not None
    total = score.base + sum(one.contribution for one in score.factors)
    assert total == pytest.approx(score.score)
    assert score.factors[0].sentence == "5 accounts used this device in 24 hours; usual is 1"
    assert score.factors[-1].label == "Everything else"


@pytest.mark.parametrize(
    ("feature", "value", "words"),
    [
        ("amount", 512.4, "€ 512"),
        ("account_hours", 0.4, "24 min"),
        ("account_hours", 24 * 800.0, "2 years"),
        ("cvv", 1.0, "none"),
        ("cvv", 7.0, "other"),
        ("night", 1.0, "yes"),
        ("device_chargeback_share", 0.25, "25 %"),
        ("amount", float("nan"), "unknown"),
        ("no_such_feature", 3.0, "3"),
    ],
)
def test_values_are_said_in_their_unit(feature: str, value: float, words: str):
    assert said(feature, value, "EUR") == words


def test_the_dispute_file_is_escaped_and_holds_no_score(desk: Desk):
    page = dispute.file(desk, ANN, "R1", now=NOW).decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "€ 295.00" in page
    assert "score" not in page.lower()
    assert "fraud" not in page.lower()


def test_the_dispute_file_counts_old_orders_that_nobody_disputed(desk: Desk):
    page = dispute.file(desk, ANN, "A9", now=NOW).decode()
    assert "4 orders before this one, 4 of them delivered and never charged back" in page
    assert "4 of those at least 120 days earlier" in page


def test_the_dispute_file_is_for_analysts_and_noted(desk: Desk):
    with pytest.raises(AccessDenied):
        dispute.file(desk, BOSS, "R1")
    with pytest.raises(FraudError):
        dispute.file(desk, ANN, "nothing")
    dispute.file(desk, ANN, "R3", now=NOW)
    with desk.state.read() as session:
        query = select(AuditEntry).where(AuditEntry.act == "case.dispute_file")
        assert session.scalars(query).all()[-1].object == "order:R3"
