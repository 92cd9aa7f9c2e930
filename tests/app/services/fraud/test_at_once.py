"""Several analysts and workers at the same moment: every case once, every decision once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import select

from app.access import Identity, Role
from app.context import Desk
from app.services.fraud import deciding, messages, queue
from app.services.fraud.views import CaseConflictError
from data_access.state.fraud_tables import FraudDecision, FraudMessage
from tests.factories.fraud_cases import NOW, add_case, set_preference

PEOPLE = [Identity(name=f"analyst {number}", role=Role.fraud_analyst) for number in range(6)]
CASES = 30


def test_six_analysts_empty_a_queue_and_nobody_is_given_what_another_one_has(
    any_desk: Desk,
) -> None:
    for number in range(CASES):
        add_case(any_desk, f"A{number}", amount=number + 1)
    together = Barrier(len(PEOPLE))

    def work(by: Identity) -> list[int]:
        together.wait()
        mine = []
        while (opened := queue.next_case(any_desk, by, now=NOW)) is not None:
            mine.append(opened.row.case_id)
            deciding.decide(
                any_desk, by, opened.row.case_id, opened.row.version, "approve", now=NOW
            )
        return mine

    with ThreadPoolExecutor(len(PEOPLE)) as pool:
        given = [case for mine in pool.map(work, PEOPLE) for case in mine]
    assert len(given) == CASES
    assert max(Counter(given).values()) == 1
    with any_desk.state.read() as session:
        decided = Counter(session.scalars(select(FraudDecision.case_id)))
    assert decided == Counter(given)


def test_of_six_who_decide_one_case_at_once_one_does_and_five_are_told(any_desk: Desk) -> None:
    set_preference(any_desk, "fraud_webhook_url", "https://shop.example/decisions")
    case = add_case(any_desk, "A1")
    together = Barrier(len(PEOPLE))

    def work(by: Identity) -> str:
        together.wait()
        try:
            deciding.decide(any_desk, by, case, 1, "decline", note=by.name, now=NOW)
        except CaseConflictError as error:
            return "told" if error.typed["note"] == by.name else "told wrongly"
        return "decided"

    with ThreadPoolExecutor(len(PEOPLE)) as pool:
        ended = Counter(pool.map(work, PEOPLE))
    assert ended == {"decided": 1, "told": 5}
    with any_desk.state.read() as session:
        assert len(list(session.scalars(select(FraudMessage)))) == 1


def test_four_workers_send_each_message_once(any_desk: Desk) -> None:
    set_preference(any_desk, "fraud_webhook_url", "https://shop.example/decisions")
    for number in range(12):
        case = add_case(any_desk, f"A{number}")
        deciding.decide(any_desk, PEOPLE[0], case, 1, "approve", now=NOW)
    sent: list[str] = []
    together = Barrier(4)

    def work(_: int) -> None:
        together.wait()
        messages.send_due(
            any_desk,
            now=NOW,
            post=lambda url, body, headers: sent.append(headers["Idempotency-Key"]),
        )

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert len(sent) == 12
    assert max(Counter(sent).values()) == 1
