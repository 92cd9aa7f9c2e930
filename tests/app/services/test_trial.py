"""An experiment about forecasts: categories are its units, and the log keeps each one's arm."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd
import pytest

from app.services.experiments import Running
from app.services.experiments.arms import arm_of
from app.services.forecasting import trial

FRAMES = {
    "products": pd.DataFrame(
        {
            "product_id": ["mug", "kettle", "lamp", "thing"],
            "category_id": ["cups", "kitchen", "light", None],
        }
    ),
    "categories": pd.DataFrame(
        {"category_id": ["kitchen", "cups", "light"], "parent_id": [None, "kitchen", None]}
    ),
}
OWN = ("(none)", "cups", "kitchen", "light")


def running(mode: Any = "split", share: float = 0.5) -> Running:
    return Running(
        experiment_id=4, capability="forecasting", mode=mode, champion=1, challenger=2,
        share=share, salt="salt", started_at=datetime(2026, 1, 1), started_by="boss", row_version=1,
    )  # fmt: skip


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch) -> Any:
    def begun(test: Running | None, model: Any = "challenger", scoped: Any = ()) -> Any:
        monkeypatch.setattr(trial, "running", lambda desk, key: test)
        monkeypatch.setattr(trial.serving, "challenger", lambda desk, key, number: model)
        return trial.of(None, FRAMES, scoped)  # type: ignore[arg-type]

    return begun


def forecast() -> tuple[pd.DataFrame, pd.Series]:
    rows = [("shop", "shop"), *(("category", one) for one in OWN)]
    frame = pd.DataFrame(rows, columns=["level", "series_id"]).assign(mean=10.0)
    return frame, frame["level"] + ":" + frame["series_id"] + "/2026-01-12"


def test_without_an_experiment_there_is_none(begin: Any) -> None:
    assert begin(None) is None


def test_each_category_with_products_of_its_own_has_an_arm(begin: Any) -> None:
    found = begin(running())
    assert found.arms == {one: arm_of("salt", f"category:{one}", 0.5) for one in OWN}
    assert found.leaves == {"(none)", "cups", "light"}  # cups lie below the kitchen
    mine = {one for one, arm in found.arms.items() if arm == "challenger"}
    assert 0 < len(mine) < len(OWN)
    assert found.beside.categories == mine
    assert found.to_json() == {
        "id": 4, "mode": "split", "challenger": 2, "categories": sorted(mine),
    }  # fmt: skip


def test_a_category_that_another_model_speaks_for_is_in_no_arm(begin: Any) -> None:
    assert "light" not in begin(running(), scoped={"forecasting/category:light"}).leaves


def test_the_log_keeps_arm_and_unit_of_categories_and_sets_sums_apart(begin: Any) -> None:
    found = begin(running())
    frame, entities = forecast()
    told = list(trial.believed(found, frame, entities, "forecasts/x"))
    arms = {one.entity.partition("/")[0]: (arm, one.features_ref) for arm, one in told}
    assert arms["shop:shop"] == arms["category:kitchen"] == ("mixed", "forecasts/x")
    for one in ("(none)", "cups", "light"):
        assert arms[f"category:{one}"] == (found.arms[one], f"unit:category:{one}")


@pytest.mark.parametrize("model", ["challenger", None])
def test_in_shadow_or_refused_the_champion_decides_everything(begin: Any, model: Any) -> None:
    found = begin(running("shadow", 0.0) if model else running(share=1.0), model)
    assert found.beside is None
    assert found.to_json()["categories"] == []
    frame, entities = forecast()
    assert {arm for arm, _ in trial.believed(found, frame, entities, "x")} == {"champion"}
    shadow = trial.in_shadow(found, frame, entities)
    assert {one.entity for one in shadow} == {
        f"category:{one}/2026-01-12" for one in ("(none)", "cups", "light")
    }
    assert {one.features_ref for one in shadow} == {
        f"unit:category:{one}" for one in ("(none)", "cups", "light")
    }
