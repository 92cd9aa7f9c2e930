"""Past forecasts beside what came: the material of every claim, choice and range."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from ml.forecasting.types import Bools, Floats, Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """m past forecasts: one a product, origin and week ahead."""

    origin: Ints  # [m] index of the last week known
    horizon: Ints  # [m] weeks ahead, from 1
    product: Ints  # [m] row of the panel
    category: Ints  # [m] index into the panel's categories
    actual: Floats  # [m] units sold
    seen: Bools  # [m] on offer and in stock in that week
    scale: Floats  # [m] usual level at the origin, units
    wobble: Floats  # [m] usual distance of a week from its mean at the origin, units
    components: Floats  # [k, m] what the candidate's components said, units
    thumb: Floats  # [2, m] what the rules of thumb said, units

    @property
    def size(self) -> int:
        return len(self.origin)

    def keep(self, chosen: Bools) -> Cases:
        """Only the chosen cases."""
        return Cases(**{f.name: getattr(self, f.name)[..., chosen] for f in fields(self)})

    def known_at(self, origin: int) -> Cases:
        """Cases whose week had passed by an origin: all that may be learned from there."""
        return self.keep(self.origin + self.horizon <= origin)


def join(parts: list[Cases]) -> Cases:
    return Cases(
        **{f.name: np.concatenate([getattr(p, f.name) for p in parts], -1) for f in fields(Cases)}
    )
