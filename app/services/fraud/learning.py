"""Models of fraud review: which one decides, what it said of orders it had not seen, training's
material, and what a version would change.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from app.jobs.kinds import ReportProgress
from app.services import serving
from app.services.experiments import running
from app.services.fraud import saying
from app.services.settings import setting_value
from data_access.models import ModelVersion
from data_access.snapshots.manifest import Manifest
from data_access.state.fraud_scores import newest_scores
from data_access.state.predictions import (
    Believed,
    log_predictions,
    open_predictions,
    record_outcomes,
)
from ml.contract import Preview
from ml.fraud import FRAUD, FraudModel, kept, results, scoring
from ml.fraud.risk import BLOCK, REVIEW

if TYPE_CHECKING:
    from app.context import Desk

RULES_VERSION = saying.RULES_VERSION
"""The number under which scores by the untrained plain rules are kept."""

AT_ONCE = 50_000
"""Logged scores whose outcome is looked for in one run."""


def champion(desk: Desk) -> tuple[int, FraudModel]:
    """The model that decides and its number; 0 and the untrained plain rules where none does.
    Where the champion's files are refused, the last good one, as in scoring.
    """
    return saying.champion(desk, _now())


def model(desk: Desk, number: int) -> FraudModel:
    """A stored version, checked and kept in memory: reading one takes longer than scoring.

    Raises
    ------
    ModelRefused : its files are missing, altered or not its own.
    """
    found: FraudModel = serving.loaded(desk, FRAUD.key, number)
    return found


def held_out(desk: Desk, number: int) -> pd.DataFrame:
    """What a version said of the ripe orders it was judged on, by itself as it stood before them.

    Returns
    -------
    order_id · placed_at · score · amount (currency) · fraud (1 or 0) · weight, one row an order
    of 60 days; empty for the untrained rules.
    """
    if number == RULES_VERSION:
        return pd.DataFrame(columns=list(kept.HELD_OUT))
    return kept.held_out(desk.models.files(FRAUD.key, number))


def thresholds(desk: Desk) -> tuple[float, float]:
    """Scores from which an order is reviewed and blocked."""
    values = (
        setting_value(desk.state, "fraud_review_threshold"),
        setting_value(desk.state, "fraud_block_threshold"),
    )
    review, block = (
        float(value) if isinstance(value, int | float) else usual
        for value, usual in zip(values, (REVIEW, BLOCK), strict=True)
    )
    return review, block


def now_and_then(desk: Desk, proposed: ModelVersion) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Orders of the last 30 days by what decides now and by a version, with the risk that the
    thresholds in use make of them.
    """
    from app.services.fraud import inputs
    from app.services.training import newest_snapshot

    manifest = newest_snapshot(desk)
    frames = inputs.frames(desk, manifest)
    as_of = inputs.as_of(desk, manifest)
    review, block = thresholds(desk)
    told = []
    for one in (champion(desk)[1], model(desk, proposed.number)):
        found = FRAUD.predict(one, frames, as_of=as_of)
        told.append(results.with_risk(found, review, block))
    return told[0], told[1]


def consequences(desk: Desk, now: pd.DataFrame, then: pd.DataFrame) -> Preview | None:
    """What changes in the queue: orders of a day that would be in it and are not, or the reverse.

    None where the queue stays as long and holds the same orders.
    """
    before, after = (set(one.loc[one["risk"] != "low", "order_id"]) for one in (now, then))
    days = max((now["placed_at"].max() - now["placed_at"].min()).days, 1) if len(now) else 1
    if before == after:
        return None
    amounts = then.set_index("order_id")["amount"]
    rows = [
        {"order_id": one, "amount": float(amounts.get(one, 0.0)), "change": change}
        for orders, change in ((after - before, "enters"), (before - after, "leaves"))
        for one in sorted(orders)
    ]
    rows.sort(key=lambda row: -float(str(row["amount"])))
    return Preview(
        sentence=f"The queue would hold {len(after) / days:.1f} orders a day, now "
        f"{len(before) / days:.1f}: {len(after - before):,} orders of the last 30 days would "
        f"enter it, {len(before - after):,} leave it.",
        changed=len(rows),
        total=len(then),
        rows=pd.DataFrame(rows, columns=["order_id", "amount", "change"]),
        columns={"order_id": "Order", "amount": "Amount", "change": "Queue"},
    )


def publish(desk: Desk, *, job_id: str, progress: ReportProgress) -> dict[str, Any]:
    """Log what the champion says of the orders whose cases are open, from the features that were
    kept with their newest score: nothing is read from the snapshot.

    Not while an experiment runs: then each order is logged once, by whoever decided about it.
    """
    from app.services.fraud import inputs
    from app.services.training import newest_snapshot

    if running(desk, FRAUD.key) is not None:
        sentence = "An experiment runs: orders are logged by arm as they are scored."
        return {"sentence": sentence, "orders": 0}
    manifest = newest_snapshot(desk)
    progress("Reading the open cases", 0.1)
    number, decides = champion(desk)
    ids = _open_orders(desk)
    with desk.state.read() as session:
        found = newest_scores(session, ids)
    rows = {one: dict(score.features) for one, score in found.items() if score.features}
    if rows:
        features = pd.DataFrame.from_dict(rows, orient="index").astype("float64")
        told = scoring.score(decides, features)["score"]
        believed = [
            Believed(entity=f"order:{one}", prediction=float(value)) for one, value in told.items()
        ]
        progress("Writing the log", 0.8)
        with desk.state.write() as session:
            log_predictions(
                session,
                capability=FRAUD.key,
                model_version=number,
                arm="champion",
                as_of=inputs.as_of(desk, manifest),
                made_at=_now(),
                rows=believed,
            )
    count = len(rows)
    name = "the plain rules" if number == RULES_VERSION else f"version {number}"
    cases = "1 open case" if count == 1 else f"{count:,} open cases"
    return {"sentence": f"Scores of {cases} by {name} are in the log.", "orders": count}


def grade(desk: Desk) -> int:
    """Fill in what came of logged scores: fraud as soon as it is known, good when it is ripe."""
    from app.services.fraud import inputs
    from app.services.training import newest_snapshot

    with desk.state.read() as session:
        waiting = {row.entity for row in open_predictions(session, FRAUD.key, limit=AT_ONCE)}
    if not waiting:
        return 0
    manifest = newest_snapshot(desk)
    asked = pd.DataFrame({"order_id": sorted(one.removeprefix("order:") for one in waiting)})
    came = FRAUD.outcome(
        asked, inputs.frames(desk, manifest), as_of=inputs.as_of(desk, manifest)
    ).dropna(subset=["outcome"])
    with desk.state.write() as session:
        record_outcomes(
            session,
            FRAUD.key,
            dict(zip(came["entity"], came["outcome"].astype(float), strict=True)),
            _now(),
        )
    return len(came)


def frames(desk: Desk, manifest: Manifest) -> Any:
    """All inputs of the capability from one snapshot; see `inputs.frames`."""
    from app.services.fraud import inputs

    return inputs.frames(desk, manifest)


def _open_orders(desk: Desk) -> list[str]:
    from sqlalchemy import select

    from data_access.state.fraud_tables import FraudCase

    with desk.state.read() as session:
        query = select(FraudCase.order_id).where(FraudCase.state != "closed")
        return list(session.scalars(query.order_by(FraudCase.case_id)))


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
