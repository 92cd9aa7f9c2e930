"""Decisions: what each does, two people on one case, taking back, second persons."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.access import AccessDenied
from app.context import Desk
from app.services.fraud import cases, deciding, queue
from app.services.fraud.views import CaseConflictError, FraudError
from data_access.state import audit
from tests.factories.fraud_cases import ADA, ANN, BEN, BOSS, MIA, NOW, SHOP, add_case, read_case

SOON = NOW + timedelta(minutes=5)


def test_an_approval_closes_the_case_and_is_written_down(any_desk: Desk) -> None:
    case = add_case(any_desk, "A1")
    before = any_desk.state.revision()
    done = deciding.decide(any_desk, ANN, case, 1, "approve", "checks_fine", "All fine", now=NOW)
    row = read_case(any_desk, case)
    assert (row.state, row.verdict, row.closed_at) == ("closed", "approve", NOW)
    assert done.version == row.version == 2
    assert done.text == "Order A1 was approved."
    assert any_desk.state.revision() == before + 1
    (act,) = cases.history(any_desk, ANN, case)
    assert (act.act, act.reason, act.note, act.by) == (
        "approve",
        "The payment's checks are fine",
        "All fine",
        "ann",
    )
    assert (act.score, act.model_version, act.message) == (0.5, 3, None)
    with any_desk.state.read() as session:
        entry = audit.read_audit(session)[0]
    assert (entry.act, entry.object, entry.actor) == ("case.approved", f"case:{case}", "ann")
    assert "All fine" not in str((entry.before, entry.after, entry.reason))


def test_the_later_of_two_is_told_who_came_first_and_gets_the_words_back(any_desk: Desk) -> None:
    case = add_case(any_desk, "A1")
    deciding.decide(any_desk, ANN, case, 1, "decline", "stolen_card", now=NOW)
    with pytest.raises(CaseConflictError) as told:
        deciding.decide(any_desk, BEN, case, 1, "approve", "other", "I know her", now=SOON)
    assert (
        str(told.value) == "ann has declined this case (stolen card); nothing of yours was saved."
    )
    assert told.value.typed == {"act": "approve", "reason": "other", "note": "I know her"}
    assert (told.value.by, told.value.at) == ("ann", NOW)
    assert read_case(any_desk, case).verdict == "decline"
    assert len(cases.history(any_desk, ANN, case)) == 1


def test_a_case_in_other_hands_is_not_decided_but_taken_over(desk: Desk) -> None:
    case = add_case(desk, "A1")
    queue.open_case(desk, ANN, case, now=NOW)
    with pytest.raises(CaseConflictError, match="ann works on this case") as told:
        deciding.decide(desk, BEN, case, 1, "approve", note="mine", now=SOON)
    assert told.value.typed["note"] == "mine"
    queue.take_over(desk, BEN, case, now=SOON)
    deciding.decide(desk, BEN, case, 1, "approve", now=SOON)
    with pytest.raises(CaseConflictError, match="ben has approved"):
        deciding.decide(desk, ANN, case, 1, "decline", now=SOON)


def test_a_claim_that_lapsed_stands_in_nobodys_way(desk: Desk) -> None:
    case = add_case(desk, "A1")
    queue.open_case(desk, ANN, case, now=NOW)
    deciding.decide(desk, BEN, case, 1, "approve", now=NOW + timedelta(minutes=61))


def test_a_decision_is_taken_back_within_fifteen_minutes(any_desk: Desk) -> None:
    case = add_case(any_desk, "A1")
    done = deciding.decide(any_desk, ANN, case, 1, "decline", now=NOW)
    back = deciding.undo(any_desk, ANN, done.decision_id, now=SOON)
    row = read_case(any_desk, case)
    assert (row.state, row.verdict, row.closed_at, row.claimed_by) == ("open", None, None, "ann")
    assert back.version == row.version == 3
    (act,) = cases.history(any_desk, ANN, case)
    assert (act.holds, act.undone_by) == (False, "ann")
    with pytest.raises(FraudError, match="already"):
        deciding.undo(any_desk, BEN, done.decision_id, now=SOON)
    again = deciding.decide(any_desk, ANN, case, 3, "approve", now=SOON)
    with pytest.raises(FraudError, match="15 minutes"):
        deciding.undo(any_desk, ANN, again.decision_id, now=SOON + timedelta(minutes=16))


def test_only_the_newest_act_on_a_case_can_be_taken_back(desk: Desk) -> None:
    case = add_case(desk, "A1")
    first = deciding.decide(desk, ANN, case, 1, "escalate", now=NOW)
    deciding.decide(desk, BEN, case, 2, "decline", now=NOW)
    with pytest.raises(CaseConflictError, match="ben has declined"):
        deciding.undo(desk, ANN, first.decision_id, now=SOON)


def test_a_second_person_closes_what_was_escalated(desk: Desk) -> None:
    case = add_case(desk, "A1")
    deciding.decide(desk, ANN, case, 1, "escalate", "large_amount", now=NOW)
    for act in ("approve", "decline", "escalate"):
        with pytest.raises(FraudError, match="second person"):
            deciding.decide(desk, ANN, case, 2, act, now=NOW)
    with pytest.raises(FraudError, match="ann has escalated"):
        deciding.decide(desk, BEN, case, 2, "escalate", now=NOW)
    deciding.decide(desk, BEN, case, 2, "decline", now=NOW)
    assert read_case(desk, case).verdict == "decline"


def test_an_escalated_case_stays_one_after_a_snooze_and_an_answer(desk: Desk) -> None:
    case = add_case(desk, "A1")
    deciding.decide(desk, ANN, case, 1, "escalate", now=NOW)
    deciding.decide(desk, BEN, case, 2, "ask", question="Is it yours?", now=NOW)
    deciding.answer(desk, SHOP, case, "Yes", now=SOON)
    assert read_case(desk, case).state == "escalated"
    with pytest.raises(FraudError, match="second person"):
        deciding.decide(desk, ANN, case, 4, "approve", now=SOON)


def test_the_customers_answer_comes_back_to_the_case(any_desk: Desk) -> None:
    case = add_case(any_desk, "A1")
    deciding.decide(any_desk, ANN, case, 1, "ask", question="Did you order this?", now=NOW)
    assert queue.next_case(any_desk, ANN, now=NOW) is None
    deciding.answer(any_desk, SHOP, case, "Yes, call +49 170 1234567 or a@b.example", now=SOON)
    opened = queue.next_case(any_desk, ANN, now=SOON)
    assert opened is not None
    assert opened.row.asked == "Did you order this?"
    assert opened.row.answer == "Yes, call [removed] or [removed]"
    with pytest.raises(FraudError, match="No question"):
        deciding.answer(any_desk, SHOP, case, "And again", now=SOON)
    with pytest.raises(AccessDenied):
        deciding.answer(any_desk, MIA, case, "I say so", now=SOON)


def test_a_snoozed_case_comes_back_by_itself(any_desk: Desk) -> None:
    case = add_case(any_desk, "A1")
    deciding.decide(any_desk, ANN, case, 1, "snooze", until=NOW + timedelta(hours=2), now=NOW)
    assert queue.next_case(any_desk, ANN, now=NOW + timedelta(hours=1)) is None
    back = queue.next_case(any_desk, ANN, now=NOW + timedelta(hours=2))
    assert back is not None
    assert back.row.state == "open"
    deciding.decide(any_desk, ANN, case, back.row.version, "approve", now=NOW + timedelta(hours=3))


@pytest.mark.parametrize("by", [ADA, MIA, BOSS])
def test_only_analysts_decide(desk: Desk, by) -> None:  # type: ignore[no-untyped-def]
    case = add_case(desk, "A1")
    with pytest.raises(AccessDenied, match="may not decide fraud"):
        deciding.decide(desk, by, case, 1, "approve", now=NOW)
    with pytest.raises(AccessDenied):
        cases.add_note(desk, by, case, "hello", now=NOW)
    with pytest.raises(AccessDenied):
        deciding.undo(desk, by, 1, now=NOW)
    assert read_case(desk, case).state == "open"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"act": "delete"}, "no such decision"),
        ({"act": None}, "no such decision"),
        ({"act": "approve", "reason": "stolen_card"}, "no such reason"),
        ({"act": "approve", "reason": 7}, "no such reason"),
        ({"act": "decline", "reason": "other"}, "says nothing"),
        ({"act": "approve", "note": "x" * 2_001}, "2,001 characters"),
        ({"act": "approve", "note": "a\x00b"}, "cannot be shown"),
        ({"act": "approve", "note": "\ud800"}, "cannot be shown"),
        ({"act": "approve", "note": "abc\u202efdp.exe"}, "cannot be shown"),
        ({"act": "approve", "note": ["a"]}, "no text"),
        ({"act": "ask"}, "question is empty"),
        ({"act": "ask", "question": "   "}, "question is empty"),
        ({"act": "snooze"}, "end of the snooze"),
        ({"act": "snooze", "until": NOW}, "put off"),
        ({"act": "snooze", "until": NOW + timedelta(days=15)}, "put off"),
        ({"act": "snooze", "until": "tomorrow"}, "end of the snooze"),
    ],
)
def test_what_cannot_be_a_decision_changes_nothing(desk: Desk, typed, told: str) -> None:  # type: ignore[no-untyped-def]
    case = add_case(desk, "A1")
    revision = desk.state.revision()
    with pytest.raises(FraudError, match=told) as refused:
        deciding.decide(desk, ANN, case, 1, now=NOW, **typed)
    assert refused.value.remedy
    assert desk.state.revision() == revision
    assert cases.history(desk, ANN, case) == ()


def test_notes_keep_no_addresses_and_stay_text(desk: Desk) -> None:
    case = add_case(desk, "A1")
    cases.add_note(desk, ANN, case, "<script>alert(1)</script> mail ann@x.example", now=NOW)
    (note,) = cases.notes(desk, MIA, case)
    assert note.text == "<script>alert(1)</script> mail [removed]"
