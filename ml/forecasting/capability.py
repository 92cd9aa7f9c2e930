"""Forecasting as a capability: how many units will we sell, and what should we order?"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from ml.contract import (
    Candidate,
    Choice,
    Evaluation,
    Frames,
    InputFrame,
    Measure,
    Measured,
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
    choice,
    confidence,
    costs,
    evaluation,
    importance,
    judged_cases,
    kept,
    replayed,
    results,
    schema,
    scope,
    tabulation,
    telling,
    watched,
)
from ml.forecasting import (
    panel as panels,
)
from ml.forecasting.backtest import Learner
from ml.forecasting.kept import ForecastModel
from ml.forecasting.panel import Panel
from ml.forecasting.scope import Scope
from ml.forecasting.types import KEY, PARTS
from ml.forecasting.weeks import last_complete_week
from ml.progress import part


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

    watched_labels = watched.LABELS
    """Columns of `watched` and `said` as staff know them."""

    reach_unit = "units a week"

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
        effort = costs.effort(candidate, checked)
        panel = backtest.sample(whole, seed, effort.products)
        learner = candidates.learner(candidate, checked)
        plan = backtest.Plan.of(panel.n_weeks, effort.origins, effort.refits)
        cases = backtest.run(
            learner, panel, seed=seed, progress=part(progress, 0.02, 0.9), plan=plan
        )
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
            tables=tabulation.tables(judged, panel),
            warnings=_warnings(
                whole, panel, learner, plan, costs.forecast_seconds(candidate, checked, whole.n)
            ),
            learned=learned,
            case_rows=judged_cases.of(judged["product"], panel),
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
                progress=part(progress, 0.0, 0.7),
            )
        panel = panels.build(frames, as_of=as_of, horizon=int(checked["horizon_weeks"]))
        learner = candidates.learner(candidate, checked)
        fitted = learner.fit(panel, panel.n_weeks - 1, seed, part(progress, 0.7, 1.0))
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
        told = telling.tell(model, self._panel(model, frames, as_of), frames, progress)
        return results.frame(told)

    def explain(
        self, model: ForecastModel, frames: Frames, *, as_of: date, progress: Progress = silent
    ) -> pd.DataFrame:
        told = telling.tell(
            model, self._panel(model, frames, as_of), frames, part(progress, 0.0, 0.3)
        )
        return results.contributions(told, telling.explain(told, part(progress, 0.3, 1.0)).parts)

    def everything(
        self,
        model: ForecastModel,
        frames: Frames,
        *,
        as_of: date,
        instead: Mapping[str, ForecastModel] | None = None,
        beside: telling.Beside | None = None,
        progress: Progress = silent,
    ) -> results.Everything:
        """`predict`, `explain`, and the sums of the next weeks with their ranges, at once.

        Parameters
        ----------
        model : speaks for all products but those of `instead`.
        instead : models trained for a scope, by its key ("product:P1", "category:C2"; what
            stands before a slash, as in "forecasting/product:P1", is passed over). Each is asked
            with `scoped(frames, …)`; the most specific one speaks for a product (mean, ranges,
            parts, sums), as many weeks ahead as it reaches, and `model` for the weeks beyond.
            Categories and the shop are sums of what is then said of their products, with the
            ranges of `model`. Where a scope has too little data by now, `model` speaks and
            `Everything.notes` says so.
        beside : another model of all products that speaks for some categories in place of `model`,
            but not for what `instead` speaks for: a challenger that decides for its share.
        """
        panel = self._panel(model, frames, as_of)
        told = telling.tell(model, panel, frames, part(progress, 0.0, 0.3), instead, beside)
        why = telling.explain(told, part(progress, 0.3, 1.0))
        return results.Everything(
            forecast=results.frame(told),
            parts=results.contributions(told, why.parts),
            totals=results.totals(told),
            notes=told.base.notes,
            newcomers=told.newcomers,
            importance=importance.summary(why.parts, why.details, model.calibration.settings),
            features=why.details.frame(),
        )

    def importance(
        self, model: ForecastModel, frames: Frames, *, as_of: date, progress: Progress = silent
    ) -> dict[str, Any]:
        """What matters to the model as a whole, as `importance.summary` tells it."""
        return self.everything(model, frames, as_of=as_of, progress=progress).importance

    def scoped(self, frames: Frames, level: Scope, series_id: str | None = None) -> Frames:
        """The frames with the products of a scope alone, as `scope.scoped`."""
        return scope.scoped(frames, level, series_id)

    def expected_seconds(
        self, candidate: str, parameters: Parameters | None, products: int, weeks: int
    ) -> float:
        return costs.seconds(candidate, self._checked(candidate, parameters), products, weeks)

    def default_candidates(self, products: int) -> tuple[str, ...]:
        return costs.defaults(products)

    def prediction_seconds(self, candidate: str, products: int) -> float:
        return costs.forecast_seconds(candidate, self._checked(candidate, None), products)

    def champion_rule(self, measured: Sequence[Measured]) -> Choice:
        return choice.champion(measured)

    def entities(self, predictions: pd.DataFrame) -> pd.Series:
        return results.entities(predictions)

    def preview(self, current: pd.DataFrame, proposed: pd.DataFrame) -> Preview:
        return results.preview(current, proposed)

    def outcome(self, predictions: pd.DataFrame, frames: Frames, *, as_of: date) -> pd.DataFrame:
        last = pd.Timestamp(last_complete_week(as_of))
        return results.outcome(predictions, frames, last)

    def figures(self, case_rows: pd.DataFrame, said: str = "predicted") -> dict[str, float]:
        return judged_cases.figures(case_rows, said)

    def replay(
        self, model: ForecastModel, frames: Frames, *, since: date, as_of: date
    ) -> pd.DataFrame:
        return replayed.replay(model, frames, since=since, as_of=as_of)

    def fresh_since(self, frames: Frames, *, as_of: date) -> date:
        return replayed.fresh_since(as_of)

    def confidence(self, predictions: pd.DataFrame) -> pd.Series:
        return confidence.confidence(predictions)

    def watched(self, frames: Frames, *, first_day: date, last_day: date) -> pd.DataFrame:
        return watched.watched(frames, first_day=first_day, last_day=last_day)

    def cases_a_day(self, frames: Frames) -> pd.Series:
        return watched.cases_a_day(frames)

    def said(
        self, model: ForecastModel, frames: Frames, *, first_day: date, last_day: date
    ) -> pd.DataFrame:
        """What the model says of the days of `watched`: `day` and a column a prediction."""
        return watched.said(model, frames, first_day=first_day, last_day=last_day)

    def reach(self, model: ForecastModel, frames: Frames, *, as_of: date) -> dict[str, float]:
        return watched.reach(model, frames, as_of=as_of)

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


def _day(panel: Panel, index: int) -> date:
    return pd.Timestamp(panel.week(index)).date()


def _warnings(
    whole: Panel, panel: Panel, learner: Learner, plan: backtest.Plan, forecast_seconds: float
) -> tuple[str, ...]:
    found = []
    if panel.n < whole.n:
        found.append(
            f"Measured on {panel.n:,} of {whole.n:,} products: the {panel.n // 2:,} that sell "
            "most and as many drawn by chance."
        )
    usual = backtest.Plan.of(panel.n_weeks)
    if len(plan.origins) < len(usual.origins):
        found.append(
            f"Measured from {len(plan.origins)} past weeks, others from {len(usual.origins)}: "
            "it takes longer."
        )
    if whole.n_weeks < 104:
        found.append(
            f"{whole.n_weeks} weeks of history: too few to tell a yearly season; 104 would do."
        )
    if forecast_seconds > costs.SLOW_FORECAST_S:
        found.append(
            f"Each forecast of all {whole.n:,} products by it takes about "
            f"{forecast_seconds / 60:.0f} minutes."
        )
    if hasattr(learner, "notes"):
        found += learner.notes(whole, whole.n_weeks - 1)
    return tuple(found)
