"""Who decided from when to when, on whose word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from app.services.activation.views import name_of
from data_access.state import champions

if TYPE_CHECKING:
    from app.context import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Reign:
    """A version, or the rule of thumb, while it decided."""

    change_id: int  # the activation that began it
    version: int | None  # None: the rule of thumb
    first: datetime  # naive UTC
    last: datetime | None  # None: it decides now
    seconds: float
    by: str
    reason: str | None
    passed_check: bool
    undoes: int | None

    @property
    def name(self) -> str:
        return name_of(self.version)

    @property
    def how(self) -> str:
        """On what grounds, in words."""
        if self.reason:
            return self.reason
        return "Beat the rule of thumb" if self.passed_check and self.version else "–"


def reigns(desk: Desk, capability: str, *, now: datetime, limit: int = 50) -> list[Reign]:
    """Newest first; before the oldest the rule of thumb decided, or what is not told any more."""
    with desk.state.read() as session:
        rows = champions.time_line(session, capability, limit=limit)
    found, last = [], None
    for row in rows:
        found.append(
            Reign(
                change_id=row.change_id,
                version=row.to_version,
                first=row.at,
                last=last,
                seconds=max(((last or now) - row.at).total_seconds(), 0.0),
                by=row.by,
                reason=row.reason,
                passed_check=row.passed_check,
                undoes=row.undoes,
            )
        )
        last = row.at
    return found
