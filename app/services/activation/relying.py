"""What relies on a champion: who reads its numbers, and what would happen to them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from data_access.scope import split
from data_access.state import champions, experiments, model_uses, publications, switches, triggers
from data_access.state.fraud_tables import FraudCase
from data_access.state.overrides import holding

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.context import Desk

DAY = timedelta(days=1)


def relying(desk: Desk, key: str, *, now: datetime) -> tuple[str, ...]:
    """One sentence each, the heaviest first.

    Parameters
    ----------
    key : a capability, or the key of a scope of it.
    now : naive UTC.
    """
    capability, scope = split(key)
    with desk.state.read() as session:
        told = _forecasting(session, now) if capability == "forecasting" else []
        if capability == "fraud":
            told += _fraud(session)
        told += _used(session, capability, now)
        if scope.whole:
            told += _beside(session, capability)
    return tuple(told)


def _forecasting(session: Session, now: datetime) -> list[str]:
    told = []
    newest = publications.newest_publication(session, "forecasting")
    if newest is not None:
        products = newest.summary.get("products")
        named = f" of {products:,} products" if isinstance(products, int) else ""
        told.append(
            f"The forecast and the order list{named} are made anew; until they are, the old ones "
            "are shown."
        )
    overrides = len(holding(session, from_week=now.date()))
    if overrides:
        told.append(f"Staff's own numbers for {_counted(overrides, 'series', 'series')} hold on.")
    return told


def _fraud(session: Session) -> list[str]:
    waits = session.scalar(
        select(func.count()).select_from(FraudCase).where(FraudCase.state != "closed")
    )
    told = []
    if waits:
        told.append(
            f"{_counted(waits, 'open case')} keep the score that opened them; new orders are "
            "scored by the new version."
        )
    told.append("The thresholds stay as they are; look at them, since scores may lie elsewhere.")
    return told


def _used(session: Session, capability: str, now: datetime) -> list[str]:
    rows = model_uses.uses_since(session, now - DAY, capability)
    predictions = sum(row.predictions for row in rows)
    if not predictions:
        return []
    return [f"It was asked for {_counted(predictions, 'prediction')} within the last day."]


def _beside(session: Session, capability: str) -> list[str]:
    told = []
    running = experiments.running_experiment(session, capability)
    if running is not None:
        told.append(f"The experiment with version {running.challenger} ends.")
    scoped = len(champions.scoped_champions(session, capability))
    if scoped:
        told.append(f"An own model decides on for {_counted(scoped, 'part')} of the shop.")
    row = switches.get_switch(session, capability)
    if row is not None and row.confidence is not None:
        told.append(
            f"Below {row.confidence * 100:.0f} % confidence nothing is done; the new version may "
            "be sure of more or of less."
        )
    count = triggers.count_triggers(session, capability)
    if count:
        go = "goes" if count == 1 else "go"
        told.append(f"{_counted(count, 'rule')} for learning anew {go} on from the new version.")
    return told


def _counted(number: int, thing: str, things: str | None = None) -> str:
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"
