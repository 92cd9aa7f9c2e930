"""Below the confidence asked for the order list proposes nothing, and says how much it left out."""

from __future__ import annotations

import pandas as pd
import pytest

from app.services.ordering import sureness


def rows() -> pd.DataFrame:
    """Three products to order: ±10 %, ±100 %, and one without any demand."""
    return pd.DataFrame(
        {
            "product_id": ["sure", "vague", "none"],
            "demand": [100.0, 10.0, 0.0],
            "demand_low": [90.0, 0.0, 0.0],
            "demand_high": [110.0, 20.0, 0.0],
            "packs": [2.0, 1.0, 0.0],
            "units": [24.0, 12.0, 0.0],
            "value": [240.0, float("nan"), 0.0],
            "saved": [50.0, 20.0, 0.0],
            "at_risk": [60.0, 30.0, 0.0],
        }
    )


def test_without_a_bound_everything_is_proposed_and_confidence_is_told() -> None:
    told = sureness.told(rows(), None)
    assert told["confidence"].tolist() == pytest.approx([100 / 110, 0.5, 1.0])
    assert not told["unsure"].any()
    pd.testing.assert_frame_equal(told[rows().columns], rows())


def test_below_the_bound_nothing_is_proposed_but_the_risk_stays() -> None:
    given = rows()
    told = sureness.told(given, 0.6).set_index("product_id")
    assert told["unsure"].tolist() == [False, True, False]
    assert told["units"].tolist() == [24.0, 0.0, 0.0]
    assert told["packs"].tolist() == [2.0, 0.0, 0.0]
    assert told["saved"].tolist() == [50.0, 0.0, 0.0]
    assert told.loc["sure", "value"] == 240.0
    assert pd.isna(told.loc["vague", "value"])  # a cost that is not known stays unknown
    assert told["would"].tolist() == [24.0, 12.0, 0.0]
    assert told["at_risk"].tolist() == [60.0, 30.0, 0.0]
    pd.testing.assert_frame_equal(given, rows())


def test_a_forecast_exactly_as_sure_as_asked_for_is_proposed() -> None:
    assert not sureness.told(rows(), 0.5)["unsure"].any()
