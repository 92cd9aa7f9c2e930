"""Drift: does the newest day still look like the data that a model learned from?

Pure functions over one table of cases a day (`ml.contract.Capability.watched`):

- `histograms` count the cases of each day by value, once;
- `distances` tell how far two spans of days are apart (Wasserstein's distance, PSI);
- `bounds` learn from past days how far apart days usually are, corrected for the many tests;
- `checking` puts them together and ranks what drifted by what it does to the predictions.
"""

from __future__ import annotations

from ml.drift.checking import Check, Row, check
from ml.drift.histograms import Course, course_of
from ml.drift.words import sentence

__all__ = ["Check", "Course", "Row", "check", "course_of", "sentence"]
