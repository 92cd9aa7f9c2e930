"""The panel and its features: what is known when, and what counts as unseen."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from ml.contract import Frames, NotEnoughData, WrongFrame
from ml.forecasting import features, panel
from ml.forecasting.baseline import LAST_YEAR, RuleOfThumb, recent_mean
from ml.forecasting.types import Floats
from tests.factories.panels import FIRST_WEEK, from_matrix, last_day


def build(frames: Frames, weeks: int, horizon: int = 4) -> panel.Panel:
    return panel.build(frames, as_of=last_day(weeks), horizon=horizon)


def column(frames: Frames, weeks: int, name: str, ahead: int = 1) -> Floats:
    """One feature of every product, from the last week of the history."""
    made = build(frames, weeks)
    return features.table(made, weeks - 1, np.array([ahead]))[:, features.NAMES.index(name)]


def flat(weeks: int = 20, units: float = 10.0) -> Frames:
    return from_matrix(np.full((2, weeks), units), ["a", "b"])


# ── the panel ──


def test_a_week_without_a_row_is_a_week_without_sales() -> None:
    units = np.full((1, 20), 5.0)
    units[0, 7] = 0
    made = build(from_matrix(units, ["a"]), 20)
    assert made.units[0, 7] == 0
    assert made.seen[0, 7]


def test_the_week_that_is_not_over_does_not_count() -> None:
    made = panel.build(flat(20), as_of=last_day(20) - timedelta(days=1), horizon=4)
    assert made.n_weeks == 19


def test_weeks_with_stock_outs_are_unseen_not_zero() -> None:
    units = np.full((1, 20), 8.0)
    out = np.zeros((1, 20))
    units[0, 18:], out[0, 18:] = 0, 7
    made = build(from_matrix(units, ["a"], stockout_days=out), 20)
    assert not made.seen[0, 18:].any()
    assert recent_mean(made, 19) == pytest.approx(8.0)


def test_an_end_counts_from_the_day_it_happened_and_not_before() -> None:
    frames = from_matrix(np.full((1, 30), 3.0), ["a"], ended=[FIRST_WEEK + timedelta(weeks=25)])
    assert build(frames, 24).on_offer(23).all()
    assert not build(frames, 30).on_offer(29).any()


def test_a_product_is_not_forecast_before_its_launch() -> None:
    launched: list[date | None] = [FIRST_WEEK, FIRST_WEEK + timedelta(weeks=15)]
    units = np.full((2, 20), 4.0)
    units[1, :15] = 0
    made = build(from_matrix(units, ["a", "a"], launched=launched), 20)
    assert made.on_offer(10).tolist() == [True, False]
    assert not made.seen[1, :15].any()


def test_fewer_than_twelve_weeks_say_what_is_missing_and_what_would_do() -> None:
    with pytest.raises(NotEnoughData) as refused:
        build(flat(11), 11)
    assert (refused.value.found, refused.value.needed) == (11, 12)
    assert "12 weeks" in refused.value.remedy


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"units": -1.0}, "never negative"),
        ({"week": pd.Timestamp("2025-01-07")}, "begins on a Monday"),
        ({"product_id": None}, "without product_id"),
    ],
)
def test_values_that_cannot_be_are_refused_with_the_first_of_them(
    change: dict[str, object], told: str
) -> None:
    frames = flat()
    broken = frames["panel"].astype({"product_id": object})
    for name, value in change.items():
        broken.loc[3, name] = value
    with pytest.raises(WrongFrame, match=told):
        build({**frames, "panel": broken}, 20)


def test_a_misspelt_column_is_answered_with_a_difference() -> None:
    frames = flat()
    renamed = frames["panel"].rename(columns={"units": "unit"})
    with pytest.raises(WrongFrame) as refused:
        build({**frames, "panel": renamed}, 20)
    assert "− units (number): units sold" in str(refused.value)
    assert "+ unit: not known" in str(refused.value)


def test_a_category_above_sums_those_below() -> None:
    frames = dict(flat())
    frames["categories"] = pd.DataFrame(
        {"category_id": ["a", "b", "top"], "parent_id": ["top", "top", None]}
    )
    made = build(frames, 20)
    assert made.groups.tolist() == ["a", "b", "top"]
    assert made.members.tolist() == [[True, False], [False, True], [True, True]]


def test_a_tree_that_bites_its_tail_is_survived() -> None:
    frames = dict(flat())
    frames["categories"] = pd.DataFrame({"category_id": ["a", "b"], "parent_id": ["b", "a"]})
    assert build(frames, 20).members.all()


# ── features ──


def test_lags_and_means_are_relative_to_the_usual_level() -> None:
    frames = flat(40)
    assert column(frames, 40, "lag_1").tolist() == [1.0, 1.0]
    assert column(frames, 40, "mean_8").tolist() == [1.0, 1.0]
    assert column(frames, 40, "log_scale") == pytest.approx(np.log(10.0))


def test_a_planned_promotion_is_known_only_once_announced() -> None:
    frames = dict(flat())
    start = last_day(20) + timedelta(days=8)  # a Monday, two weeks ahead
    plan = {
        "product_id": ["P000"],
        "category_id": [None],
        "discount": [0.3],
        "starts_on": [start],
        "ends_on": [start + timedelta(days=6)],
    }
    told = pd.DataFrame({**plan, "announced_at": [pd.Timestamp(last_day(20))]})
    untold = pd.DataFrame({**plan, "announced_at": [pd.Timestamp(start)]})
    known = column({**frames, "promotions": told}, 20, "promo_planned", ahead=2)
    assert known == pytest.approx([0.3, 0.0])
    assert column({**frames, "promotions": untold}, 20, "promo_planned", ahead=2).tolist() == [0, 0]


def test_at_an_earlier_origin_a_later_announcement_is_not_known() -> None:
    frames = dict(flat())
    start = FIRST_WEEK + timedelta(weeks=12)
    frames["promotions"] = pd.DataFrame(
        {
            "product_id": [None],
            "category_id": ["a"],
            "discount": [0.5],
            "starts_on": [start],
            "ends_on": [start + timedelta(days=6)],
            "announced_at": [pd.Timestamp(FIRST_WEEK + timedelta(weeks=11))],
        }
    )
    made = build(frames, 20)
    at = features.NAMES.index("promo_planned")
    assert features.table(made, 10, np.array([2]))[:, at].tolist() == [0, 0]
    assert features.table(made, 11, np.array([1]))[:, at].tolist() == [0.5, 0]


def test_a_deeper_promotion_announced_later_does_not_hide_the_one_known_before() -> None:
    frames = dict(flat())
    start = FIRST_WEEK + timedelta(weeks=15)
    for products in (["P000", "P000"], [None, None]):
        frames["promotions"] = pd.DataFrame(
            {
                "product_id": products,
                "category_id": [None, None],
                "discount": [0.5, 0.2],
                "starts_on": start,
                "ends_on": start + timedelta(days=6),
                "announced_at": [
                    pd.Timestamp(FIRST_WEEK + timedelta(weeks=14)),
                    pd.Timestamp(FIRST_WEEK + timedelta(weeks=8)),
                ],
            }
        )
        made = build(frames, 20)
        seen = [float(made.promotions.known(np.array([15]), at)[0, 0]) for at in (7, 8, 13, 14)]
        assert seen == pytest.approx([0.0, 0.2, 0.2, 0.5])


def test_a_price_rise_shows_against_the_usual_price() -> None:
    price = np.full((1, 20), 10.0)
    price[0, -1] = 12.0
    frames = from_matrix(np.full((1, 20), 6.0), ["a"], price=price)
    assert column(frames, 20, "price_8") == pytest.approx(12 / (82 / 8))


def test_holidays_are_counted_in_the_week_that_they_fall_in() -> None:
    frames = dict(flat())
    frames["holidays"] = pd.DataFrame({"day": [last_day(20) + timedelta(days=9)], "name": ["May"]})
    assert column(frames, 20, "holidays", ahead=1).tolist() == [0, 0]
    assert column(frames, 20, "holidays", ahead=2).tolist() == [1, 1]


def test_features_of_an_origin_do_not_move_with_what_came_after_it() -> None:
    chance = np.random.default_rng(1)
    units = chance.poisson(9, (6, 80)).astype(float)
    changed = units.copy()
    changed[:, 60:] = 500
    one, other = (build(from_matrix(u, ["a"] * 6), 80) for u in (units, changed))
    weeks = np.arange(1, 5)
    np.testing.assert_array_equal(features.table(one, 59, weeks), features.table(other, 59, weeks))


# ── the rule of thumb ──


def test_the_mean_is_that_of_the_last_eight_weeks() -> None:
    units = np.arange(1.0, 21.0)[None, :]
    assert recent_mean(build(from_matrix(units, ["a"]), 20), 19) == pytest.approx(16.5)


def test_last_years_week_is_52_weeks_before() -> None:
    units = np.arange(1.0, 111.0)[None, :]
    made = build(from_matrix(units, ["a"]), 110)
    said = RuleOfThumb().components(made, 109, np.array([1, 4]))
    assert said[LAST_YEAR, 0].tolist() == [59.0, 62.0]


def test_a_new_product_leans_on_its_category() -> None:
    units = np.full((3, 20), 10.0)
    units[2] = 0
    units[2, 19] = 2.0
    launched: list[date | None] = [FIRST_WEEK, FIRST_WEEK, FIRST_WEEK + timedelta(weeks=19)]
    made = build(from_matrix(units, ["a"] * 3, launched=launched), 20)
    assert recent_mean(made, 19)[2] == pytest.approx((1 * 2.0 + 3 * 10.0) / 4)
