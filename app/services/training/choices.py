"""What to train: the defaults for a shop of a size, how long it takes, and the job's request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from app.jobs.kinds import JobError, Json
from app.services.training import known, scopes
from app.services.training.material import newest_snapshot
from data_access.scope import WHOLE, Scope
from data_access.snapshots import tables
from ml import contract
from ml.contract import Candidate, Capability, Value

if TYPE_CHECKING:
    from app.context import Desk


FIRST_BUDGET_S = 45.0
"""Seconds that the first models may take in all: somebody has just opened the shop and waits."""


USUAL_WEEKS = 156
"""Of history, for a guess before it is looked at."""


def default_candidates(
    desk: Desk, capability: str, scope: Scope = WHOLE, *, budget_s: float | None = None
) -> list[str]:
    """Keys of what is sensible to train for a scope of this size, within seconds in all."""
    return usual(contract.capability(capability), entities_in(desk, capability, scope), budget_s)


def entities_in(desk: Desk, capability: str, scope: Scope = WHOLE) -> int:
    """How many things a capability predicts in a scope: orders for fraud, else products."""
    if capability == "fraud":
        return newest_snapshot(desk).tables["orders"].rows
    return products_in(desk, scope)


def usual(capability: Capability, products: int, budget_s: float | None = None) -> list[str]:
    """Keys of the candidates that are sensible for so many products, the most promising first."""
    keys = list(capability.default_candidates(max(products, 1)))
    if budget_s is None:
        return keys
    kept, spent = keys[:1], 0.0
    for number, key in enumerate(keys):
        spent += capability.expected_seconds(key, None, products, USUAL_WEEKS)
        if number and spent <= budget_s:
            kept.append(key)
    return kept


def prediction_seconds(capability: Capability, candidate: Candidate, products: int) -> float:
    """About how long each publication would take by this candidate."""
    return capability.prediction_seconds(candidate.key, products)


def weeks_of(desk: Desk) -> int:
    """Weeks of history in the newest snapshot."""
    manifest = newest_snapshot(desk)
    return max((manifest.as_of_day - manifest.first_day).days // 7, 1)


def products_in(desk: Desk, scope: Scope) -> int:
    """How many products of the newest snapshot are on offer in a scope."""
    manifest = newest_snapshot(desk)
    p, c = tables.products, tables.categories
    query = sa.select(p.c.product_id, p.c.category_id).where(p.c.ended_on.is_(None))
    if scope.level == "product":
        return 1
    if scope.whole:
        count = sa.select(sa.func.count().label("products")).select_from(query.subquery())
        return int(desk.analytics.frame(manifest.number, count)["products"].iloc[0])
    frames = {
        "products": desk.analytics.frame(manifest.number, query),
        "categories": desk.analytics.frame(
            manifest.number, sa.select(c.c.category_id, c.c.parent_id)
        ),
    }
    return len(scopes.products_of(frames, scope))


def request(
    desk: Desk,
    capability: str,
    wanted: Sequence[tuple[str, Mapping[str, Value]]],
    scope: Scope = WHOLE,
    *,
    again: bool = False,
    why: str = "",
) -> Json:
    """Parameters of a job that trains candidates for a scope, all of them checked.

    Parameters
    ----------
    again : train all the same what has been trained on the same data with the same parameters.
    why : kept with the versions, in a sentence; may be left out.

    Raises
    ------
    WrongParameter : no such candidate or parameter, or out of its bounds.
    JobError : nothing was chosen, there is no such product or category, or all that was chosen
        has been trained and `again` is not said.
    """
    found = contract.capability(capability)
    if not wanted:
        raise JobError("No candidate was chosen.", remedy="Choose at least one.")
    scopes.label_of(desk, scope)
    rows = []
    for key, parameters in wanted:
        checked = contract.candidate(found, key).check(parameters)
        rows.append({"candidate": key, "parameters": checked})
    request: Json = {"capability": found.key, "candidates": rows, "scope": scope.to_json()}
    if why.strip():
        request[known.WHY] = why.strip()[: known.LONGEST_WHY]
    if again:
        return {**request, known.AGAIN: True}
    refuse_known(desk, request)
    return request


class TrainedBefore(JobError):  # noqa: N818 - reads as what happened
    """All that was asked for is there; `versions` says under which numbers."""

    def __init__(self, versions: Sequence[int]) -> None:
        which = ", ".join(map(str, versions))
        plural = len(versions) > 1
        super().__init__(
            f"{'Versions' if plural else 'Version'} {which} {'have' if plural else 'has'} learned "
            "from the same data with the same parameters; nothing was trained.",
            remedy="Look at what is there, change a parameter, or train all the same.",
        )
        self.versions = tuple(versions)


def refuse_known(desk: Desk, request: Json) -> None:
    """Refuse a training of which every part has been trained on the newest snapshot.

    Raises
    ------
    TrainedBefore : nothing new would come of it.
    """
    snapshot = newest_snapshot(desk).number
    found = [
        known.on_snapshot(
            desk,
            request["capability"],
            candidate=row["candidate"],
            parameters=row["parameters"],
            scope=Scope.of(request["scope"]),
            snapshot=snapshot,
        )
        for row in request["candidates"]
    ]
    there = [one.number for one in found if one is not None]
    if len(there) == len(found):
        raise TrainedBefore(there)
