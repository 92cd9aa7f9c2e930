"""Fraud review as a capability: which orders should we stop, and which let go?"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
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
    silent,
)
from ml.errors import NotEnoughData
from ml.fraud import (
    bursts,
    calibration,
    candidates,
    checking,
    choice,
    confidence,
    costs,
    evaluation,
    explanation,
    honesty,
    judged_cases,
    kept,
    kinds,
    replayed,
    results,
    samples,
    schema,
    teaching,
    watched,
)
from ml.fraud.calibration import Calibration
from ml.fraud.kept import FraudModel
from ml.fraud.rules import Rules
from ml.fraud.samples import Material
from ml.fraud.types import KEY, PARTS, Floats
from ml.progress import part


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What `fit` takes over from `evaluate`: the judged days, by a model that never saw them."""

    margin: Floats
    fraud: Floats
    weight: Floats
    held_out: pd.DataFrame


class Fraud:
    """Implements `ml.contract.Capability`."""

    key = KEY
    label = "Fraud review"
    question = "Which orders should we stop, and which should we let go?"
    inputs: tuple[InputFrame, ...] = (schema.ORDERS, schema.LABELS, schema.RELEASES)
    candidates: tuple[Candidate, ...] = candidates.CANDIDATES
    measures: tuple[Measure, ...] = evaluation.MEASURES
    parts: tuple[str, ...] = PARTS
    primary = "average_precision"

    watched_labels = watched.LABELS
    """Columns of `watched` and `said` as staff know them."""

    reach_unit = "probability"

    def check(self, frames: Frames) -> None:
        checking.check(frames)

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
        progress("reading the orders", 0.0)
        material = self._material(
            frames, as_of, seed, checked, lambda step, share: progress(step, 0.4 * share)
        )
        progress("learning from earlier orders", 0.4)
        recipe = candidates.learner(candidate, checked)
        columns = teaching.columns(material)
        begin = material.start - pd.Timedelta(days=schema.RIPE_DAYS + samples.SCALED_DAYS)
        try:
            earlier = teaching.fitted(
                recipe, material, material.at_start, begin, columns, seed, part(progress, 0.4, 0.6)
            )
        except NotEnoughData:  # a young shop: its scores keep the scale that they were learned on
            earlier = None
        whole = teaching.fitted(
            recipe,
            material,
            material.at_start,
            material.start,
            columns,
            seed,
            part(progress, 0.6, 0.85),
        )
        if earlier is None and recipe.labelled:
            scale = Calibration(link=recipe.link)
        else:
            scale = teaching.scale(earlier or whole, material, material.at_start, begin, columns)
        progress("measuring", 0.85)
        rows = material.judged
        x = material.of(rows)[list(columns)].to_numpy(np.float64)
        rules = Rules(columns=columns)
        simple_scale = teaching.scale(rules, material, material.at_start, begin, columns)
        margin = whole.margin(x)
        judged = teaching.judged(
            material,
            rows,
            scale.probability(margin),
            simple_scale.probability(rules.margin(x)),
            int(checked["review_capacity"]),
        )
        own = evaluation.figures(judged)
        simple = evaluation.figures(judged, rule=True)
        ends = evaluation.ends(judged, seed)
        told = evaluation.verdict(judged, own, simple, ends, is_rule=candidate == Rules.key)
        progress("looking for bursts", 0.9)
        found = teaching.bursts_of(material)
        tables = evaluation.tables(judged, ends)
        warnings = teaching.warnings(material, judged, told.chance)
        if found:
            lesson = teaching.lesson(material, material.at_end, material.end, columns, seed)
            study = pd.concat(
                [
                    honesty.by_chance(recipe, lesson, found),
                    honesty.compare(
                        "by time",
                        judged.score,
                        judged.fraud,
                        judged.weight,
                        honesty.inside(found, material.of(rows)),
                        seed,
                    ),
                ],
                ignore_index=True,
            )
            tables |= {"bursts": bursts.table(found), "honesty": study}
            warnings += tuple(one.sentence for one in found)
            warnings += tuple(filter(None, [honesty.sentence(study)]))
        progress("measured", 1.0)
        last = (material.stop - pd.Timedelta(days=1)).date()
        return Evaluation(
            candidate=candidate,
            parameters=checked,
            metrics=own,
            baseline_metrics=simple,
            baseline_label=evaluation.RULE,
            beats_baseline=told.beats,
            verdict=told.sentence,
            first_day=material.start.date(),
            last_day=last,
            cases=len(judged.score),
            seconds=round(time.perf_counter() - started, 2),
            tables=tables,
            warnings=warnings,
            learned=Learned(
                margin=margin,
                fraud=judged.fraud,
                weight=judged.weight,
                held_out=judged.held_out(),
            ),
            case_rows=judged_cases.of(judged, frames["orders"], material.of(rows)),
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
    ) -> FraudModel:
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
        material = self._material(frames, as_of, seed, checked)
        columns = teaching.columns(material)
        recipe = candidates.learner(candidate, checked)
        fitted = teaching.fitted(
            recipe,
            material,
            material.at_end,
            material.end,
            columns,
            seed,
            part(progress, 0.7, 1.0),
        )
        learned: Learned = evaluation.learned
        # The judged days are the newest ripe ones: what was told of them by a model that had not
        # seen them sets the scale of the one that learns from them too.
        scale = calibration.learn(learned.margin, learned.fraud, learned.weight, recipe.link)
        if scale is None:
            scale = teaching.scale(fitted, material, material.at_end, material.start, columns)
        progress("fitted", 1.0)
        known = material.learnable(material.at_end, material.end)
        return FraudModel(
            candidate=candidate,
            parameters=checked,
            as_of=as_of,
            seed=seed,
            learner=fitted,
            calibration=scale,
            columns=columns,
            usual=teaching.usual(material),
            story={
                "orders": len(material.orders),
                "learned_from": int(known.sum()),
                "frauds": int((material.at_end.fraud == 1.0).sum()),
                "first_day": str(material.placed.min().date()) if len(material.orders) else "",
                "last_day": as_of.isoformat(),
                "missing": list(material.missing),
                "rule": evaluation.baseline_label,
                "warnings": list(evaluation.warnings),
            },
            held_out=learned.held_out,
        )

    def predict(
        self, model: FraudModel, frames: Frames, *, as_of: date, progress: Progress = silent
    ) -> pd.DataFrame:
        """Orders of the 30 days up to as_of: order_id · placed_at · amount · score · kind."""
        orders, features = self._shown(model, frames, as_of, progress)
        score = model.score(features)
        return results.frame(orders, score, kinds.likely(features, score))

    def explain(
        self, model: FraudModel, frames: Frames, *, as_of: date, progress: Progress = silent
    ) -> pd.DataFrame:
        orders, features = self._shown(model, frames, as_of, progress)
        every = explanation.contributions(model, model.matrix(features))
        return results.contributions(orders, every, model.columns)

    def expected_seconds(
        self, candidate: str, parameters: Parameters | None, products: int, weeks: int
    ) -> float:
        return costs.seconds(candidate, products)

    def default_candidates(self, products: int) -> tuple[str, ...]:
        return costs.DEFAULTS

    def prediction_seconds(self, candidate: str, products: int) -> float:
        return costs.prediction_seconds(products)

    def champion_rule(self, measured: Sequence[Measured]) -> Choice:
        return choice.champion(measured)

    def entities(self, predictions: pd.DataFrame) -> pd.Series:
        return "order:" + predictions["order_id"].astype(str)

    def preview(self, current: pd.DataFrame, proposed: pd.DataFrame) -> Preview:
        return results.preview(current, proposed)

    def outcome(self, predictions: pd.DataFrame, frames: Frames, *, as_of: date) -> pd.DataFrame:
        return results.outcome(predictions, frames, as_of)

    def figures(self, case_rows: pd.DataFrame, said: str = "predicted") -> dict[str, float]:
        return judged_cases.figures(case_rows, said)

    def replay(
        self, model: FraudModel, frames: Frames, *, since: date, as_of: date
    ) -> pd.DataFrame:
        material = self._material(frames, as_of, model.seed, model.parameters)
        return replayed.replay(model, material, frames, since=since)

    def fresh_since(self, frames: Frames, *, as_of: date) -> date:
        return (samples.judged_from(frames, as_of) - pd.Timedelta(days=1)).date()

    def patterns(self, frames: Frames, *, as_of: date, seed: int) -> dict[str, str]:
        """Bursts among the orders known on a day, as `bursts.by_place`."""
        material = samples.read(frames, as_of=as_of, seed=seed, most_good=samples.MOST_GOOD)
        rows = bursts.table(teaching.bursts_of(material)).to_dict("records")
        return bursts.by_place(rows)

    def confidence(self, predictions: pd.DataFrame) -> pd.Series:
        return confidence.confidence(predictions["score"])

    def watched(self, frames: Frames, *, first_day: date, last_day: date) -> pd.DataFrame:
        return watched.watched(frames, first_day=first_day, last_day=last_day)

    def cases_a_day(self, frames: Frames) -> pd.Series:
        return watched.cases_a_day(frames)

    def said(
        self, model: FraudModel, frames: Frames, *, first_day: date, last_day: date
    ) -> pd.DataFrame:
        """What the model says of the days of `watched`: `day` and a column a prediction."""
        return watched.said(model, frames, first_day=first_day, last_day=last_day)

    def reach(self, model: FraudModel, frames: Frames, *, as_of: date) -> dict[str, float]:
        return watched.reach(model, frames, as_of=as_of)

    def save(self, model: FraudModel, folder: Path) -> None:
        kept.save(model, folder)

    def load(self, folder: Path) -> FraudModel:
        return kept.load(folder)

    def _checked(self, key: str, parameters: Parameters | None) -> dict[str, Value]:
        return candidate(self, key).check(parameters)

    def _material(
        self,
        frames: Frames,
        as_of: date,
        seed: int,
        checked: Mapping[str, Value],
        progress: Progress = silent,
    ) -> Material:
        return samples.read(
            frames, as_of=as_of, seed=seed, most_good=int(checked["most_good"]), progress=progress
        )

    def _shown(
        self, model: FraudModel, frames: Frames, as_of: date, progress: Progress
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        most = int(model.parameters.get("most_good", samples.MOST_GOOD))
        material = samples.read(
            frames, as_of=as_of, seed=model.seed, most_good=most, progress=progress
        )
        rows = material.shown
        return material.orders[rows].reset_index(drop=True), material.of(rows)


FRAUD = Fraud()
