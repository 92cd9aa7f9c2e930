"""Shapes that fraud review speaks in."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[Any]
Bools = npt.NDArray[np.bool_]

KEY = "fraud"

PARTS = ("usual", "transaction", "customer", "device")
"""What a score is made of: where every order starts, then what each group of features adds."""

THREADS = 2
"""Of a library that learns; more would take them from the pages."""
