"""The queue: order, filters, the next case, and whose case it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from app.access import AccessDenied
from app.context import Desk
from app.services.fraud import cases, deciding, queue
from app.services.fraud.views import Filters, FraudError
from data_access.errors import DataError
from tests.factories.fraud_cases import ANN, BEN, MIA, NOW, add_case, read_case


def numbers(desk: Desk, by=ANN, filters=None, order="expected_loss") -> list[str]:  # type: ignore[no-untyped-def]
    found = queue.page(desk, by, filters, order, now=NOW)
    return [row.order_id for row in found.rows]


def test_the_queue_is_sorted_as_asked_and_equal_ones_by_their_number(any_desk: Desk) -> None:
    add_case(any_desk, "small", score=0.9, amount=10, hours_left=9)
    add_case(any_desk, "large", score=0.2, amount=900, hours_left=8)
    add_case(any_desk, "soon", score=0.5, amount=100, hours_left=1)
    add_case(any_desk, "soon too", score=0.5, amount=100, hours_left=1)
    assert numbers(any_desk) == ["large", "soon", "soon too", "small"]
    assert numbers(any_desk, order="due") == ["soon", "soon too", "large", "small"]
    assert numbers(any_desk, order="amount") == ["large", "soon", "soon too", "small"]
    assert numbers(any_desk, order="score") == ["small", "soon", "soon too", "large"]


def test_filters_leave_what_they_say(any_desk: Desk) -> None:
    add_case(any_desk, "A-1", score=0.9, country="FR", kind="stolen_card")
    add_case(any_desk, "A-2", score=0.3, method="invoice")
    add_case(any_desk, "B_3", score=0.3)
    add_case(any_desk, "B4", score=0.3, state="closed", verdict="approve")
    assert numbers(any_desk, filters={"risk": "block"}) == ["A-1"]
    assert numbers(any_desk, filters={"country": "FR"}) == ["A-1"]
    assert numbers(any_desk, filters={"kind": "stolen_card"}) == ["A-1"]
    assert numbers(any_desk, filters={"method": "invoice"}) == ["A-2"]
    assert numbers(any_desk, filters={"search": "a-"}) == ["A-1", "A-2"]
    assert numbers(any_desk, filters={"search": "b_"}) == ["B_3"]  # no sign stands for any other
    assert numbers(any_desk, filters={"search": "%"}) == []
    assert numbers(any_desk, filters={"state": "closed"}) == ["B4"]
    assert len(numbers(any_desk, filters={"state": "all"})) == 4
    found = queue.page(any_desk, ANN, now=NOW)
    assert found.choices["country"] == ("DE", "FR")
    assert found.choices["method"] == ("card", "invoice")


def test_the_numbers_tell_of_the_whole_queue(any_desk: Desk) -> None:
    add_case(any_desk, "late", hours_left=-1, score=0.5, amount=100)
    add_case(any_desk, "soon", hours_left=2, score=0.5, amount=100)
    add_case(any_desk, "later", hours_left=20, score=0.5, amount=100)
    add_case(any_desk, "asleep", state="snoozed", snoozed_until=NOW + timedelta(hours=1))
    add_case(any_desk, "awake", state="snoozed", snoozed_until=NOW - timedelta(hours=1))
    add_case(any_desk, "asked", state="waiting")
    add_case(any_desk, "mine", state="escalated", escalated_by="ann")
    add_case(any_desk, "theirs", state="escalated", escalated_by="ben")
    found = queue.page(any_desk, ANN, {"search": "late"}, limit=1, now=NOW)
    assert found.total == 2
    assert len(found.rows) == 1
    assert found.counts == {"todo": 5, "open": 4, "snoozed": 1, "waiting": 1, "escalated": 2}
    assert (found.overdue, found.due_soon) == (1, 1)
    assert found.next_due == NOW + timedelta(hours=2)
    assert found.expected_loss == pytest.approx(250.0)
    assert found.capacity == 60
    awake = queue.page(any_desk, ANN, {"search": "awake"}, now=NOW).rows[0]
    assert awake.state == "open"


def test_the_next_case_goes_to_one_person_only(any_desk: Desk) -> None:
    first = add_case(any_desk, "first", amount=200)
    second = add_case(any_desk, "second", amount=100)
    ann = queue.next_case(any_desk, ANN, now=NOW)
    ben = queue.next_case(any_desk, BEN, now=NOW)
    assert ann is not None
    assert ben is not None
    assert (ann.row.case_id, ben.row.case_id) == (first, second)
    assert ann.held
    assert queue.next_case(any_desk, BEN, after=second, now=NOW).row.case_id == second  # type: ignore[union-attr]
    other = queue.open_case(any_desk, BEN, first, now=NOW)
    assert not other.held
    assert other.claimed_by == "ann"
    assert other.viewing == ("ann",)


def test_a_claim_ends_after_an_hour_and_with_the_next_case(desk: Desk) -> None:
    first = add_case(desk, "first", amount=200)
    second = add_case(desk, "second", amount=100)
    queue.next_case(desk, ANN, now=NOW)
    later = NOW + timedelta(minutes=61)
    assert queue.next_case(desk, BEN, now=later).row.case_id == first  # type: ignore[union-attr]
    went_on = queue.next_case(desk, BEN, after=first, now=later)
    assert went_on is not None
    assert went_on.row.case_id == second
    assert read_case(desk, first).claimed_by is None
    around = queue.next_case(desk, BEN, after=second, now=later)
    assert around is not None
    assert around.row.case_id == first  # at the end it begins anew


@pytest.mark.parametrize("state", ["closed", "all"])
def test_closed_cases_are_never_the_next_one_and_nothing_is_written_for_them(
    desk: Desk, state: str
) -> None:
    for number in range(queue.TRIES + 1):
        add_case(desk, f"done-{number}", amount=1000, state="closed", verdict="approve")
    with forbidden_writes(desk):
        assert queue.next_case(desk, ANN, {"state": state}, now=NOW) is None
    left = add_case(desk, "left", amount=1)
    found = queue.next_case(desk, ANN, {"state": state}, now=NOW)
    assert (found and found.row.case_id) == (left if state == "all" else None)


def test_whoever_is_always_too_late_hears_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    add_case(desk, "first")
    looks = []
    monkeypatch.setattr(queue, "_claim", lambda *_args: looks.append(1))
    with pytest.raises(FraudError, match="Others took every case"):
        queue.next_case(desk, ANN, now=NOW)
    assert len(looks) == queue.ROUNDS


@contextmanager
def forbidden_writes(desk: Desk) -> Iterator[None]:
    def refuse() -> None:
        raise AssertionError("a write transaction was opened")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(desk.state), "write", lambda _self: refuse())
        yield


def test_who_works_alone_hears_nothing_of_claims(desk: Desk) -> None:
    case = add_case(desk, "first")
    opened = queue.open_case(desk, ANN, case, now=NOW)
    assert opened.row.claimed_by is None
    assert opened.held
    assert queue.page(desk, ANN, now=NOW).team == ()
    queue.open_case(desk, BEN, case, now=NOW)
    found = queue.page(desk, ANN, now=NOW)
    assert found.team == ("ann", "ben")
    assert found.rows[0].claimed_by == "ann"


def test_a_manager_looks_on_without_claiming(desk: Desk) -> None:
    case = add_case(desk, "first", state="waiting", asked="Where?", answer="At Ann's house")
    opened = queue.open_case(desk, MIA, case, now=NOW)
    assert not opened.held
    assert opened.row.answer is None  # a customer's own words may name people
    assert read_case(desk, case).claimed_by is None
    with pytest.raises(AccessDenied):
        queue.next_case(desk, MIA, now=NOW)
    with pytest.raises(AccessDenied):
        queue.take_over(desk, MIA, case, now=NOW)


def test_a_case_can_be_taken_over_and_the_audit_says_so(desk: Desk) -> None:
    case = add_case(desk, "first")
    queue.open_case(desk, ANN, case, now=NOW)
    assert queue.take_over(desk, BEN, case, now=NOW).held
    assert read_case(desk, case).claimed_by == "ben"


def test_a_case_one_escalated_oneself_is_for_somebody_else(desk: Desk) -> None:
    case = add_case(desk, "first")
    deciding.decide(desk, ANN, case, 1, "escalate", now=NOW)
    assert queue.next_case(desk, ANN, now=NOW) is None
    assert queue.next_case(desk, BEN, now=NOW).row.case_id == case  # type: ignore[union-attr]


def test_saved_views_are_ones_own_and_replaced_by_their_name(desk: Desk) -> None:
    cases.save_view(desk, ANN, "France", {"country": "FR"}, "due", now=NOW)
    cases.save_view(desk, ANN, "France", {"country": "FR", "risk": "block"}, now=NOW)
    (view,) = cases.saved_views(desk, ANN)
    assert view.filters == Filters(country="FR", risk="block")
    assert view.order == "expected_loss"
    cases.drop_view(desk, BEN, view.view_id)
    assert cases.saved_views(desk, BEN) == ()
    assert len(cases.saved_views(desk, ANN)) == 1
    cases.drop_view(desk, ANN, view.view_id)
    assert cases.saved_views(desk, ANN) == ()


def test_what_cannot_be_asked_is_refused_in_words(desk: Desk) -> None:
    for filters, order, limit in (
        ({"state": "nowhere"}, "due", 10),
        ({"search": "x" * 65}, "due", 10),
        ({"search": "a\x00b"}, "due", 10),
        ({"risk": 3}, "due", 10),
        ({"mine": "yes"}, "due", 10),
        ({}, "case_id; drop table fraud_cases", 10),
        ({}, "due", 10_000),
        ({}, "due", True),
        ({}, "due", float("nan")),
    ):
        with pytest.raises(FraudError) as refused:
            queue.page(desk, ANN, filters, order, limit, now=NOW)  # type: ignore[arg-type]
        assert refused.value.remedy
    for case_id in (0, -1, True, 2**40, "1", None, float("nan")):
        with pytest.raises(DataError):
            queue.open_case(desk, ANN, case_id, now=NOW)  # type: ignore[arg-type]
