"""The answer of sales to prices, found where prices answer to sales and naive ways go wrong."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from ml.forecasting import response, spells
from ml.forecasting.answers import Answers, interpolated
from ml.forecasting.types import Floats

PRODUCTS, DAYS = 60, 730
ELASTICITY = -2.0
LIFT = 0.3  # logs, beyond the lower price
FIRST = np.datetime64("2024-01-01")
LAST = date(2025, 12, 30)


class Shop:
    """Sales of products in two categories; their owner raises what sells well."""

    def __init__(self, *, answers: bool = True) -> None:
        self.rng = np.random.default_rng(5)
        days = np.arange(DAYS)
        season = np.exp(0.6 * np.sin(2 * np.pi * days / 365))
        level = self.rng.lognormal(1.2, 0.5, PRODUCTS)
        self.log_price = np.zeros((PRODUCTS, DAYS))
        self.discount = np.zeros((PRODUCTS, DAYS))
        self.sold = np.zeros((PRODUCTS, DAYS))
        self.promotions: list[tuple[int, int, int, float]] = []
        for row in range(PRODUCTS):
            for start in self.rng.integers(60, DAYS - 60, 4):
                share = float(self.rng.choice([0.1, 0.2, 0.3]))
                self.discount[row, start : start + 7] = share
                self.promotions.append((row, int(start), int(start) + 6, share))
        now = np.zeros(PRODUCTS)
        for day in range(DAYS):
            if answers and day >= 56 and day % 14 == 0:
                recent = self.sold[:, day - 28 : day].sum(1) + 2
                before = self.sold[:, day - 56 : day - 28].sum(1) + 2
                moved = np.log(recent / before)
                now = now + np.where(np.abs(moved) > 0.3, 0.05 * np.sign(moved), 0.0)
            now = np.where(self.rng.random(PRODUCTS) < 0.004, self._step(), now)
            now = np.clip(now, -0.25, 0.25)
            self.log_price[:, day] = now
            on = self.discount[:, day] > 0
            log = ELASTICITY * (now + np.log1p(-self.discount[:, day])) + LIFT * on
            self.sold[:, day] = self.rng.poisson(level * season[day] * np.exp(log))

    def _step(self) -> Floats:
        return self.rng.choice([-0.15, -0.1, -0.05, 0.05, 0.1, 0.15], PRODUCTS)

    def frames(self) -> dict[str, pd.DataFrame]:
        row, day = np.nonzero(self.sold)
        ids = np.array([f"p{i:02d}" for i in range(PRODUCTS)], object)
        changed = np.diff(self.log_price, axis=1, prepend=np.nan) != 0
        at, when = np.nonzero(changed)
        told = FIRST - np.timedelta64(30, "D")
        return {
            "daily": pd.DataFrame(
                {"product_id": ids[row], "day": FIRST + day, "orders": self.sold[row, day]}
            ),
            "prices": pd.DataFrame(
                {
                    "product_id": ids[at],
                    "day": FIRST + when,
                    "price": 20 * np.exp(self.log_price[at, when]),
                }
            ),
            "promotions": pd.DataFrame(
                {
                    "product_id": [ids[p[0]] for p in self.promotions],
                    "category_id": None,
                    "discount": [p[3] for p in self.promotions],
                    "starts_on": [FIRST + p[1] for p in self.promotions],
                    "ends_on": [FIRST + p[2] for p in self.promotions],
                    "announced_at": told,
                }
            ),
            "products": pd.DataFrame(
                {
                    "product_id": ids,
                    "category_id": ["a" if i % 2 else "b" for i in range(PRODUCTS)],
                    "launched_on": pd.NaT,
                    "ended_on": pd.NaT,
                }
            ),
        }

    def naive(self) -> float:
        """Mean slope of log weekly sales on log price, a product at a time."""
        weeks = DAYS // 7
        sold = self.sold[:, : weeks * 7].reshape(PRODUCTS, weeks, 7).sum(2)
        price = self.log_price[:, : weeks * 7].reshape(PRODUCTS, weeks, 7).mean(2)
        slopes = []
        for row in range(PRODUCTS):
            x = price[row] - price[row].mean()
            y = np.log(sold[row] + 1)
            slopes.append((x * (y - y.mean())).sum() / (x * x).sum())
        return float(np.mean(slopes))


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop()


@pytest.fixture(scope="module")
def learned(shop: Shop) -> pd.DataFrame:
    found = response.learn(shop.frames(), as_of=LAST)
    assert found is not None
    return found


def test_the_elasticity_is_found_where_prices_answer_to_sales(
    shop: Shop, learned: pd.DataFrame
) -> None:
    assert learned["elasticity"].mean() == pytest.approx(ELASTICITY, abs=0.15)
    assert abs(shop.naive() - ELASTICITY) > 0.6  # which a plain regression is far from


def test_the_lift_of_a_promotion_holds_its_lower_price(learned: pd.DataFrame) -> None:
    for discount in (10, 20, 30):
        true = ELASTICITY * np.log1p(-discount / 100) + LIFT
        assert learned[f"promo_{discount}"].mean() == pytest.approx(true, abs=0.12)


def test_the_range_of_the_elasticity_holds_about_what_it_promises(learned: pd.DataFrame) -> None:
    held = (learned["low"] <= ELASTICITY) & (learned["high"] >= ELASTICITY)
    assert held.mean() >= 0.7
    assert (learned["low"] <= learned["elasticity"]).all()
    assert (learned["elasticity"] <= learned["high"]).all()


def test_the_table_says_what_it_rests_on(shop: Shop, learned: pd.DataFrame) -> None:
    assert learned["promotions"].sum() == len(shop.promotions)
    assert learned["changes"].min() >= 1
    assert learned["largest"].max() < 0.7
    assert (learned["deepest"] <= 0.3 + 1e-6).all()


def test_sales_after_the_day_that_is_known_change_nothing(shop: Shop) -> None:
    frames = shop.frames()
    early = date(2025, 6, 30)
    cut = {
        **frames,
        "daily": frames["daily"][frames["daily"]["day"] <= pd.Timestamp(early)],
        "prices": frames["prices"][frames["prices"]["day"] <= pd.Timestamp(early)],
    }
    whole, before = response.learn(frames, as_of=early), response.learn(cut, as_of=early)
    assert whole is not None
    assert before is not None
    pd.testing.assert_frame_equal(whole, before)


def test_a_slip_of_a_digit_teaches_nothing(shop: Shop, learned: pd.DataFrame) -> None:
    frames = shop.frames()
    slip = pd.DataFrame(
        {
            "product_id": ["p00", "p00"],
            "day": pd.to_datetime(["2025-03-03", "2025-03-04"]),
            "price": [2.0, 20.0],
        }
    )
    prices = pd.concat([frames["prices"], slip]).sort_values(["product_id", "day"], kind="stable")
    found = response.learn({**frames, "prices": prices}, as_of=LAST)
    assert found is not None
    assert found["largest"].iloc[0] < 1  # the digit's 900 % is not counted
    assert found["elasticity"].iloc[0] == pytest.approx(learned["elasticity"].iloc[0], abs=0.4)


def test_prices_that_never_moved_teach_nothing(shop: Shop) -> None:
    frames = shop.frames()
    still = frames["prices"].drop_duplicates("product_id")
    quiet = {k: v for k, v in frames.items() if k != "promotions"}
    assert response.learn({**quiet, "prices": still}, as_of=LAST) is None


def test_without_list_prices_nothing_is_learned(shop: Shop) -> None:
    frames = {k: v for k, v in shop.frames().items() if k != "prices"}
    assert spells.build(frames, as_of=LAST) is None
    assert response.learn(frames, as_of=LAST) is None


def test_discounts_between_those_stored_are_interpolated_in_logs() -> None:
    logs = np.array([[0.2, 0.4, 0.9, 1.5]])  # at 10, 20, 30 and 50 %
    found = interpolated(logs, np.array([[0.0, 0.05, 0.1, 0.15, 0.4, 0.6]]))
    assert found[0] == pytest.approx([0.0, 0.1, 0.2, 0.3, 1.2, 1.8])


def test_a_product_that_is_not_known_answers_like_its_category() -> None:
    table = pd.DataFrame(
        {
            "product_id": ["a", "b", "c"],
            "category_id": ["x", "x", "y"],
            "elasticity": [-1.0, -2.0, -4.0],
            "promo_10": 0.1,
            "promo_20": 0.2,
            "promo_30": 0.3,
            "promo_50": 0.5,
        }
    )
    answers = Answers.of({"response": table})
    assert answers is not None
    ids = np.array(["b", "new", "newer"], object)
    found = answers.elasticity(ids, np.array(["x", "x", "unknown"], object))
    assert found == pytest.approx([-2.0, -1.5, -2.0])  # own; of x; of all
