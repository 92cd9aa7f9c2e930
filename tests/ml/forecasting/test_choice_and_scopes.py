"""Who becomes champion, what is measured how thoroughly, and models for a part of the shop."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ml.contract import Frames, ModelError, WrongParameter
from ml.forecasting import FORECASTING, costs, kept
from ml.forecasting.choice import Measured, champion
from ml.forecasting.scope import depth, parse, products_of, scoped
from tests.factories.panels import FIRST_WEEK, from_matrix, last_day

WEEKS, HORIZON = 60, 4


def measured(name: str, wape: float, bias: float = 0.0, rule: float = 0.6) -> Measured:
    return Measured(
        name=name, label=f"Model {name}", metrics={"wape": wape, "bias": bias},
        baseline={"wape": rule},
    )  # fmt: skip


# ── the champion's rule ──


def test_the_least_error_within_the_bias_allowed_wins() -> None:
    found = champion([measured("1", 0.5), measured("2", 0.45, bias=-0.2), measured("3", 0.52)])
    assert found.name == "1"
    assert "50 % against 60 %" in found.sentence


def test_a_bias_of_15_percent_is_allowed_and_more_is_not() -> None:
    assert champion([measured("1", 0.5, bias=0.15)]).name == "1"
    found = champion([measured("1", 0.5, bias=0.151)])
    assert found.name is None
    assert "15 % too high" in found.sentence


def test_where_none_is_better_the_rule_of_thumb_is_used_and_said_so() -> None:
    found = champion([measured("1", 0.598), measured("2", 0.7)])
    assert found.name is None
    assert found.sentence.startswith("The rule of thumb is used")
    assert "Model 1" in found.sentence
    assert champion([]).name is None


def test_an_easier_sample_does_not_win() -> None:
    """Half the error where the rule of thumb has a third of it is no better."""
    easy, hard = measured("1", 0.25, rule=0.3), measured("2", 0.45, rule=0.6)
    assert champion([easy, hard]).name == "2"


# ── costs ──


def test_more_products_take_longer_and_the_slow_are_measured_on_fewer() -> None:
    for candidate in FORECASTING.candidates:
        told = [
            FORECASTING.expected_seconds(candidate.key, None, products, 156)
            for products in (10, 300, 100_000)
        ]
        assert 0 < told[0] <= told[1] < told[2]
    assert costs.effort("arima", {}).products < costs.effort("linear", {}).products
    slow = {"with_lightgbm": True, "with_theta": True}
    assert costs.effort("ensemble", slow) == costs.Effort(
        origins=costs.EFFORTS["theta"].origins, products=costs.EFFORTS["theta"].products
    )


def test_arima_costs_a_hundred_times_the_mean_of_8_weeks() -> None:
    arima, mean = (
        FORECASTING.expected_seconds(key, None, 300, 156) for key in ("arima", "recent_mean")
    )
    assert arima > 100 * mean


@pytest.mark.parametrize("products", [1, 300, 10_000, 100_000])
def test_what_is_chosen_beforehand_fits_into_the_budget(products: int) -> None:
    keys = FORECASTING.default_candidates(products)
    spent = sum(FORECASTING.expected_seconds(key, None, products, 156) for key in keys)
    assert keys[0] == "lightgbm"
    assert not {"lstm", "tft", "arima", "rule_of_thumb"} & set(keys)
    assert spent <= costs.DEFAULT_BUDGET_S or len(keys) == 1


def test_every_candidate_has_a_measured_cost() -> None:
    assert set(costs.SECONDS) | {"ensemble"} == {c.key for c in FORECASTING.candidates}


# ── scopes ──


def shop() -> Frames:
    """Four products in two categories below one, each with its own level."""
    import pandas as pd

    chance = np.random.default_rng(5)
    units = chance.poisson(np.array([[10.0], [20], [40], [80]]), (4, WEEKS)).astype(float)
    frames = dict(from_matrix(units, ["red", "red", "blue", "blue"]))
    frames["categories"] = pd.DataFrame(
        {"category_id": ["all", "red", "blue"], "parent_id": [None, "all", "all"]}
    )
    frames["promotions"] = pd.DataFrame(
        {
            "product_id": ["P000", None, "P003"],
            "category_id": [None, "blue", None],
            "discount": 0.2,
            "starts_on": FIRST_WEEK,
            "ends_on": FIRST_WEEK + timedelta(days=6),
            "announced_at": pd.Timestamp(FIRST_WEEK),
        }
    )
    return frames


def test_a_category_holds_those_below_it() -> None:
    frames = shop()
    assert products_of(frames, "category", "all") == {"P000", "P001", "P002", "P003"}
    assert products_of(frames, "category", "red") == {"P000", "P001"}
    assert products_of(frames, "product", "P002") == {"P002"}


def test_a_scope_keeps_its_products_rows_and_those_of_no_product() -> None:
    cut = scoped(shop(), "category", "red")
    assert set(cut["panel"]["product_id"]) == {"P000", "P001"}
    assert cut["promotions"]["product_id"].tolist() == ["P000", None]
    assert len(cut["categories"]) == 3
    frames = shop()
    assert scoped(frames, "all") is frames


def test_an_unknown_scope_is_refused() -> None:
    with pytest.raises(WrongParameter, match="P999"):
        scoped(shop(), "product", "P999")
    with pytest.raises(WrongParameter, match="shelf"):
        parse("forecasting/shelf:3")


def test_a_key_is_told_from_its_end_and_a_product_is_most_specific() -> None:
    assert parse("forecasting") == ("all", None)
    assert parse("forecasting/product:P:1/2") == ("product", "P:1/2")
    assert parse("category:red") == ("category", "red")
    frames = shop()
    keys = ["product:P000", "forecasting", "category:red", "category:all"]
    assert sorted(keys, key=lambda key: depth(frames, *parse(key))) == [
        "forecasting", "category:all", "category:red", "product:P000",
    ]  # fmt: skip


@lru_cache(maxsize=8)
def model(key: str, level: Any, series_id: str | None, horizon: int = HORIZON) -> Any:
    given: dict[str, Any] = {"as_of": last_day(WEEKS), "seed": 1}
    return FORECASTING.fit(
        key,
        scoped(shop(), level, series_id),
        parameters={"horizon_weeks": horizon},
        **given,
    )


def test_the_most_specific_model_speaks_and_sums_go_upward() -> None:
    frames, as_of = shop(), last_day(WEEKS)
    whole = model("recent_mean", "all", None)
    red, one = model("tsb", "category", "red"), model("linear", "product", "P000", 2)
    found = FORECASTING.everything(
        whole, frames, as_of=as_of, instead={"category:red": red, "forecasting/product:P000": one}
    )
    told = found.forecast.set_index(["level", "series_id", "ahead"])["mean"]
    alone = {
        key: FORECASTING.predict(m, scoped(frames, *parse(key)), as_of=as_of)
        .set_index(["level", "series_id", "ahead"])["mean"]
        for key, m in {"all": whole, "category:red": red, "product:P000": one}.items()
    }  # fmt: skip
    product = ("product", "P000")
    assert told[(*product, 1)] == pytest.approx(alone["product:P000"][(*product, 1)])
    assert told[(*product, 4)] == pytest.approx(alone["all"][(*product, 4)]), "beyond its reach"
    other = ("product", "P001")
    assert told[(*other, 3)] == pytest.approx(alone["category:red"][(*other, 3)])
    assert told[("product", "P003", 2)] == pytest.approx(alone["all"][("product", "P003", 2)])
    for ahead in (1, 4):
        products = [told[("product", f"P00{i}", ahead)] for i in range(4)]
        assert told[("shop", "shop", ahead)] == pytest.approx(sum(products), rel=1e-5)
        assert told[("category", "red", ahead)] == pytest.approx(sum(products[:2]), rel=1e-5)
    parts = found.parts[list(FORECASTING.parts)].sum(axis=1)
    np.testing.assert_allclose(parts, found.forecast["mean"], rtol=1e-4, atol=1e-3)
    sums = found.totals[found.totals["weeks"] == 4].set_index(["level", "series_id"])["mean"]
    assert sums["shop", "shop"] == pytest.approx(
        sum(told[("shop", "shop", a)] for a in (1, 2, 3, 4))
    )
    lows = found.forecast[[*(f"lo{c}" for c in (95, 80, 50)), "mean", "hi50", "hi80", "hi95"]]
    assert (np.diff(lows.to_numpy(), axis=1) >= -1e-4).all()


def test_the_same_model_for_its_scope_changes_nothing() -> None:
    frames, as_of = shop(), last_day(WEEKS)
    whole = model("recent_mean", "all", None)
    plain = FORECASTING.everything(whole, frames, as_of=as_of)
    same = model("recent_mean", "product", "P001")
    again = FORECASTING.everything(whole, frames, as_of=as_of, instead={"product:P001": same})
    np.testing.assert_allclose(plain.forecast["mean"], again.forecast["mean"], rtol=1e-6)


def test_a_scope_that_has_too_little_by_now_is_told() -> None:
    frames, as_of = shop(), last_day(WEEKS)
    panel = frames["panel"]
    recent = panel["week"] > panel["week"].max() - np.timedelta64(28, "D")
    late = panel[(panel["product_id"] != "P000") | recent]
    found = FORECASTING.everything(
        model("recent_mean", "all", None),
        {**frames, "panel": late},
        as_of=as_of,
        instead={"product:P000": model("linear", "product", "P000", 2)},
    )
    assert "product:P000" in found.notes[0]


# ── files ──


def test_files_of_the_first_format_are_read_and_of_a_later_one_refused(tmp_path: Path) -> None:
    import json

    whole = model("recent_mean", "all", None)
    kept.save(whole, tmp_path)
    told = json.loads((tmp_path / kept.DESCRIPTION).read_text())
    old = {**told, "format": 1, "candidate": "rule_of_thumb", "parameters": {"horizon_weeks": 4}}
    old["calibration"]["settings"] = {"rule": 0}
    del old["learner"]
    (tmp_path / kept.DESCRIPTION).write_text(json.dumps(old))
    assert kept.load(tmp_path).candidate == "rule_of_thumb"
    (tmp_path / kept.DESCRIPTION).write_text(json.dumps({**told, "format": 3}))
    with pytest.raises(ModelError, match="format 3"):
        kept.load(tmp_path)


# ── what matters ──


def test_importance_ranks_parts_and_features_by_their_size() -> None:
    found = FORECASTING.importance(model("linear", "all", None), shop(), as_of=last_day(WEEKS))
    assert found["parts"][0]["name"] == "usual level"
    assert found["parts"][0]["units"] == pytest.approx(37, rel=0.15)  # mean of the four products
    sizes = [row["units"] for row in found["parts"]]
    assert sizes == sorted(sizes, reverse=True)
    assert found["features"] == []
