"""Several cases decided at once: what it would do, doing it, and taking it back.

One transaction, one audit entry, one batch. A case that somebody else decided or holds meanwhile is
left out and named; all others are decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from app.access import Identity, Permission, require
from app.services.fraud import checks, deciding, messages, queue
from app.services.fraud.deciding import CLOSING
from app.services.fraud.views import (
    DONE,
    REASONS,
    UNDO,
    CaseConflictError,
    CaseRow,
    DecidedMany,
    FraudError,
)
from data_access.state import fraud_cases, fraud_decisions
from data_access.state.engine import utc_now

if TYPE_CHECKING:
    from app.context import Desk

MOST = 200
"""Cases of one decision: what a person can have looked at."""

Items = Sequence[tuple[int, int]]
"""Number and version of each case, as the person saw it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What deciding several cases would do."""

    act: str
    rows: tuple[CaseRow, ...]  # those that would be decided
    skipped: tuple[tuple[int, str], ...]  # case number and why not
    amount: float  # of their orders, currency
    expected_loss: float
    sentence: str

    @property
    def items(self) -> tuple[tuple[int, int], ...]:
        """To hand to `decide_many`: exactly what was previewed."""
        return tuple((row.case_id, row.version) for row in self.rows)


def preview(
    desk: Desk, by: Identity, case_ids: Sequence[int], act: str, *, now: datetime | None = None
) -> Preview:
    """What approving or declining these cases would do; nothing is changed.

    Raises
    ------
    AccessDenied, FraudError : the role may not, or it cannot be done with several.
    """
    require(by, Permission.decide_fraud)
    now = now or utc_now()
    act = _closing(act)
    wanted = _numbers(case_ids)
    rows: list[CaseRow] = []
    skipped: list[tuple[int, str]] = []
    with desk.state.read() as session:
        cases = fraud_cases.get_cases(session, wanted)
        for case_id in wanted:
            case = cases.get(case_id)
            if case is None:
                skipped.append((case_id, "There is no such case"))
                continue
            try:
                deciding.refuse(session, case, by, case.version, {"act": act}, now)
            except (CaseConflictError, FraudError) as error:
                skipped.append((case_id, str(error)))
                continue
            rows.append(queue.told(case, by, now, team=True))
    amount, loss = sum(row.amount for row in rows), sum(row.expected_loss for row in rows)
    orders = f"{len(rows):,} order{'' if len(rows) == 1 else 's'}"
    if act == "approve":
        what = f"{orders} would be let through, with an expected loss of {loss:,.2f}"
    else:
        what = f"{orders} would be declined, worth {amount:,.2f}"
    left = f"; {len(skipped):,} would be left out" if skipped else ""
    return Preview(
        act=act,
        rows=tuple(rows),
        skipped=tuple(skipped),
        amount=amount,
        expected_loss=loss,
        sentence=f"{what}{left}.",
    )


def decide_many(
    desk: Desk,
    by: Identity,
    items: Items,
    act: str,
    reason: str | None = None,
    note: str | None = None,
    *,
    now: datetime | None = None,
) -> DecidedMany:
    """Approve or decline several cases, each as it was previewed.

    Raises
    ------
    AccessDenied, FraudError : nothing was changed. CaseConflictError : not one of them could be
        decided any more.
    """
    require(by, Permission.decide_fraud)
    now = now or utc_now()
    act = _closing(act)
    wanted = deciding.checked(act, reason, note, until=None, question=None, now=now)
    numbers = _numbers([case_id for case_id, _ in items])
    versions = dict(items)
    batch = uuid4().hex
    decided: list[int] = []
    skipped: list[tuple[int, str]] = []
    with (
        deciding.typed_back(wanted),
        desk.state.decide(by.name, f"cases.{DONE[act]}", f"batch:{batch}", at=now) as session,
    ):
        outlet = messages.outlet(desk, session)
        cases = fraud_cases.get_cases(session, numbers)
        for case_id in numbers:
            case = cases.get(case_id)
            if case is None:
                skipped.append((case_id, "There is no such case"))
                continue
            try:
                deciding.refuse(session, case, by, versions[case_id], wanted, now)
            except (CaseConflictError, FraudError) as error:
                skipped.append((case_id, str(error)))
                continue
            deciding.apply(session, case, by, wanted, outlet, now=now, batch=batch)
            decided.append(case_id)
        if not decided:
            raise CaseConflictError(
                "None of these cases can be decided any more; nothing was saved.",
                remedy="Look at the queue as it stands now; what you typed is still there.",
                typed=wanted,
            )
        session.after = {"cases": decided, "skipped": [one for one, _ in skipped]}
        session.reason = REASONS[act].get(wanted["reason"] or "")
    said = f"{len(decided):,} order{' was' if len(decided) == 1 else 's were'} {DONE[act]}"
    left = f"; {len(skipped):,} left out, since somebody else has them" if skipped else ""
    return DecidedMany(
        batch=batch,
        act=act,
        decided=tuple(decided),
        skipped=tuple(skipped),
        text=f"{said}{left}.",
        undo_until=now + UNDO,
        entry_id=session.entry_id,
    )


def undo_many(desk: Desk, by: Identity, batch: str, *, now: datetime | None = None) -> DecidedMany:
    """Take a batch back within 15 minutes; cases that went on since are left as they are.

    Raises
    ------
    AccessDenied, FraudError : it is too late, or nothing of the batch can be taken back.
    """
    require(by, Permission.decide_fraud)
    now = now or utc_now()
    checks.order_number(batch)
    back: list[int] = []
    skipped: list[tuple[int, str]] = []
    with (
        deciding.typed_back({}),
        desk.state.decide(by.name, "cases.undone", f"batch:{batch}", at=now) as session,
    ):
        rows = fraud_decisions.of_batch(session, batch)
        outlet = messages.outlet(desk, session)
        cases = fraud_cases.get_cases(session, [row.case_id for row in rows])
        for row in rows:
            try:
                deciding.take_back(session, cases[row.case_id], row, by, outlet, now=now)
            except (CaseConflictError, FraudError) as error:
                skipped.append((row.case_id, str(error)))
                continue
            # Nobody opened them one by one: they go back to whoever comes next.
            fraud_cases.release_claim(session, row.case_id, by=by.name)
            back.append(row.case_id)
        if not back:
            raise FraudError(
                skipped[0][1] if skipped else "There is nothing to take back.",
                remedy="Decide the cases one by one.",
            )
        session.after = {"cases": back, "skipped": [one for one, _ in skipped]}
    return DecidedMany(
        batch=batch,
        act="undo",
        decided=tuple(back),
        skipped=tuple(skipped),
        text=f"{len(back):,} decision{' was' if len(back) == 1 else 's were'} taken back.",
        undo_until=now,
        entry_id=session.entry_id,
    )


def _closing(act: str) -> str:
    if act not in CLOSING:
        raise FraudError(
            "Several cases can only be approved or declined.",
            remedy="Open the others one by one.",
        )
    return act


def _numbers(case_ids: Sequence[int]) -> list[int]:
    wanted = list(dict.fromkeys(checks.number(one) for one in case_ids))
    if not 0 < len(wanted) <= MOST:
        raise FraudError(
            f"{len(wanted):,} cases cannot be decided at once.", remedy=f"Choose 1 to {MOST}."
        )
    return wanted
