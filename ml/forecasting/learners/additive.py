"""Candidates whose forecast is a sum of parts: what they have in common.

Their components are the parts themselves, so that the sum, the ranges and the explanation come
from the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from ml.contract import Progress, Value
from ml.forecasting.baseline import recent_mean
from ml.forecasting.cases import Cases
from ml.forecasting.panel import Panel
from ml.forecasting.types import PARTS, Floats, Ints

BIAS_RETURNS = 0.5
"""Power of the past bias that is taken out: about half of it returns in later weeks."""

MOST_CORRECTION = 2.0
"""Factor by which a forecast is scaled up or down at most for its past bias."""

BELIEVED_WEEK = 30.0
"""Times its usual level beyond which one week of a product says nothing about bias or weights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Additive:
    """Base of the candidates that forecast by adding up parts."""

    parameters: dict[str, Value]
    key: ClassVar[str]
    pieces: ClassVar[tuple[str, ...]]  # the part that each component belongs to
    corrects: ClassVar[bool] = True  # whether a bias on earlier origins is taken out

    def fit(self, panel: Panel, last: int, seed: int, progress: Progress) -> Self:
        """Learn what is common to all products from weeks up to and including `last`."""
        return self

    def components(self, panel: Panel, origin: int, horizons: Ints) -> Floats:
        """[pieces, n, H] units, from weeks up to and including the origin."""
        raise NotImplementedError

    def learn(self, cases: Cases | None) -> dict[str, float]:
        if cases is None or not self.corrects:
            return {"factor": 1.0}
        return {"factor": factor(self.plain(cases.components), cases)}

    def plain(self, components: Floats) -> Floats:
        """The sum of the components, cut at zero: nothing sells less than nothing."""
        return np.asarray(np.maximum(components.sum(0), 0), np.float32)

    def combine(self, components: Floats, scale: Floats, settings: dict[str, float]) -> Floats:
        return np.asarray(settings["factor"] * self.plain(components), np.float32)

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
        """[parts, n, H] units that sum to `combine` of these components.

        Parameters
        ----------
        components : as `components` gave them for this panel, origin and horizons.
        exact : by the even-handed but slow way, where a candidate has two.
        """
        return in_parts(components, self.pieces, self.combine(components, _no_scale, settings))

    def notes(self, panel: Panel, origin: int) -> tuple[str, ...]:
        """Sentences for staff about products that are forecast otherwise, with their number."""
        return ()

    def save(self, folder: Path) -> dict[str, Any]:
        """Write what was learned into files; what is small is returned as JSON."""
        return {}

    def load(self, folder: Path, told: dict[str, Any]) -> Self:
        """The fitted candidate from what `save` wrote and returned."""
        return self


_no_scale = np.zeros(0, np.float32)


def in_parts(components: Floats, pieces: tuple[str, ...], total: Floats) -> Floats:
    """Components put under their parts; what the total differs by is the correction."""
    result = np.zeros((len(PARTS), *components.shape[1:]), np.float64)
    for piece, units in zip(pieces, components, strict=True):
        result[PARTS.index(piece)] += units
    result[PARTS.index("correction")] += total - result.sum(0)
    return result


def believed(cases: Cases) -> Floats:
    """[m] units sold, single giant orders cut: they must not scale everything else."""
    limit = BELIEVED_WEEK * np.maximum(cases.scale, 1.0)
    return np.asarray(np.minimum(cases.actual, limit), np.float64)


def factor(forecast: Floats, cases: Cases) -> float:
    """Scaling that takes out the part of the past bias that returns."""
    came = float(believed(cases)[cases.seen].sum())
    said = float(forecast[cases.seen].sum(dtype=np.float64))
    if came <= 0 or said <= 0:
        return 1.0
    found = (said / came) ** -BIAS_RETURNS
    return float(np.clip(found, 1 / MOST_CORRECTION, MOST_CORRECTION))


def mean_instead(panel: Panel, origin: int, horizons: Ints) -> Floats:
    """[n, H] units: what is forecast where a product's own weeks say too little."""
    mean = recent_mean(panel, origin)
    return np.repeat(mean[:, None], len(horizons), axis=1).astype(np.float32)
