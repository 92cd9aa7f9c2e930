"""The way of a decision to the shop: signed, retried, one a decision, corrected when undone."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from sqlalchemy import select

from app.context import Desk
from app.services.fraud import cases, deciding, messages
from app.services.fraud.messages import NotTakenError
from app.services.sealing import seal
from data_access.state import fraud_messages
from data_access.state.fraud_tables import FraudMessage
from tests.factories.fraud_cases import ANN, BEN, NOW, SHOP, add_case, set_preference

URL = "https://shop.example/decisions"


class Shop:
    """Takes messages, or does not."""

    def __init__(self) -> None:
        self.taken: list[tuple[dict[str, Any], dict[str, str], bytes]] = []
        self.refuses = False

    def __call__(self, url: str, body: bytes, headers: dict[str, str]) -> None:
        assert url == URL
        if self.refuses:
            raise NotTakenError("The shop answered 500.")
        self.taken.append((json.loads(body), headers, body))

    @property
    def types(self) -> list[str]:
        return [payload["type"] for payload, _, _ in self.taken]


@pytest.fixture
def shop(any_desk: Desk) -> Shop:
    set_preference(any_desk, "fraud_webhook_url", URL)
    set_preference(any_desk, "fraud_webhook_secret", seal(any_desk, "hush"))
    return Shop()


def send(desk: Desk, shop: Shop, now: datetime = NOW) -> tuple[int, int]:
    sent = messages.send_due(desk, now=now, post=shop)
    return sent.delivered, sent.failed


def test_a_decision_goes_out_once_with_a_signature_that_the_shop_can_check(
    any_desk: Desk, shop: Shop
) -> None:
    case = add_case(any_desk, "A1", amount=120.5)
    done = deciding.decide(any_desk, ANN, case, 1, "decline", "stolen_card", "my note", now=NOW)
    assert send(any_desk, shop) == (1, 0)
    assert send(any_desk, shop, NOW + timedelta(days=1)) == (0, 0)
    ((payload, headers, body),) = shop.taken
    assert payload["type"] == "decision.declined"
    assert payload["order_id"] == "A1"
    assert payload["decision_id"] == done.decision_id
    assert payload["amount"] == 120.5
    assert payload["reason_text"] == "Stolen card"
    assert "my note" not in body.decode()  # notes are the desk's own
    assert headers["Idempotency-Key"] == payload["id"]
    at, told = (part.split("=")[1] for part in headers["X-Shopsight-Signature"].split(","))
    wanted = hmac.new(b"hush", f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert told == wanted
    assert cases.history(any_desk, ANN, case)[0].message == "sent"


def test_a_shop_that_does_not_take_it_is_asked_again_ever_more_rarely(
    any_desk: Desk, shop: Shop
) -> None:
    case = add_case(any_desk, "A1")
    deciding.decide(any_desk, ANN, case, 1, "approve", now=NOW)
    shop.refuses = True
    assert send(any_desk, shop) == (0, 1)
    assert send(any_desk, shop, NOW + timedelta(seconds=9)) == (0, 0)
    assert send(any_desk, shop, NOW + timedelta(seconds=10)) == (0, 1)
    assert send(any_desk, shop, NOW + timedelta(seconds=29)) == (0, 0)
    assert cases.history(any_desk, ANN, case)[0].message == "failed"
    assert messages.waiting(any_desk) == (1, 1)
    shop.refuses = False
    assert send(any_desk, shop, NOW + timedelta(seconds=30)) == (1, 0)
    assert messages.waiting(any_desk) == (0, 0)
    assert messages.retry_after(1) == timedelta(seconds=10)
    assert messages.retry_after(200) == timedelta(hours=1)


def test_a_message_that_was_taken_by_another_worker_is_left_alone(
    any_desk: Desk, shop: Shop
) -> None:
    case = add_case(any_desk, "A1")
    deciding.decide(any_desk, ANN, case, 1, "approve", now=NOW)

    def other_worker_first(url: str, body: bytes, headers: dict[str, str]) -> None:
        shop(url, body, headers)
        assert send(any_desk, shop) == (0, 0)  # another worker's round at the same moment

    messages.send_due(any_desk, now=NOW, post=other_worker_first)
    assert len(shop.taken) == 1


def test_a_worker_that_dies_after_sending_leaves_it_due_under_the_same_key(
    any_desk: Desk, shop: Shop
) -> None:
    case = add_case(any_desk, "A1")
    deciding.decide(any_desk, ANN, case, 1, "approve", now=NOW)

    def dies(url: str, body: bytes, headers: dict[str, str]) -> None:
        shop(url, body, headers)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        messages.send_due(any_desk, now=NOW, post=dies)
    assert send(any_desk, shop, NOW + timedelta(seconds=59)) == (0, 0)
    assert send(any_desk, shop, NOW + timedelta(seconds=60)) == (1, 0)
    keys = {headers["Idempotency-Key"] for _, headers, _ in shop.taken}
    assert len(shop.taken) == 2
    assert len(keys) == 1


def test_an_undone_decision_that_has_not_gone_out_never_does(any_desk: Desk, shop: Shop) -> None:
    set_preference(any_desk, "fraud_hold_minutes", 15.0)
    case = add_case(any_desk, "A1")
    done = deciding.decide(any_desk, ANN, case, 1, "decline", now=NOW)
    assert send(any_desk, shop, NOW + timedelta(minutes=14)) == (0, 0)
    deciding.undo(any_desk, ANN, done.decision_id, now=NOW + timedelta(minutes=14))
    assert send(any_desk, shop, NOW + timedelta(days=1)) == (0, 0)
    assert shop.taken == []
    (act,) = cases.history(any_desk, ANN, case)
    assert act.message == "held back"


def test_an_undone_decision_that_has_gone_out_is_corrected(any_desk: Desk, shop: Shop) -> None:
    case = add_case(any_desk, "A1")
    done = deciding.decide(any_desk, ANN, case, 1, "decline", now=NOW)
    send(any_desk, shop)
    deciding.undo(any_desk, BEN, done.decision_id, now=NOW + timedelta(minutes=1))
    assert send(any_desk, shop, NOW + timedelta(minutes=1)) == (1, 0)
    assert shop.types == ["decision.declined", "decision.undone"]
    first, second = (payload for payload, _, _ in shop.taken)
    assert second["undoes"] == first["decision_id"]
    assert second["case_version"] > first["case_version"]
    deciding.decide(any_desk, ANN, case, 3, "approve", now=NOW + timedelta(hours=2))
    send(any_desk, shop, NOW + timedelta(hours=2))
    assert shop.types[-1] == "decision.approved"


def test_a_decision_undone_while_it_failed_is_sent_no_more_and_corrected(
    any_desk: Desk, shop: Shop
) -> None:
    case = add_case(any_desk, "A1")
    done = deciding.decide(any_desk, ANN, case, 1, "decline", now=NOW)
    shop.refuses = True
    send(any_desk, shop)
    deciding.undo(any_desk, ANN, done.decision_id, now=NOW + timedelta(seconds=5))
    shop.refuses = False
    assert send(any_desk, shop, NOW + timedelta(hours=1)) == (1, 0)
    assert shop.types == ["decision.undone"]  # whether it arrived is not known: it says so


def test_what_stays_within_the_desk_is_not_told(any_desk: Desk, shop: Shop) -> None:
    case = add_case(any_desk, "A1")
    deciding.decide(any_desk, ANN, case, 1, "snooze", until=NOW + timedelta(hours=1), now=NOW)
    deciding.decide(any_desk, ANN, case, 2, "escalate", now=NOW)
    assert send(any_desk, shop) == (0, 0)
    deciding.decide(any_desk, BEN, case, 3, "ask", question="Was it you?", now=NOW)
    assert send(any_desk, shop) == (1, 0)
    assert shop.taken[0][0]["question"] == "Was it you?"
    deciding.answer(any_desk, SHOP, case, "Yes", now=NOW)
    assert send(any_desk, shop) == (0, 0)


def test_without_an_address_nothing_is_written_and_nothing_sent_later(any_desk: Desk) -> None:
    case = add_case(any_desk, "A1")
    deciding.decide(any_desk, ANN, case, 1, "approve", now=NOW)
    set_preference(any_desk, "fraud_webhook_url", URL)
    shop = Shop()
    assert send(any_desk, shop, NOW + timedelta(days=1)) == (0, 0)


def test_one_decision_has_one_message_whatever_happens(any_desk: Desk, shop: Shop) -> None:
    case = add_case(any_desk, "A1")
    done = deciding.decide(any_desk, ANN, case, 1, "approve", now=NOW)
    from data_access.errors import DataError

    with pytest.raises(DataError), any_desk.state.write() as session:
        fraud_messages.add_message(
            session,
            message_id="another",
            decision_id=done.decision_id,
            payload={},
            created_at=NOW,
            due_at=NOW,
        )
    with any_desk.state.read() as session:
        assert len(list(session.scalars(select(FraudMessage)))) == 1


# ── over a real wire ──


@pytest.fixture
def server() -> Iterator[tuple[str, list[tuple[str, dict[str, str], bytes]]]]:
    got: list[tuple[str, dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.path, dict(self.headers), body))
            code = {"/ok": 204, "/moved": 302}.get(self.path, 500)
            self.send_response(code)
            if code == 302:
                self.send_header("Location", "/ok")
            self.end_headers()

        def log_message(self, *args: Any) -> None: ...

    listening = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}", got
    listening.shutdown()
    listening.server_close()


def test_a_message_over_the_wire_follows_no_redirect(desk: Desk, server) -> None:  # type: ignore[no-untyped-def]
    address, got = server
    case = add_case(desk, "A1")
    set_preference(desk, "fraud_webhook_url", f"{address}/moved")
    deciding.decide(desk, ANN, case, 1, "approve", now=NOW)
    assert messages.send_due(desk, now=NOW).failed == 1
    assert [path for path, _, _ in got] == ["/moved"]
    set_preference(desk, "fraud_webhook_url", f"{address}/ok")
    assert messages.send_due(desk, now=NOW + timedelta(minutes=1)).delivered == 1
    assert json.loads(got[-1][2])["order_id"] == "A1"


def test_a_shop_that_is_not_there_is_an_error_in_words(desk: Desk) -> None:
    case = add_case(desk, "A1")
    set_preference(desk, "fraud_webhook_url", "http://127.0.0.1:9/nobody")
    deciding.decide(desk, ANN, case, 1, "approve", now=NOW)
    assert messages.send_due(desk, now=NOW).failed == 1
    with desk.state.read() as session:
        (row,) = session.scalars(select(FraudMessage))
    assert row.last_error is not None
    assert row.last_error.startswith("The shop does not answer")
