"""A price slip and a planned change never fall on one day: a product has one price at a time."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from data_access.sources.demo.prices import _away_from_slips

WEEK = np.arange(700, 707)


@pytest.mark.parametrize("first", [699, 700, 703, 706])
@pytest.mark.parametrize("planned", range(7))
def test_a_planned_change_moves_off_the_days_of_a_slip(first: int, planned: int) -> None:
    slip = SimpleNamespace(kind="price_slip", first=first, product=lambda world: 1)
    days = _away_from_slips(None, WEEK, np.array([planned, planned]), [slip])  # type: ignore[arg-type, list-item]

    assert days[0] == planned  # another product's change stays
    assert 700 + days[1] not in (first, first + 1)


def test_other_incidents_move_no_change() -> None:
    strike = SimpleNamespace(kind="courier_strike", first=703, product=lambda world: 0)
    days = _away_from_slips(None, WEEK, np.array([3]), [strike])  # type: ignore[arg-type, list-item]

    assert days.tolist() == [3]
