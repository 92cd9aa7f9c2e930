"""Planned prices and promotions over a forecast, worked by hand; look-alikes of new products."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.forecasting import layers, lookalikes, newcomers
from ml.forecasting import panel as panels
from ml.forecasting.panel import Panel

WEEKS = 60
FIRST = date(2024, 11, 4)  # a Monday
AS_OF = date(2025, 12, 28)  # the Sunday that ends the last of them
NEXT = pd.Timestamp("2025-12-29")
HORIZON = 4


def frames(*, new_since: int | None = None, new_units: float = 3.0) -> dict[str, pd.DataFrame]:
    """Mug and kettle in the kitchen, a lamp; perhaps a new mug of so many weeks."""
    rows = []
    for week in range(WEEKS):
        day = pd.Timestamp(FIRST) + pd.Timedelta(weeks=week)
        rows += [("mug", day, 10.0, 5.0), ("kettle", day, 4.0, 40.0), ("lamp", day, 2.0, 20.0)]
        if new_since is not None and week >= WEEKS - new_since:
            rows.append(("newmug", day, new_units, 5.2))
    launched = None if new_since is None else FIRST + pd.Timedelta(weeks=WEEKS - new_since)
    products: list[tuple[str, str, date | None, str]] = [
        ("kettle", "kitchen", None, "enamel kettle"),
        ("lamp", "light", None, "paper lamp"),
        ("mug", "kitchen", None, "enamel mug, sage"),
    ]
    if new_since is not None:
        products.append(("newmug", "kitchen", launched, "enamel mug, sand"))
    return {
        "panel": pd.DataFrame(rows, columns=["product_id", "week", "units", "list_price"]),
        "products": pd.DataFrame(
            products, columns=["product_id", "category_id", "launched_on", "name"]
        ).assign(ended_on=None),
        "categories": pd.DataFrame(
            {"category_id": ["home", "kitchen", "light"], "parent_id": [None, "home", "home"]}
        ),
        "response": pd.DataFrame(
            {
                "product_id": ["kettle", "lamp", "mug"],
                "category_id": ["kitchen", "light", "kitchen"],
                "elasticity": [-1.0, -2.0, -3.0],
                "promo_10": 0.2,
                "promo_20": 0.5,
                "promo_30": 0.8,
                "promo_50": 1.2,
            }
        ),
    }


def plans(*rows: dict[str, Any]) -> pd.DataFrame:
    usual = {
        "product_id": None,
        "category_id": None,
        "change": -0.1,
        "starts_on": NEXT,
        "ends_on": None,
        "announced_at": pd.Timestamp("2025-12-01"),
    }
    return pd.DataFrame([usual | row for row in rows])


def built(given: dict[str, pd.DataFrame]) -> Panel:
    return panels.build(given, as_of=AS_OF, horizon=HORIZON)


def base(panel: Panel) -> np.ndarray:
    return np.tile(panel.units[:, -1:], (1, panel.horizon)).astype(float)


def row(panel: Panel, product: str) -> int:
    return int(np.flatnonzero(panel.products == product)[0])


def test_a_planned_price_multiplies_by_the_ratio_to_the_elasticity() -> None:
    given = frames() | {"price_plans": plans({"product_id": "mug", "change": 0.1})}
    panel = built(given)
    found = layers.over(panel, given, base(panel))

    assert found.mean[row(panel, "mug")] == pytest.approx([10 * 1.1**-3] * HORIZON)
    assert found.mean[row(panel, "kettle")] == pytest.approx([4.0] * HORIZON)
    told = found.parts["price"][row(panel, "mug")]
    assert told == pytest.approx([10 * (1.1**-3 - 1)] * HORIZON)


def test_a_plan_of_part_of_a_week_counts_by_its_days() -> None:
    wednesday, friday = NEXT + pd.Timedelta(days=2), NEXT + pd.Timedelta(days=4)
    rows = {"product_id": "kettle", "change": -0.5, "starts_on": wednesday, "ends_on": friday}
    given = frames() | {"price_plans": plans(rows)}
    panel = built(given)
    found = layers.over(panel, given, base(panel)).mean[row(panel, "kettle")]

    assert found[0] == pytest.approx(4 * (4 + 3 * 2) / 7)  # three days at twice the sales
    assert found[1:] == pytest.approx([4.0] * 3)


def test_a_category_above_and_the_whole_shop_are_planned_for_too() -> None:
    given = frames() | {"price_plans": plans({"category_id": "home", "change": 0.25})}
    panel = built(given)
    found = layers.over(panel, given, base(panel)).mean[:, 0]
    expected = {"kettle": 4 / 1.25, "lamp": 2 / 1.25**2, "mug": 10 / 1.25**3}
    assert dict(zip(panel.products, found, strict=True)) == pytest.approx(expected)

    own = {"product_id": "lamp", "change": 0.0}  # the lamp stays as it is
    given["price_plans"] = plans({"change": 0.25}, own)
    found = layers.over(panel, given, base(panel)).mean[:, 0]
    assert found[row(panel, "lamp")] == pytest.approx(2.0)
    assert found[row(panel, "mug")] == pytest.approx(10 / 1.25**3)


def test_a_plan_that_is_announced_later_changes_nothing() -> None:
    late = {"product_id": "mug", "announced_at": pd.Timestamp("2025-12-29")}
    given = frames() | {"price_plans": plans(late)}
    panel = built(given)
    found = layers.over(panel, given, base(panel))
    assert (found.mean == base(panel)).all()
    assert not found.parts


def test_a_price_that_already_moved_is_not_counted_twice_and_ends_on_its_day() -> None:
    given = frames()
    sales = given["panel"]
    lately = (sales["product_id"] == "kettle") & (sales["week"] >= pd.Timestamp("2025-12-15"))
    sales.loc[lately, "list_price"] = 36.0  # 10 % off since two weeks, as planned
    plan = {
        "product_id": "kettle",
        "starts_on": pd.Timestamp("2025-12-15"),
        "ends_on": NEXT + pd.Timedelta(days=6),
    }
    given["price_plans"] = plans(plan)
    panel = built(given)
    found = layers.over(panel, given, base(panel)).mean[row(panel, "kettle")]
    assert found == pytest.approx([4.0, 4 * 0.9, 4 * 0.9, 4 * 0.9])  # then the old price again


def test_a_promotion_is_added_only_for_candidates_that_do_not_know_it() -> None:
    promotion = plans({"product_id": "mug", "ends_on": NEXT + pd.Timedelta(days=6)})
    promotion = promotion.drop(columns="change").assign(discount=0.2)
    given = frames() | {"promotions": promotion}
    panel = built(given)

    assert (layers.over(panel, given, base(panel)).mean == base(panel)).all()
    found = layers.over(panel, given, base(panel), holds="nothing")
    assert found.mean[row(panel, "mug")] == pytest.approx([10 * np.exp(0.5), 10, 10, 10])
    assert found.parts["promotion"].sum() == pytest.approx(10 * (np.exp(0.5) - 1))


def test_a_promotion_that_ran_in_the_same_week_last_year_is_not_added_again() -> None:
    last_year = NEXT - pd.Timedelta(weeks=52)
    twice = [
        plans({"product_id": "mug", "starts_on": day, "ends_on": day + pd.Timedelta(days=6)})
        for day in (NEXT, last_year)
    ]
    promotion = pd.concat(twice, ignore_index=True).drop(columns="change").assign(discount=0.2)
    given = frames() | {"promotions": promotion}
    panel = built(given)
    assert panel.n_weeks >= 52

    found = layers.over(panel, given, base(panel), holds="year")
    assert found.mean[row(panel, "mug")] == pytest.approx([10, 10, 10, 10])


@settings(deadline=None, max_examples=40)
@given(
    change=st.floats(-0.9, 2.0),
    discount=st.floats(0, 0.95),
    start=st.integers(-20, 30),
    length=st.one_of(st.none(), st.integers(0, 40)),
    units=st.floats(0, 1e6),
)
def test_layers_are_never_negative_and_their_parts_are_the_change(
    change: float, discount: float, start: int, length: int | None, units: float
) -> None:
    begins = NEXT + pd.Timedelta(days=start)
    ends = None if length is None else begins + pd.Timedelta(days=length)
    plan = {"starts_on": begins, "ends_on": ends}
    given_frames = frames(new_since=3) | {
        "price_plans": plans({**plan, "change": change}),
        "promotions": plans({**plan, "ends_on": ends or begins})
        .drop(columns="change")
        .assign(discount=discount),
    }
    panel = built(given_frames)
    before = np.full((panel.n, HORIZON), units)
    found = layers.over(panel, given_frames, before, holds="nothing")
    assert (found.mean >= 0).all()
    assert np.isfinite(found.mean).all()
    added = sum(found.parts.values(), np.zeros_like(before))
    assert found.mean == pytest.approx(before + added, rel=1e-4, abs=1e-3)


def test_a_new_product_follows_the_most_alike_at_the_level_of_its_own_sales() -> None:
    given = frames(new_since=3, new_units=3.0) | {
        "look_alikes": pd.DataFrame({"product_id": ["newmug"], "alike": ["mug"]})
    }
    panel = built(given)
    said = base(panel)
    said[row(panel, "mug")] = [10, 20, 30, 40]  # the mug's season
    said[row(panel, "newmug")] = 0.0
    found = newcomers.forecast(panel, given, said)
    assert found is not None

    # The kitchen sold 14 a week, 17 with the new mug; three-week means at the end: 17 or 16.
    season = pd.Series([14.0] * 57 + [17.0] * 3).rolling(3, center=True, min_periods=1).mean()
    level = 10 * 26 / season.tail(26).sum()
    expected = level * season.tail(3).sum()
    scale = (9 + newcomers.CHOSEN_BELIEF) / (expected + newcomers.CHOSEN_BELIEF)
    own = newcomers.OWN_FIRST + 3 * newcomers.OWN_STEP
    told = found.mean[row(panel, "newmug")]
    assert told == pytest.approx((1 - own) * scale * np.array([10, 20, 30, 40]))
    used = found.used.iloc[0]
    assert (used["alike"], used["chosen"], used["weeks"], used["sold"]) == ("mug", True, 3, 9)


def test_the_range_of_a_new_product_narrows_as_sales_come() -> None:
    relative = []
    for weeks in (1, 3, 7):
        given = frames(new_since=weeks)
        panel = built(given)
        found = newcomers.forecast(panel, given, base(panel))
        assert found is not None
        at = row(panel, "newmug")
        relative.append(found.wobbles[at] / found.mean[at].mean())
    assert relative[0] > relative[1] > relative[2] > 0


def test_a_product_of_eight_weeks_speaks_for_itself() -> None:
    given = frames(new_since=8)
    panel = built(given)
    assert newcomers.forecast(panel, given, base(panel)) is None


def test_a_launch_without_a_sale_is_forecast_by_what_it_resembles() -> None:
    given = frames(new_since=1, new_units=0.0)
    panel = built(given)
    said = base(panel)
    found = newcomers.forecast(panel, given, said)
    assert found is not None
    assert (found.mean[row(panel, "newmug")] > 0).all()


def test_proposals_say_why_and_the_most_alike_stands_first() -> None:
    found = lookalikes.propose(frames(new_since=3), "newmug", AS_OF)
    assert list(found["product_id"]) == ["mug", "kettle"]  # of its own category
    assert found["similarity"].is_monotonic_decreasing
    assert found["reasons"].iloc[0] == "same category; shares enamel, mug; price within 4 %"
    assert lookalikes.propose(frames(), "unknown", AS_OF).empty
