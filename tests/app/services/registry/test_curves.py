"""Learning curves: measured on shares of the history, on the cases of the whole."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from app.access import AccessDenied
from app.context import Desk
from app.jobs.kinds import JobError
from app.services import registry
from app.services.registry import VersionRefused, curves
from ml import contract
from ml.contract import NotEnoughData
from ml.fraud import FRAUD
from tests.app.services.registry.conftest import ADMIN, MERCHANDISER
from tests.factories.model_versions import case_rows, lay_version

AS_OF = date(2026, 3, 31)


def silent(step: str, share: float, message: str | None = None) -> None:
    assert 0 <= share <= 1


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A candidate that misses by so much with so many rows of history."""
    told: dict[str, Any] = {"spread": {}, "asked": []}
    history = pd.DataFrame({"week": pd.date_range("2025-01-06", periods=64, freq="7D")})
    real = contract.capability("forecasting")

    def evaluate(candidate: str, frames: Any, **given: Any) -> Any:
        rows = len(frames["panel"])
        told["asked"].append((candidate, rows, given["as_of"], dict(given["parameters"])))
        spread = next(s for most, s in told["spread"].items() if rows <= most)
        if spread is None:
            raise NotEnoughData("Weeks", found=rows, needed=52, remedy="Wait.")
        return SimpleNamespace(case_rows=case_rows(rows, spread=spread))

    fake = SimpleNamespace(
        inputs=real.inputs, measures=real.measures, primary="wape", figures=real.figures,
        evaluate=evaluate, candidates=real.candidates, key="forecasting",
    )  # fmt: skip
    monkeypatch.setattr(contract, "capability", lambda key: fake)
    monkeypatch.setattr(curves, "_frames", lambda desk, version: {"panel": history})
    return told


def test_more_history_that_helped_is_told_from_luck(desk: Desk, measured: dict[str, Any]) -> None:
    measured["spread"] = {20: 6.0, 40: 4.0}
    lay_version(desk, 1, cases=case_rows(1, spread=1.0), parameters={"leaves": 5})
    made = curves.work_out(desk, "forecasting", 1, silent)

    assert [one.share for one in made.points] == [0.25, 0.5, 1.0]
    assert made.points[0].value > made.points[1].value > made.points[2].value
    assert "worse by" in made.sentence
    assert [(rows, given) for _, rows, _, given in measured["asked"]] == [
        (15, {"leaves": 5}),
        (31, {"leaves": 5}),
    ]
    assert {day for _, _, day, _ in measured["asked"]} == {AS_OF}
    assert registry.curve(desk, "forecasting", 1) == made
    assert desk.models.files("forecasting", 1)  # what was stored is what it was


def test_where_more_history_brought_nothing_that_is_said(
    desk: Desk, measured: dict[str, Any]
) -> None:
    measured["spread"] = {40: 1.0}
    lay_version(desk, 1, cases=case_rows(1, spread=1.0))

    assert "could be chance" in curves.work_out(desk, "forecasting", 1, silent).sentence


def test_a_share_too_short_to_learn_from_is_left_out_and_named(
    desk: Desk, measured: dict[str, Any]
) -> None:
    measured["spread"] = {20: None, 40: 2.0}
    lay_version(desk, 1, cases=case_rows(1, spread=1.0))
    made = curves.work_out(desk, "forecasting", 1, silent)

    assert [one.share for one in made.points] == [0.5, 1.0]
    assert made.left_out[0].startswith("25 %: ")


def test_where_no_share_can_be_measured_the_job_says_so(
    desk: Desk, measured: dict[str, Any]
) -> None:
    measured["spread"] = {40: None}
    lay_version(desk, 1, cases=case_rows(1))
    with pytest.raises(JobError, match="No share of the history"):
        curves.work_out(desk, "forecasting", 1, silent)
    assert registry.curve(desk, "forecasting", 1) is None


def test_the_newest_part_of_the_main_frame_is_kept(desk: Desk) -> None:
    orders = pd.DataFrame({"placed_at": pd.date_range("2026-01-01", "2026-03-31", freq="D")})
    labels = pd.DataFrame({"known_at": pd.date_range("2026-01-01", "2026-03-31", freq="D")})
    version = lay_version(desk, 1, capability="fraud", measure="average_precision")
    fewer, first = curves.recent(FRAUD, {"orders": orders, "labels": labels}, version, 0.5)

    assert first == "2026-02-15"
    assert fewer["orders"]["placed_at"].max() == pd.Timestamp("2026-03-31")
    assert len(fewer["labels"]) == len(labels)


def test_only_admins_ask_and_only_for_versions_that_kept_their_cases(desk: Desk) -> None:
    lay_version(desk, 1)
    with pytest.raises(AccessDenied):
        registry.ask_for_curve(desk, MERCHANDISER, "forecasting", 1)
    with pytest.raises(VersionRefused, match="without the cases"):
        registry.ask_for_curve(desk, ADMIN, "forecasting", 1)
