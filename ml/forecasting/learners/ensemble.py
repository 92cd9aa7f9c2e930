"""Several candidates together, weighted by what would have missed least on earlier origins.

The weights are not negative and sum to 1; they minimise the sum of the misses of past cases
(absolute error, by least squares that are reweighted until they settle; each of these small
problems is solved exactly by trying which members take part).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ml.contract import Progress, Value
from ml.errors import WrongParameter
from ml.forecasting import feature_words
from ml.forecasting.cases import Cases
from ml.forecasting.importance import ByFeature, Feature
from ml.forecasting.learners.additive import believed, factor
from ml.forecasting.panel import Panel
from ml.forecasting.types import PARTS, Bools, Floats, Ints

ROUNDS = 12
MOST_CASES = 200_000
LEAST_MISS = 0.01  # share of the mean miss below which a miss weighs no more

SWITCH = "with_"
"""Parameters of this beginning choose the members."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ensemble:
    parameters: dict[str, Value]
    members: tuple[Any, ...]  # learners
    key: ClassVar[str] = "ensemble"

    def fit(self, panel: Panel, last: int, seed: int, progress: Progress) -> Ensemble:
        fitted = []
        for number, member in enumerate(self.members):

            def told(step: str, share: float, at: int = number, key: str = member.key) -> None:
                progress(f"{step} ({key})", (at + share) / len(self.members))

            fitted.append(member.fit(panel, last, seed, told))
        return replace(self, members=tuple(fitted))

    def components(self, panel: Panel, origin: int, horizons: Ints) -> Floats:
        """The components of all members, one after the other."""
        return np.concatenate([m.components(panel, origin, horizons) for m in self.members])

    def learn(self, cases: Cases | None) -> dict[str, float]:
        """The settings of each member, then their weights, then what is left of the bias."""
        settings: dict[str, float] = {}
        said = []
        for member, part in self._parts(cases.components if cases is not None else None):
            own = member.learn(replace(cases, components=part) if cases is not None else None)
            settings |= {f"{member.key}:{name}": value for name, value in own.items()}
            if cases is not None:
                said.append(member.combine(part, cases.scale, own))
        if cases is None:
            return settings | self._weights(np.full(len(self.members), 1 / len(self.members)))
        at = _spread(cases.seen)
        found = weights(np.stack([each[at] for each in said]), believed(cases)[at])
        settings |= self._weights(found)
        together = np.tensordot(found, np.stack(said), 1)
        return settings | {"factor": factor(np.asarray(together), cases)}

    def combine(self, components: Floats, scale: Floats, settings: dict[str, float]) -> Floats:
        total = sum(
            settings[f"weight:{member.key}"] * member.combine(part, scale, own)
            for member, part, own in self._told(components, settings)
        )
        return np.asarray(settings["factor"] * np.asarray(total), np.float32)

    def explain(
        self,
        panel: Panel,
        origin: int,
        horizons: Ints,
        components: Floats,
        settings: dict[str, float],
        *,
        exact: bool,
    ) -> Floats:
        """The members' parts, weighted; scaling them is the part "correction"."""
        from ml.forecasting import explanation

        result = np.zeros((len(PARTS), *components.shape[1:]))
        for member, part, own in self._told(components, settings):
            weight = settings[f"weight:{member.key}"]
            if weight > 0:
                result += weight * explanation.of(
                    member, panel, origin, horizons, part, own, exact=exact
                )
        result[PARTS.index("correction")] += (settings["factor"] - 1) * result.sum(0)
        return result

    def by_feature(
        self,
        panel: Panel,
        origin: int,
        horizons: Ints,
        components: Floats,
        settings: dict[str, float],
    ) -> ByFeature:
        """What the members look at, weighted; of those that only add up parts, the parts."""
        from ml.forecasting import explanation
        from ml.forecasting.candidates import LABELS

        told: list[Feature] = []
        units = []
        for member, part, own in self._told(components, settings):
            weight = settings[f"weight:{member.key}"]
            if weight <= 0:
                continue
            found = explanation.by_feature(member, panel, origin, horizons, part, own)
            label = LABELS[member.key]
            if found is None:
                values = explanation.of(member, panel, origin, horizons, part, own, exact=True)
                used = [i for i in range(len(PARTS)) if np.abs(values[i]).max(initial=0) > 0]
                told += [Feature(words=f"{PARTS[i]} ({label})", part=PARTS[i]) for i in used]
                units += [weight * values[i] for i in used]
            else:
                told += [Feature(words=f"{f.words} ({label})", part=f.part) for f in found.features]
                units += [weight * value for value in found.units]
        told.append(Feature(words=feature_words.SCALING, part="correction"))
        units.append((settings["factor"] - 1) * np.sum(units, axis=0))
        return ByFeature(features=tuple(told), units=np.stack(units))

    def notes(self, panel: Panel, origin: int) -> tuple[str, ...]:
        found = (m.notes(panel, origin) for m in self.members if hasattr(m, "notes"))
        return tuple(dict.fromkeys(note for notes in found for note in notes))

    def save(self, folder: Path) -> dict[str, Any]:
        from ml.forecasting import kept

        return {member.key: kept.save_learner(member, folder) for member in self.members}

    def load(self, folder: Path, told: dict[str, Any]) -> Ensemble:
        from ml.forecasting import kept

        members = tuple(kept.load_learner(m, folder, told[m.key]) for m in self.members)
        return replace(self, members=members)

    def _parts(self, components: Floats | None) -> Iterator[tuple[Any, Floats]]:
        """Each member with its own rows of the components."""
        start = 0
        for member in self.members:
            width = width_of(member)
            yield (
                member,
                (np.zeros((width, 0)) if components is None else components[start : start + width]),
            )
            start += width

    def _told(
        self, components: Floats, settings: dict[str, float]
    ) -> Iterator[tuple[Any, Floats, dict[str, float]]]:
        for member, part in self._parts(components):
            begin = f"{member.key}:"
            own = {k.removeprefix(begin): v for k, v in settings.items() if k.startswith(begin)}
            yield member, part, own

    def _weights(self, found: Floats) -> dict[str, float]:
        named = zip(self.members, found, strict=True)
        return {"factor": 1.0} | {f"weight:{member.key}": float(w) for member, w in named}


