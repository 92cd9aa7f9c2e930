"""What a source hands over: canonical rows, and the account of how the file became them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from data_access.sources.imports.report import Ledger, Note


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """A source in canonical rows.

    Frames have the columns of the canonical table, without ``updated_at``; money is integers of
    ten-thousandths, instants are naive UTC.
    """

    tables: dict[str, pd.DataFrame]
    ledgers: tuple[Ledger, ...]
    notes: tuple[Note, ...] = ()
    obsolete: dict[str, pd.DataFrame] = field(default_factory=dict)
    """Primary keys of rows from an earlier import that this source replaces by others."""


def exact_sum(values: pd.Series[Any]) -> int:
    """Sum as a Python integer: no float, no overflow."""
    return sum(int(value) for value in np.asarray(values).tolist())
