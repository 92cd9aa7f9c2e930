"""A real wholesaler: the published figures of simple rules, from our own rules and errors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ml.contract import Frames
from ml.forecasting import evaluation, panel
from ml.forecasting.baseline import MEAN, RuleOfThumb
from tests.factories import online_retail as shop
from tests.factories.sample_data import sample_data_folder

DATA = sample_data_folder()
pytestmark = pytest.mark.skipif(DATA is None, reason="Online Retail is not on this machine")


@pytest.fixture(scope="module")
def frames() -> Frames:
    assert DATA is not None
    return shop.weekly_frames(Path(DATA))


def mean_error(frames: Frames, rule: str) -> float:
    """Mean WAPE over the four origins."""
    _, units = shop.matrix(frames)
    errors = []
    for origin in shop.ORIGINS:
        at = shop.position(origin)
        came = units[:, at + 1 : at + 1 + shop.HORIZON]
        if rule == "last value":
            said = np.repeat(units[:, [at]], shop.HORIZON, axis=1)
        elif rule == "seasonal naive 13":
            said = units[:, at - 12 : at + 1 - 13 + shop.HORIZON]
        else:
            made = panel.build(frames, as_of=shop.as_of(origin), horizon=shop.HORIZON)
            ahead = np.arange(1, shop.HORIZON + 1)
            said = RuleOfThumb().components(made, at, ahead)[MEAN]
        errors.append(evaluation.wape(said, came))
    return float(np.mean(errors))


@pytest.mark.parametrize(
    ("rule", "published"),
    [("last value", 0.763), ("seasonal naive 13", 0.807), ("mean of 8", 0.610)],
)
def test_simple_rules_give_the_published_errors(
    frames: Frames, rule: str, published: float
) -> None:
    assert round(mean_error(frames, rule), 3) == published


def test_the_protocol_has_300_products_and_53_weeks(frames: Frames) -> None:
    products, units = shop.matrix(frames)
    assert (len(products), units.shape[1]) == (300, 53)
