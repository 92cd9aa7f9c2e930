"""Several cases decided at once, and cases that resemble each other."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.access import AccessDenied
from app.context import Desk
from app.services.fraud import cases, deciding, queue, similar, together
from app.services.fraud.views import CaseConflictError, FraudError
from data_access.state.fraud_tables import FraudEvent
from tests.factories.fraud_cases import ANN, BEN, MIA, NOW, add_case, read_case

SOON = NOW + timedelta(minutes=5)


def test_a_preview_says_what_would_happen_and_changes_nothing(any_desk: Desk) -> None:
    mine = [add_case(any_desk, f"A{number}", score=0.5, amount=100) for number in range(3)]
    held = add_case(any_desk, "held")
    queue.open_case(any_desk, BEN, held, now=NOW)
    closed = add_case(any_desk, "closed", state="closed", verdict="approve")
    found = together.preview(any_desk, ANN, [*mine, held, closed, 99_999], "decline", now=NOW)
    assert [row.case_id for row in found.rows] == mine
    assert (found.amount, found.expected_loss) == (300.0, 150.0)
    assert [case for case, _ in found.skipped] == [held, closed, 99_999]
    assert found.sentence == "3 orders would be declined, worth 300.00; 3 would be left out."
    assert read_case(any_desk, mine[0]).version == 1


def test_a_batch_is_decided_and_taken_back_in_one_piece(any_desk: Desk) -> None:
    ids = [add_case(any_desk, f"A{number}") for number in range(4)]
    found = together.preview(any_desk, ANN, ids, "decline", now=NOW)
    before = any_desk.state.revision()
    deciding.decide(any_desk, BEN, ids[3], 1, "approve", now=NOW)  # meanwhile
    done = together.decide_many(any_desk, ANN, found.items, "decline", "reshipping_ring", now=NOW)
    assert done.decided == tuple(ids[:3])
    assert done.skipped[0][0] == ids[3]
    assert "ben has approved" in done.skipped[0][1]
    assert any_desk.state.revision() == before + 2
    assert {read_case(any_desk, case).verdict for case in ids[:3]} == {"decline"}
    assert cases.history(any_desk, ANN, ids[0])[0].batch == done.batch
    back = together.undo_many(any_desk, ANN, done.batch, now=SOON)
    assert back.decided == tuple(ids[:3])
    assert {read_case(any_desk, case).state for case in ids[:3]} == {"open"}
    assert read_case(any_desk, ids[0]).claimed_by is None
    assert read_case(any_desk, ids[3]).verdict == "approve"
    with pytest.raises(FraudError, match="nothing to take back"):
        together.undo_many(any_desk, ANN, done.batch, now=SOON)


def test_a_batch_of_which_nothing_is_left_is_refused_with_the_words(desk: Desk) -> None:
    case = add_case(desk, "A1")
    deciding.decide(desk, BEN, case, 1, "approve", now=NOW)
    revision = desk.state.revision()
    with pytest.raises(CaseConflictError) as told:
        together.decide_many(desk, ANN, [(case, 1)], "decline", note="all the same", now=NOW)
    assert told.value.typed["note"] == "all the same"
    assert desk.state.revision() == revision


def test_a_batch_is_for_analysts_and_for_verdicts_only(desk: Desk) -> None:
    case = add_case(desk, "A1")
    with pytest.raises(AccessDenied):
        together.decide_many(desk, MIA, [(case, 1)], "approve", now=NOW)
    with pytest.raises(FraudError, match="only be approved or declined"):
        together.decide_many(desk, ANN, [(case, 1)], "snooze", now=NOW)
    with pytest.raises(FraudError, match="cannot be decided at once"):
        together.decide_many(desk, ANN, [], "approve", now=NOW)
    with pytest.raises(FraudError, match="201 cases"):
        together.preview(desk, ANN, list(range(1, 202)), "approve", now=NOW)
    with pytest.raises(FraudError, match="no number"):
        together.preview(desk, ANN, ["1; --"], "approve", now=NOW)  # type: ignore[list-item]


def test_the_nearest_decided_cases_come_first_with_how_they_ended(any_desk: Desk) -> None:
    ring = {"amount": 300.0, "device_accounts_day": 6.0, "account_hours": 1.0}
    usual = {"amount": 40.0, "device_accounts_day": 1.0, "account_hours": 9_000.0}
    this = add_case(any_desk, "this", features=ring)
    near = add_case(any_desk, "near", features={**ring, "amount": 310.0})
    far = [add_case(any_desk, f"far{number}", features=usual) for number in range(4)]
    add_case(any_desk, "open", features=ring)
    deciding.decide(any_desk, BEN, near, 1, "decline", "reshipping_ring", now=NOW)
    for case in far:
        deciding.decide(any_desk, BEN, case, 1, "approve", now=NOW)
    found = similar.alike(any_desk, MIA, this, now=NOW)
    assert found[0].row.order_id == "near"
    assert len(found) == 5
    assert (found[0].row.verdict, found[0].decided_by, found[0].reason) == (
        "decline",
        "ben",
        "Reshipping ring",
    )
    assert found[0].distance < found[1].distance
    assert "Accounts on this device, last 24 hours" in found[0].why


def test_open_cases_of_one_device_are_offered_together(any_desk: Desk) -> None:
    this = add_case(any_desk, "this", features={"amount": 300.0, "hour": 3.0})
    add_case(any_desk, "linked", features={"amount": 20.0, "hour": 15.0})
    add_case(any_desk, "pattern", features={"amount": 299.0, "hour": 3.0})
    add_case(any_desk, "other", features={"amount": 5.0, "hour": 12.0, "lines": 9.0})
    with any_desk.state.write() as session:
        for order in ("this", "linked"):
            session.add(FraudEvent(order_id=order, placed_at=NOW, device="d1", row={}))
    found = similar.open_alike(any_desk, ANN, this, now=NOW)
    assert found[0].row.order_id == "linked"
    assert "the same device" in found[0].why
    assert "pattern" in [one.row.order_id for one in found]


def test_without_decided_cases_nothing_resembles(desk: Desk) -> None:
    this = add_case(desk, "this")
    assert similar.alike(desk, ANN, this, now=NOW) == ()
