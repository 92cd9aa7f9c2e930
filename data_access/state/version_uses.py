"""Who still needs a stored version: what decides, decided, is tried, or was said by it."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from data_access.state.fraud_tables import FraudScore
from data_access.state.model_tables import CapabilitySwitch, Experiment, ServedInstead
from data_access.state.tables import Champion, ChampionChange, Prediction, Publication


def deciding(session: Session, capability: str) -> dict[int, list[str]]:
    """Keys of the champions that each version is, by its number."""
    query = select(Champion.capability, Champion.model_version).where(
        _of(Champion.capability, capability), Champion.model_version.is_not(None)
    )
    found: dict[int, list[str]] = {}
    for key, number in session.execute(query):
        if number is not None:
            found.setdefault(number, []).append(key)
    return found


def ever_decided(session: Session, capability: str) -> set[int]:
    """Numbers of all versions that ever were a champion."""
    query = (
        select(ChampionChange.to_version)
        .where(_of(ChampionChange.capability, capability), ChampionChange.to_version.is_not(None))
        .distinct()
    )
    return {int(number) for (number,) in session.execute(query) if number is not None}


def decided_before(session: Session, capability: str) -> set[int]:
    """Numbers to which an undo of the newest activation would lead back."""
    keys = select(ChampionChange.capability).where(_of(ChampionChange.capability, capability))
    found = set()
    for (key,) in session.execute(keys.distinct()):
        newest = (
            select(ChampionChange.from_version)
            .where(ChampionChange.capability == key)
            .order_by(ChampionChange.change_id.desc())
            .limit(1)
        )
        found.add(session.scalar(newest))
    return {number for number in found if number is not None}


def tried(session: Session, capability: str) -> set[int]:
    """Numbers in the experiment that runs."""
    query = select(Experiment.champion, Experiment.challenger).where(
        Experiment.running_of == capability
    )
    return {number for row in session.execute(query) for number in row if number is not None}


def stands_by(session: Session, capability: str) -> set[int]:
    """Numbers that a switch would resume, or that serve while a champion's files are refused."""
    resumes = select(CapabilitySwitch.resumes).where(CapabilitySwitch.capability == capability)
    instead = select(ServedInstead.champion, ServedInstead.serves).where(
        _of(ServedInstead.capability, capability)
    )
    found = [number for (number,) in session.execute(resumes)]
    found += [number for row in session.execute(instead) for number in row]
    return {number for number in found if number is not None}


def said_by(session: Session, capability: str, number: int) -> list[str]:
    """What is kept that a version said, in words."""
    kept = {
        "a publication": exists().where(
            Publication.capability == capability, Publication.model_version == number
        ),
        "predictions in the log": exists().where(
            Prediction.capability == capability, Prediction.model_version == number
        ),
    }
    if capability == "fraud":
        kept["scores of orders"] = exists().where(FraudScore.model_version == number)
    return [name for name, one in kept.items() if session.scalar(select(one))]


def _of(column: InstrumentedAttribute[str], capability: str) -> ColumnElement[bool]:
    """The capability itself and its scopes."""
    return or_(column == capability, column.startswith(f"{capability}/", autoescape=True))
