"""The tries of one search, kept as they come: pages read them, and a job taken up again goes on.

<artifacts>/searches/<job id>.json
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml.contract import Value

if TYPE_CHECKING:
    from app.context import Desk

FOLDER = "searches"
MOST_KEPT = 200
"""Searches whose tries can be looked at; what was found by older ones stands with its version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One set of parameters and what came of it."""

    number: int  # from 1
    parameters: dict[str, Value]
    figure: float | None  # the primary measure; None: it could not be measured
    rule: float | None  # the rule of thumb's on the same cases
    score: float | None  # the smaller the better
    seconds: float
    why: str = ""  # it could not be measured


@dataclass(slots=True, kw_only=True)
class Book:
    """What a search knows so far."""

    capability: str
    candidate: str
    measure: str  # label of the primary measure
    unit: str
    better: str
    seconds: float  # the budget
    spent: float = 0.0
    earlier: date | None = None  # up to which the tries are judged
    reported: tuple[date, date] | None = None  # days on which the version is measured
    usual: float | None = None  # figure of the usual parameters on those days
    usual_rule: float | None = None
    tries: list[Try] = field(default_factory=list)
    over: bool = False

    @property
    def measured(self) -> list[Try]:
        return [one for one in self.tries if one.score is not None]

    @property
    def best(self) -> Try | None:
        """The first of those that are equally good: the usual parameters come first."""
        return min(self.measured, key=lambda one: (one.score or 0.0, one.number), default=None)

    def to_json(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "earlier": self.earlier.isoformat() if self.earlier else None,
            "reported": [day.isoformat() for day in self.reported] if self.reported else None,
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Book:
        days = kept["reported"]
        return cls(
            **{
                **kept,
                "earlier": date.fromisoformat(kept["earlier"]) if kept["earlier"] else None,
                "reported": (date.fromisoformat(days[0]), date.fromisoformat(days[1]))
                if days
                else None,
                "tries": [Try(**one) for one in kept["tries"]],
            }
        )


def read(desk: Desk, job_id: str) -> Book | None:
    """The tries of a job; None where it has not begun or is too long ago."""
    try:
        return Book.from_json(json.loads(_path(desk, job_id).read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, KeyError, TypeError):  # of another version: the tries are begun anew
        return None


def write(desk: Desk, job_id: str, book: Book) -> None:
    """Whole or not at all."""
    path = _path(desk, job_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(book.to_json()), encoding="utf-8")
    draft.replace(path)


def forget_old(desk: Desk) -> int:
    """Remove all but the newest books; how many went."""
    folder = desk.settings.artifacts / FOLDER
    paths = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in paths[MOST_KEPT:]:
        path.unlink(missing_ok=True)
    return len(paths[MOST_KEPT:])


def _path(desk: Desk, job_id: str) -> Path:
    name = job_id
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_+-]{0,100}", job_id):
        name = hashlib.sha256(job_id.encode()).hexdigest()[:24]
    return desk.settings.artifacts / FOLDER / f"{name}.json"
