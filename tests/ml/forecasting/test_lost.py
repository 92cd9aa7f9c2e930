"""Lost units: what the rest of the category says a product would have sold."""

from __future__ import annotations

import numpy as np
import pytest

from ml.forecasting.lost import estimate


def days(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.full(count, 2.0), np.full(count, 20.0), np.zeros(count, bool)


def test_days_without_stock_lose_the_usual_share_of_what_the_category_sells() -> None:
    sold, others, out = days(100)
    sold[50:55], out[50:55] = 0.0, True
    others[50:55] = 40.0  # a busy week: twice the usual

    (lost,) = estimate(sold, others, out, [(50, 54)])

    assert lost.units == pytest.approx(20.0)  # 5 days × 4
    assert lost.low < 20.0 < lost.high


def test_what_was_still_sold_on_the_first_day_is_not_lost() -> None:
    sold, others, out = days(100)
    sold[50:52], out[50:52] = [1.0, 0.0], True

    (lost,) = estimate(sold, others, out, [(50, 51)])

    assert lost.units == pytest.approx(3.0)


def test_other_spells_do_not_lower_the_usual_level() -> None:
    sold, others, out = days(100)
    for first in (40, 50, 60):
        sold[first : first + 5], out[first : first + 5] = 0.0, True

    found = estimate(sold, others, out, [(50, 54)])

    assert found[0].units == pytest.approx(10.0)


def test_a_small_category_is_no_index_and_the_mean_of_the_days_is_taken() -> None:
    sold, others, out = days(80)
    others[:] = 0.1
    sold[40:45], out[40:45], others[40:45] = 0.0, True, 5.0

    assert estimate(sold, others, out, [(40, 44)])[0].units == pytest.approx(10.0)


def test_a_product_that_never_sold_loses_nothing_for_certain() -> None:
    sold, others, out = np.zeros(60), np.full(60, 20.0), np.zeros(60, bool)
    out[30:40] = True

    (lost,) = estimate(sold, others, out, [(30, 39)])

    assert (lost.units, lost.low) == (0.0, 0.0)
    assert lost.high < 3


def test_a_shop_that_was_always_out_of_stock_says_nothing() -> None:
    (lost,) = estimate(np.zeros(5), np.ones(5), np.ones(5, bool), [(0, 4)])

    assert lost.high == 0.0


def test_a_sale_on_a_day_without_any_other_sale_does_not_make_the_range_endless() -> None:
    sold, others, out = days(100)
    sold[50:55], out[50:55] = 0.0, True
    others[48], sold[48] = 0.0, 5.0

    (lost,) = estimate(sold, others, out, [(50, 54)])

    assert lost.units == pytest.approx(10.0, rel=0.05)  # 5 days × 2
    assert lost.high < 25.0
