"""Who answers as pages tell it: two rows of the app database, and no model in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from data_access.scope import split
from data_access.state import champions, served
from data_access.state.model_tables import ServedInstead
from data_access.state.switches import get_switch

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.context import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Who should answer under a key, who does, and why they differ."""

    key: str
    champion: int | None  # None: the rule of thumb
    version: int | None  # who answers
    why: str | None  # why the champion does not; None: it does
    since: datetime | None  # naive UTC; of the difference

    @property
    def good(self) -> bool:
        return self.why is None

    @property
    def answers(self) -> str:
        """Who answers, in words."""
        if self.version is not None:
            return f"version {self.version}"
        whole = split(self.key)[1].whole
        return "the rule of thumb" if whole else "the model of the whole shop"

    @property
    def sentence(self) -> str | None:
        """For staff, where somebody else answers; None where all is well."""
        if self.why is None:
            return None
        return (
            f"Version {self.champion} should decide, but is refused: {self.why} "
            f"{self.answers.capitalize()} decides in its place until the files are mended."
        )


def standing(desk: Desk, key: str) -> Standing:
    """Who answers under a champion's key, as it was last found."""
    with desk.state.read() as session:
        row = champions.get_champion(session, key)
        return _of(key, row.model_version if row else None, served.get_instead(session, key))


def standings(desk: Desk, capabilities: Sequence[str]) -> dict[str, list[Standing]]:
    """Of every capability what is refused, the whole and its scopes; empty: all is well."""
    with desk.state.read() as session:
        rows = served.list_instead(session)
        chosen = champions.list_champions(session) if rows else {}
    found: dict[str, list[Standing]] = {one: [] for one in capabilities}
    for key, row in rows.items():
        champion = chosen.get(key)
        one = _of(key, champion.model_version if champion else None, row)
        if not one.good:
            found.setdefault(split(key)[0], []).append(one)
    return found


def threshold(desk: Desk, capability: str) -> float | None:
    """Confidence, 0 to 1, below which a prediction is "not sure"; None: there is no such bound."""
    with desk.state.read() as session:
        return threshold_of(session, capability)


def threshold_of(session: Session, capability: str) -> float | None:
    row = get_switch(session, capability)
    return row.confidence if row else None


def is_sure(confidence: float | None, bound: float | None) -> bool:
    """Whether something may be done by a prediction; without a bound always."""
    return bound is None or confidence is None or confidence >= bound


def _of(key: str, champion: int | None, row: ServedInstead | None) -> Standing:
    if row is None or row.champion != champion:
        return Standing(key=key, champion=champion, version=champion, why=None, since=None)
    return Standing(key=key, champion=champion, version=row.serves, why=row.why, since=row.since)
