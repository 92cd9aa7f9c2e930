"""Names, units and settings of ordering."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.integer[Any]]
Bools = NDArray[np.bool_]
Names = NDArray[Any]

DAYS_A_WEEK = 7.0

KNOTS: tuple[int, ...] = (1, 4, 13, 26)
"""Weeks whose sum has a range of its own: next week, and the sums that are published."""

DEFAULT_LEAD_DAYS = 14.0
"""Days between order and delivery where nobody says otherwise."""

DEFAULT_LEAD_SHARE = 0.25
"""Standard deviation of a lead time as a share of its mean, where it is not known: between the
regular (0.1) and the careless (0.4) of the suppliers that state it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How staff want to order: by periodic review, up to a level."""

    service_level: float = 0.95
    """Share of order cycles in which a product should not run out before its next delivery."""
    review_days: float = 7.0
    """Days between two looks at the list: what is not ordered today waits for so long."""
    cover_days: float = 0.0
    """Further days of mean demand that an order brings at once; 0: the least stock."""

    def __post_init__(self) -> None:
        if not 0.5 <= self.service_level < 1:
            raise ValueError("a service level lies between 0.5 and 1")
        if self.review_days <= 0 or self.cover_days < 0:
            raise ValueError("days of review are positive, days of cover not negative")
