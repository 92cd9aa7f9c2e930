"""Two to four versions side by side, on the cases that all of them were measured on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from app.services.registry.versions import one as version_row
from app.services.registry.versions import primary_of
from app.services.registry.views import VersionRefused, VersionRow
from app.services.training.one import CASES
from data_access.errors import DataError
from ml import comparison
from ml.comparison import RULE, Difference, SideBySide
from ml.contract import Measure, capability

if TYPE_CHECKING:
    from app.context import Desk

MOST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What is told of versions side by side."""

    capability: str
    rows: tuple[VersionRow, ...]
    measures: tuple[Measure, ...]
    primary: Measure
    side: SideBySide | None  # None: on the stored figures alone, see `why_not`
    why_not: str | None  # why no intervals can be told
    settings: pd.DataFrame  # setting · one column a version: those that differ
    reach: pd.DataFrame  # input · one column a version: how far it moves predictions


def compare(desk: Desk, key: str, numbers: Sequence[int]) -> Compared:
    """Figures with intervals, differences, segments, what matters and what differs.

    Raises
    ------
    VersionRefused : fewer than two or more than four.
    DataError : there is no such version.
    """
    chosen = list(dict.fromkeys(numbers))
    if not 2 <= len(chosen) <= MOST:
        raise VersionRefused(
            f"{len(chosen)} versions cannot be compared.", remedy="Choose two, three or four."
        )
    found = capability(key)
    rows = tuple(version_row(desk, key, number) for number in chosen)
    primary = primary_of(found)
    side, why_not = _side(desk, key, rows)
    return Compared(
        capability=key,
        rows=rows,
        measures=found.measures,
        primary=primary,
        side=side,
        why_not=why_not,
        settings=_settings(rows),
        reach=_reach(rows, getattr(found, "watched_labels", {})),
    )


def cases_of(desk: Desk, key: str, number: int) -> pd.DataFrame | None:
    """The cases on which a version was measured; None: it was stored without them.

    Raises
    ------
    DataError : the file is not what was stored.
    """
    path = desk.models.file(key, number, CASES)
    return None if path is None else pd.read_parquet(path)


def measured(desk: Desk, key: str, numbers: Sequence[int]) -> SideBySide | None:
    """Versions (or one) and the rule of thumb on their common cases, with intervals.

    None where one was stored without its cases or they share none. What versions were measured on
    never changes, so an answer is kept; whether the files are what was stored is looked at again.

    Raises
    ------
    DataError : a file is not what was stored.
    """
    paths = [desk.models.file(key, number, CASES) for number in numbers]
    found = [path for path in paths if path is not None]
    if len(found) < len(paths):
        return None
    return _side_by_side(key, tuple(numbers), tuple(found))


@lru_cache(maxsize=128)
def _side_by_side(key: str, numbers: tuple[int, ...], paths: tuple[Path, ...]) -> SideBySide | None:
    found = capability(key)
    cases = {
        str(number): pd.read_parquet(path) for number, path in zip(numbers, paths, strict=True)
    }
    return comparison.side_by_side(cases, found.figures, primary_of(found))


def _side(desk: Desk, key: str, rows: Sequence[VersionRow]) -> tuple[SideBySide | None, str | None]:
    for row in rows:
        if CASES not in row.version.files:
            return None, (
                f"Version {row.number} was stored without the cases it was measured on: what "
                "stands here are the figures of each version's own evaluation, and nobody can "
                "tell from them what is luck. Train it again to compare it case by case."
            )
    try:
        side = measured(desk, key, [row.number for row in rows])
    except DataError as error:
        return None, f"{error} {error.remedy}"
    if side is None:
        return None, (
            "These versions were measured on different days and share no case: what stands here "
            "are the figures of each version's own evaluation, which differ also because the days "
            "do. Train them on the same snapshot to compare them case by case."
        )
    return side, None


def verdict(compared: Compared) -> str:
    """Who is best, and whether that could be chance, in two sentences."""
    side = compared.side
    if side is None:
        return compared.why_not or ""
    own = side.figures[compared.primary.slug]
    best = min(
        own, key=lambda name: -float(comparison.gain(compared.primary, own[name].value, 0.0))
    )
    if not side.enough:
        return (
            f"{name_of(best)} has the best figure, on only {side.units} that are lucky or unlucky "
            "by themselves: too few to tell luck from skill."
        )
    others = [one for one in side.differences if best in (one.better, one.worse)]
    sure = [one for one in others if not one.chance]
    open_ = [_other(one, best) for one in others if one.chance]
    if not open_:
        return f"{name_of(best)} is better than all others, by more than chance explains."
    first = f"{name_of(best)} has the best figure"
    if sure:
        first += f" and is surely better than {_listed([_other(one, best) for one in sure])}"
    return f"{first}. That it is ahead of {_listed(open_)} could be chance."


def name_of(name: str) -> str:
    """ "Version 3", "The rule of thumb"."""
    return "The rule of thumb" if name == RULE else f"Version {name}"


def _other(one: Difference, name: str) -> str:
    return one.worse if one.better == name else one.better


def _listed(names: Sequence[str]) -> str:
    said = [name_of(name)[:1].lower() + name_of(name)[1:] for name in names]
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"


def _settings(rows: Sequence[VersionRow]) -> pd.DataFrame:
    """What differs in how they came about; "–" where a version has no such setting."""
    told: dict[str, dict[str, Any]] = {}
    for row in rows:
        facts: dict[str, Any] = {
            "model": row.label,
            "snapshot": row.version.snapshot,
            "learned up to": row.version.as_of.isoformat(),
            "trained for": row.scope_label,
            **{name.replace("_", " "): one for name, one in row.version.parameters.items()},
        }
        for name, value in facts.items():
            told.setdefault(name, {})[str(row.number)] = _plain(value)
    columns = [str(row.number) for row in rows]
    frame = pd.DataFrame(
        [{"setting": name, **{c: values.get(c, "–") for c in columns}}
         for name, values in told.items()],
        columns=["setting", *columns],
    )  # fmt: skip
    return frame[frame[columns].nunique(axis=1) > 1].reset_index(drop=True)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


MOST_INPUTS = 12


def _reach(rows: Sequence[VersionRow], labels: Mapping[str, str]) -> pd.DataFrame:
    """The inputs, as staff know them, that move predictions most, the largest first; 0 where a
    version ignores one.
    """
    told = {
        str(row.number): {
            str(name): float(value)
            for name, value in (row.version.summary.get("reach") or {}).items()
        }
        for row in rows
    }
    frame = pd.DataFrame({name: pd.Series(one, dtype=float) for name, one in told.items() if one})
    if frame.empty:
        return pd.DataFrame(columns=["input"])
    frame = frame.fillna(0.0)
    frame = frame.loc[frame.max(axis=1).sort_values(ascending=False).index].head(MOST_INPUTS)
    frame.index = frame.index.map(lambda name: labels.get(name, name.replace("_", " ")))
    return frame.rename_axis("input").reset_index()
