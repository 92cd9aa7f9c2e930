"""What cannot be selected."""

from __future__ import annotations

from datetime import date

import pytest

from data_access.errors import DataError
from data_access.queries.selection import SalesSelection

MARCH = {"first_day": date(2026, 3, 1), "last_day": date(2026, 3, 31)}


@pytest.mark.parametrize(
    "wrong",
    [
        {"level": "galaxy"},
        {"level": "product", "series_id": None},
        {"level": "shop", "series_id": "mug"},
        {"level": "shop", "first_day": date(2026, 4, 1)},
    ],
)
def test_a_selection_that_makes_no_sense_is_refused(wrong: dict) -> None:
    with pytest.raises(DataError) as refused:
        SalesSelection(**(MARCH | wrong))
    assert refused.value.remedy