def chosen(parameters: dict[str, Value]) -> tuple[str, ...]:
    """Keys of the members that the parameters switch on; at least two.

    Raises `WrongParameter` otherwise.
    """
    keys = tuple(
        name.removeprefix(SWITCH)
        for name, value in parameters.items()
        if name.startswith(SWITCH) and value
    )
    if len(keys) < 2:
        raise WrongParameter(
            "An ensemble of fewer than two candidates is none.",
            remedy="Choose two or more members, or train the one by itself.",
        )
    return keys


def width_of(member: Any) -> int:
    """How many components a learner has."""
    pieces = getattr(member, "pieces", None)
    return 2 if pieces is None else len(pieces)  # LightGBM: the mean's and the middle's


def _spread(seen: Bools) -> Ints:
    """At most `MOST_CASES` of the seen cases, evenly spread."""
    at = np.flatnonzero(seen)
    return at[:: max(1, -(-len(at) // MOST_CASES))]


def weights(said: Floats, came: Floats) -> Floats:
    """[k] not negative, sum 1: least sum of absolute misses of the weighted forecasts.

    Parameters
    ----------
    said : [k, m] units that each member forecast.
    came : [m] units sold.
    """
    said = np.asarray(said, np.float64)
    found = np.full(len(said), 1 / len(said))
    if not said.shape[1]:
        return found
    for _ in range(ROUNDS):
        miss = np.abs(found @ said - came)
        floor = max(LEAST_MISS * float(miss.mean()), 1e-9)
        importance = 1 / np.maximum(miss, floor)
        away = said - came
        found = _simplex((away * importance) @ away.T)
    return found


def _simplex(square: Floats) -> Floats:
    """The w ≥ 0 with sum 1 that minimises w' square w, exactly."""
    count = len(square)
    best, least = np.full(count, 1 / count), np.inf
    calm = square + np.eye(count) * 1e-9 * max(float(np.trace(square)), 1e-12)
    for size in range(1, count + 1):
        for support in combinations(range(count), size):
            part = calm[np.ix_(support, support)]
            direction = np.linalg.solve(part, np.ones(size))
            share = direction / direction.sum()
            if (share < -1e-12).any():
                continue
            cost = float(share @ part @ share)
            if cost < least - 1e-12 * abs(least if np.isfinite(least) else 0):
                best, least = np.zeros(count), cost
                best[list(support)] = np.maximum(share, 0)
    return np.asarray(best / best.sum())
