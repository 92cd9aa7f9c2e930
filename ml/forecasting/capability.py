"""Forecasting as a capability: how many units will we sell, and what should we order?"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from ml.contract import (
    Candidate,
    Evaluation,
    Frames,
    InputFrame,
    Measure,
    Parameters,
    Preview,
    Progress,
    Value,
    candidate,
    rule_of_thumb,
    silent,
)
from ml.forecasting import (
    backtest,
    calibration,
    candidates,
    evaluation,
    kept,
    results,
    schema,
)
from ml.forecasting import (
    panel as panels,
)
from ml.forecasting.kept import ForecastModel
from ml.forecasting.panel import Panel
from ml.forecasting.types import KEY, PARTS
from ml.forecasting.weeks import last_complete_week


class Forecasting:
    """Implements `ml.contract.Capability`."""

    key = KEY
    label = "Forecasting"
    question = "How many units will we sell, and what should we order?"
    inputs: tuple[InputFrame, ...] = schema.INPUTS
    candidates: tuple[Candidate, ...] = candidates.CANDIDATES
    measures: tuple[Measure, ...] = evaluation.MEASURES
    parts: tuple[str, ...] = PARTS
    primary = "wape"

    def check(self, frames: Frames) -> None:
        schema.check(frames)

    def evaluate(
        self,
        candidate: str,
        frames: Frames,
        *,
        as_of: date,
        seed: int,
        parameters: Parameters | None = None,
        progress: Progress = silent,
    ) -> Evaluation:
        started = time.perf_counter()
        checked = self._checked(candidate, parameters)
        progress("reading the history", 0.0)
        whole = panels.build(frames, as_of=as_of, horizon=int(checked["horizon_weeks"]))
        panel = backtest.sample(whole, seed)
        learner = candidates.learner(candidate, checked)
        cases = backtest.run(learner, panel, seed=seed, progress=_part(progress, 0.02, 0.9))
        progress("measuring", 0.9)
        judged = evaluation.judge(learner, cases, panel)
        own = evaluation.figures(judged, panel)
        simple = evaluation.figures(judged, panel, thumb=True)
        rule = evaluation.rule_in_words(cases)
        learned = calibration.learn(learner, cases, panel.members)
        learned = replace(
            learned,
            totals=calibration.learn_totals(learner, cases, learned.settings, panel.members),
        )
        origins = judged["product"].origin
        weeks = origins + judged["product"].horizon
        progress("measured", 1.0)
        return Evaluation(
            candidate=candidate,
            parameters=checked,
            metrics=own,
            baseline_metrics=simple,
            baseline_label=rule,
            beats_baseline=evaluation.beats(own, simple),
            verdict=evaluation.verdict(
                own, simple, rule, is_rule=candidate == rule_of_thumb(self).key
            ),
            first_day=_day(panel, int(weeks.min())),
            last_day=_day(panel, int(weeks.max())) + timedelta(days=6),
            cases=len(origins),
            seconds=round(time.perf_counter() - started, 2),
            tables=evaluation.tables(judged),
            warnings=_warnings(whole, panel),
            learned=learned,
        )

    def fit(
        self,
        candidate: str,
        frames: Frames,
        *,
        as_of: date,
        seed: int,
        parameters: Parameters | None = None,
        evaluation: Evaluation | None = None,
        progress: Progress = silent,
    ) -> ForecastModel:
        checked = self._checked(candidate, parameters)
        if evaluation is None:
            evaluation = self.evaluate(
                candidate,
                frames,
                as_of=as_of,
                seed=seed,
                parameters=checked,
                progress=_part(progress, 0.0, 0.7),
            )
        panel = panels.build(frames, as_of=as_of, horizon=int(checked["horizon_weeks"]))
        learner = candidates.learner(candidate, checked)
        fitted = learner.fit(panel, panel.n_weeks - 1, seed, _part(progress, 0.7, 1.0))
        progress("fitted", 1.0)
        return ForecastModel(
            candidate=candidate,
            parameters=checked,
            as_of=as_of,
            seed=seed,
            learner=fitted,
            calibration=evaluation.learned,
            categories=tuple(str(name) for name in panel.categories),
            groups=tuple(str(name) for name in panel.groups),
            story={
                "products": panel.n,
                "weeks": panel.n_weeks,
                "first_week": str(panel.weeks[0]),
                "last_week": str(panel.weeks[-1]),
                "rule": evaluation.baseline_label,
                "warnings": list(evaluation.warnings),
            },
        )

    def predict(
        self, model: ForecastModel, frames: Frames, *, as_of: date, progress: Progress = silent
    ) -> pd.DataFrame:
        return results.forecast(model, self._panel(model, frames, as_of), progress)

    def explain(
        self, model: ForecastModel, frames: Frames, *, as_of: date, progress: Progress = silent
    ) -> pd.DataFrame:
        return results.contributions(model, self._panel(model, frames, as_of), progress)

    def everything(
        self, model: ForecastModel, frames: Frames, *, as_of: date, progress: Progress = silent
    ) -> results.Everything:
        """`predict`, `explain`, and the sums of the next weeks with their ranges, at once."""
        panel = self._panel(model, frames, as_of)
        told = results.forecast(model, panel, _part(progress, 0.0, 0.3))
        return results.Everything(
            forecast=told,
            parts=results.contributions(model, panel, _part(progress, 0.3, 1.0)),
            totals=results.totals(model, panel, told),
        )

    def entities(self, predictions: pd.DataFrame) -> pd.Series:
        return results.entities(predictions)

    def preview(self, current: pd.DataFrame, proposed: pd.DataFrame) -> Preview:
        return results.preview(current, proposed)

    def outcome(self, predictions: pd.DataFrame, frames: Frames, *, as_of: date) -> pd.DataFrame:
        last = pd.Timestamp(last_complete_week(as_of))
        return results.outcome(predictions, frames, last)

    def save(self, model: ForecastModel, folder: Path) -> None:
        kept.save(model, folder)

    def load(self, folder: Path) -> ForecastModel:
        return kept.load(folder)

    def _checked(self, key: str, parameters: Parameters | None) -> dict[str, Value]:
        return candidate(self, key).check(parameters)

    def _panel(self, model: ForecastModel, frames: Frames, as_of: date) -> Panel:
        return panels.build(
            frames,
            as_of=as_of,
            horizon=model.horizon,
            categories=model.categories,
            groups=model.groups,
        )


FORECASTING = Forecasting()


def _part(progress: Progress, low: float, high: float) -> Progress:
    """A progress that fills only a part of another."""
    return lambda step, share: progress(step, low + (high - low) * share)


def _day(panel: Panel, index: int) -> date:
    return pd.Timestamp(panel.week(index)).date()


def _warnings(whole: Panel, panel: Panel) -> tuple[str, ...]:
    found = []
    if panel.n < whole.n:
        found.append(
            f"Measured on {panel.n:,} of {whole.n:,} products: the {panel.n // 2:,} that sell "
            "most and as many drawn by chance."
        )
    if whole.n_weeks < 104:
        found.append(
            f"{whole.n_weeks} weeks of history: too few to tell a yearly season; 104 would do."
        )
    return tuple(found)
