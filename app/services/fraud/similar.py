"""Cases like this one: decided ones and how they ended, and open ones to decide together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from app.access import Identity, Permission, require
from app.services.fraud import checks, queue
from app.services.fraud.views import CaseRow, reason_words
from data_access.state import fraud_cases, fraud_decisions, fraud_links, fraud_queue, fraud_scores
from data_access.state.engine import utc_now
from data_access.state.fraud_queue import Wanted
from ml.fraud.schema import BY_NAME, NAMES

if TYPE_CHECKING:
    from app.context import Desk

SHOWN = 5
LOOKED_AT = 500
"""Newest decided, or open, cases that are compared: 50 ms."""

FAR = 3.0
"""Deviations beyond which a fact is just unusual; one wild value must not hide all others."""

UNKNOWN = 1.0
"""Deviations that a fact counts where only one of two orders has it."""

NEAR = 0.35
"""Mean squared deviations below which two orders follow one pattern."""

LINKS = {
    "customer": "the same account",
    "device": "the same device",
    "card": "the same card",
    "address": "the same address",
    "ip": "the same IP",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """A case that resembles another one."""

    row: CaseRow
    distance: float  # mean squared deviations of its facts; 0: the same facts
    why: tuple[str, ...]  # what both share, in words
    decided_by: str | None
    reason: str | None


def alike(
    desk: Desk, by: Identity, case_id: int, *, most: int = SHOWN, now: datetime | None = None
) -> tuple[Alike, ...]:
    """The decided cases whose facts are nearest, and how they ended; nearest first.

    Raises
    ------
    AccessDenied, DataError : the role may not read pages, or there is no such case.
    """
    require(by, Permission.read_pages)
    return _nearest(desk, by, case_id, "closed", now or utc_now())[:most]


def open_alike(
    desk: Desk, by: Identity, case_id: int, *, most: int = 50, now: datetime | None = None
) -> tuple[Alike, ...]:
    """Cases to do that share a device, card, address, IP or account with this one, or follow the
    same pattern: those that one may want to decide together with it.
    """
    require(by, Permission.decide_fraud)
    found = _nearest(desk, by, case_id, "todo", now or utc_now())
    linked = set(LINKS.values())
    wanted = [one for one in found if linked & set(one.why) or one.distance <= NEAR]
    wanted.sort(key=lambda one: not (linked & set(one.why)))  # linked ones first
    return tuple(wanted[:most])


def _nearest(
    desk: Desk, by: Identity, case_id: int, state: str, now: datetime
) -> tuple[Alike, ...]:
    checks.number(case_id)
    with desk.state.read() as session:
        case = fraud_cases.get_case(session, case_id)
        others = [
            one
            for one in fraud_queue.cases(
                session,
                Wanted(state=state),
                by=by.name,
                now=now,
                order="newest",
                limit=LOOKED_AT,
            )
            if one.case_id != case_id and (state != "closed" or one.verdict is not None)
        ]
        ids = [case.order_id, *(one.order_id for one in others)]
        facts = fraud_scores.newest_features(session, ids)
        links = fraud_links.keys_of_orders(session, ids)
        verdicts = fraud_decisions.verdicts_of_orders(session, ids) if state == "closed" else {}
    if not others:
        return ()
    matrix = _standardized([facts.get(one, {}) for one in ids])
    distances = _distances(matrix)
    mine = links.get(case.order_id, {})
    order = np.argsort(distances, kind="stable")
    found = []
    for place in order:
        one = others[int(place)]
        verdict = verdicts.get(one.order_id)
        shared = tuple(
            words
            for link, words in LINKS.items()
            if link in mine and links.get(one.order_id, {}).get(link) == mine[link]
        )
        found.append(
            Alike(
                row=queue.told(one, by, now, team=True),
                distance=float(distances[place]),
                why=shared + _unusual_in_both(matrix, int(place) + 1),
                decided_by=verdict.by if verdict else None,
                reason=_reason(verdict),
            )
        )
    return tuple(found)


Matrix = npt.NDArray[np.float64]


def _standardized(rows: Sequence[Mapping[str, Any]]) -> Matrix:
    """[orders, facts] in deviations from the middle of these orders; NaN where not known."""
    values = np.array(
        [[_number(row.get(name)) for name in NAMES] for row in rows], dtype=np.float64
    )
    # Sums and counts have long tails: on their logarithm 1 against 5 weighs more than 101 to 105.
    values = np.sign(values) * np.log1p(np.abs(values))
    known = ~np.isnan(values)
    count = np.maximum(known.sum(axis=0), 1)
    middle = np.where(known, values, 0).sum(axis=0) / count
    spread = np.sqrt((np.where(known, values - middle, 0) ** 2).sum(axis=0) / count)
    result: Matrix = np.clip((values - middle) / np.where(spread > 1e-9, spread, 1.0), -FAR, FAR)
    return result


def _distances(matrix: Matrix) -> Matrix:
    """Of the first row to each other one."""
    gap = matrix[1:] - matrix[0]
    one_unknown = np.isnan(matrix[1:]) ^ np.isnan(matrix[0])
    squared = np.where(one_unknown, UNKNOWN**2, np.nan_to_num(gap) ** 2)
    told: Matrix = squared.mean(axis=1)
    return told


def _unusual_in_both(matrix: Matrix, place: int, most: int = 3) -> tuple[str, ...]:
    """Facts that stand out in both orders, on the same side, the strongest first."""
    first, other = np.nan_to_num(matrix[0]), np.nan_to_num(matrix[place])
    both = np.where(first * other > 0, np.minimum(np.abs(first), np.abs(other)), 0.0)
    chosen = np.argsort(-both, kind="stable")[:most]
    return tuple(BY_NAME[NAMES[int(one)]].label for one in chosen if both[one] >= 1.0)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")


def _reason(verdict: Any) -> str | None:
    return reason_words(verdict) if verdict is not None else None
