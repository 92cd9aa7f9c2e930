"""What matters to a model: told from what was stored with its forecast."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.services.forecasting import importance
from app.services.forecasting.importance import FeatureUnits, Matters, matters, with_override
from app.services.forecasting.views import Contributions
from app.ui.importance import bars

WEEK = date(2026, 11, 23)


def stored(monkeypatch: pytest.MonkeyPatch, summary: dict[str, Any]) -> None:
    found = SimpleNamespace(publication_id=1, summary={"label": "LightGBM", **summary})
    monkeypatch.setattr(importance, "publication", lambda desk, number: found)


def row(name: str, units: float) -> dict[str, object]:
    return {"name": name, "units": units}


def test_what_is_usual_and_mere_scaling_are_not_among_what_matters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = [
        row("what is usual, knowing nothing more", 30),
        row("last week", 4),
        row("bias taken out, and nothing below zero", 3),
        row("time of the year", 2),
    ]
    stored(monkeypatch, {"importance": {"parts": [row("usual level", 30)], "features": told}})
    found = matters(cast(Any, None), 1)
    assert found is not None
    assert found.largest == (("last week", 4.0), ("time of the year", 2.0))
    assert found.sentence == (
        "Besides the usual level, LightGBM goes most by last week and time of the year."
    )


def test_the_members_of_an_ensemble_are_told_with_their_shares(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    weights = [{"name": "tsb", "share": 0.25}, {"name": "lightgbm", "share": 0.75},
               {"name": "linear", "share": 0.0}]  # fmt: skip
    parts = [row("usual level", 9), row("season", 2)]
    stored(monkeypatch, {"importance": {"parts": parts, "weights": weights}})
    found = matters(cast(Any, None), 1)
    assert found is not None
    assert not found.by_feature
    assert "LightGBM over all products 75 %, TSB, for slow movers 25 %" in found.sentence
    assert "Linear" not in found.sentence


def test_a_forecast_stored_without_it_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    stored(monkeypatch, {})
    assert matters(cast(Any, None), 1) is None


def test_a_persons_word_is_one_more_part_and_the_sum_is_what_holds() -> None:
    why = Contributions(
        week=WEEK, total=10.0, parts=(("usual level", 12.0), ("trend", -2.0)), sentence=""
    )
    view = cast(Any, SimpleNamespace(future=(WEEK,), mean=(15.0,), model_mean=(10.0,)))
    found = with_override(why, view)
    assert found.parts[-1] == ("override", 5.0)
    assert found.total == sum(units for _, units in found.parts) == 15.0
    untouched = cast(Any, SimpleNamespace(future=(WEEK,), mean=(10.0,), model_mean=(10.0,)))
    assert with_override(why, untouched) is why


def test_the_largest_bar_stands_first_and_small_numbers_are_not_rounded_to_nothing() -> None:
    figure = bars([("last week", 12.4), ("time of the year", 0.04)])
    assert figure["data"][0]["x"] == [12.4, 0.04]
    assert figure["data"][0]["text"] == ["12", "0.04"]
    assert figure["layout"]["yaxis"]["autorange"] == "reversed"


def test_kinds_are_frozen_so_that_everybody_may_share_them() -> None:
    for kind in (Matters, FeatureUnits):
        assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
