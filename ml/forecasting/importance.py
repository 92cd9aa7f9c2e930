"""What matters to a model as a whole: mean size of the contributions, by part and by feature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ml.forecasting.panel import Panel
from ml.forecasting.types import PARTS, Floats, Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    words: str
    part: str  # of the forecast, one of `PARTS`


@dataclass(frozen=True, slots=True, kw_only=True)
class ByFeature:
    """Contributions of each feature for some products; they sum to the forecast."""

    features: tuple[Feature, ...]
    units: Floats  # [features, n, H]

    def parts(self) -> Floats:
        """[parts, n, H] the same by part."""
        result = np.zeros((len(PARTS), *self.units.shape[1:]), np.float64)
        for feature, units in zip(self.features, self.units, strict=True):
            result[PARTS.index(feature.part)] += units
        return result


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """Contributions by feature of the products for which they were worked out."""

    panel: Panel
    rows: Ints  # of the panel, in the order of the units
    features: tuple[Feature, ...] = ()
    units: Floats | None = None  # [features, rows, H]

    def frame(self) -> pd.DataFrame:
        """One row a product and week: series_id · week · f0 · f1 … in units."""
        if self.units is None:
            return pd.DataFrame(columns=["series_id", "week"])
        ahead = np.arange(1, self.units.shape[2] + 1)
        weeks = np.array([self.panel.week(self.panel.n_weeks - 1 + int(h)) for h in ahead])
        order = np.argsort(self.rows, kind="stable")
        frame = pd.DataFrame(
            {
                "series_id": np.repeat(self.panel.products[self.rows[order]], len(ahead)),
                "week": np.tile(weeks.astype("datetime64[ns]"), len(order)),
            }
        )
        columns = {
            f"f{i}": units[order].ravel().astype(np.float32) for i, units in enumerate(self.units)
        }
        return pd.concat([frame, pd.DataFrame(columns)], axis=1)


def summary(parts: Floats, details: Details, settings: dict[str, float]) -> dict[str, Any]:
    """JSON-ready: "parts" and "features", each {"name", "units"} from the most to the least.

    Units are the mean size (without sign) of a contribution to one product's week. "weights" are
    those of an ensemble's members;
    "names" are the columns of `Details.frame`.

    Parameters
    ----------
    parts : [parts, n, H] units.
    """
    told: dict[str, Any] = {"parts": [], "features": [], "names": [], "weights": []}
    if parts.shape[1]:
        sizes = np.abs(parts).mean((1, 2), dtype=np.float64)
        told["parts"] = _ranked([(part, float(sizes[i])) for i, part in enumerate(PARTS)])
    if details.units is not None:
        sizes = np.abs(details.units).mean((1, 2), dtype=np.float64)
        rows = zip(details.features, sizes, strict=True)
        told["features"] = _ranked([(f.words, float(size)) for f, size in rows])
        told["names"] = [{"words": f.words, "part": f.part} for f in details.features]
        told["products"] = len(details.rows)
    weights = [(k.partition(":")[2], w) for k, w in settings.items() if k.startswith("weight:")]
    told["weights"] = [{"name": key, "share": round(share, 4)} for key, share in weights]
    return told


def _ranked(sizes: list[tuple[str, float]]) -> list[dict[str, Any]]:
    largest = sorted(sizes, key=lambda pair: (-pair[1], pair[0]))
    return [{"name": name, "units": round(size, 5)} for name, size in largest if size > 1e-6]
