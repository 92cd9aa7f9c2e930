"""What every capability must keep; a capability's own tests inherit `CapabilityContract`.

class TestForecasting(CapabilityContract):
    capability = FORECASTING
    as_of = date(2026, 6, 28)

    @staticmethod
    def signal() -> Frames: ...
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest

from ml.contract import (
    CASE_COLUMNS,
    Capability,
    Evaluation,
    Frames,
    Parameters,
    WrongFrame,
    WrongParameter,
    rule_of_thumb,
)

SEED = 11
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Learned:
    evaluation: Evaluation
    model: Any
    predictions: pd.DataFrame


class Cancelled(Exception):  # noqa: N818 - reads as what happened
    """What a progress callback raises when somebody cancels."""


class CapabilityContract:
    """Inherit, and give the capability, data with a known answer, and small parameters."""

    capability: ClassVar[Capability]
    as_of: ClassVar[date]
    quick: ClassVar[dict[str, Parameters]] = {}
    """Small parameters by candidate, so that the suite stays fast."""

    learned_candidate: ClassVar[str]
    """The candidate that must find the planted signal."""

    @staticmethod
    def signal() -> Frames:
        """Data on which something can be learned that no rule of thumb knows."""
        raise NotImplementedError

    @staticmethod
    def noise() -> Frames:
        """Data on which nothing can be learned beyond the rule of thumb."""
        raise NotImplementedError

    @staticmethod
    def with_future(frames: Frames, as_of: date) -> Frames:
        """The same data with wild values in everything that becomes known after `as_of`."""
        raise NotImplementedError

    # ── what is learned once, whichever tests of the session ask ──

    @classmethod
    def frames(cls, name: str) -> Frames:
        """The data by that name, made once: `signal`, `noise`, `shuffled` or `with future`.

        All tests look at the same frames: whatever writes into them is found out.
        """
        return _made_once(cls, name)

    @classmethod
    def learned(cls, candidate: str, frames: str = "signal", *, time: int = 1) -> Learned:
        """What a candidate learns from frames; never learned twice for the same `time`."""
        return _learned_once(cls, candidate, frames, time)

    @classmethod
    def make(cls, name: str) -> Frames:
        if name == "signal":
            return cls.signal()
        if name == "noise":
            return cls.noise()
        if name == "with future":
            return cls.with_future(cls.frames("signal"), cls.as_of)
        assert name == "shuffled"
        return {
            name: frame.sample(frac=1, random_state=3).reset_index(drop=True)
            for name, frame in cls.frames("signal").items()
        }

    @classmethod
    def learn(cls, candidate: str, frames: Frames) -> Learned:
        given = {"as_of": cls.as_of, "seed": SEED, "parameters": cls.quick.get(candidate)}
        evaluation = cls.capability.evaluate(candidate, frames, **given)  # type: ignore[arg-type]
        model = cls.capability.fit(candidate, frames, evaluation=evaluation, **given)  # type: ignore[arg-type]
        predictions = cls.capability.predict(model, frames, as_of=cls.as_of)
        return Learned(evaluation, model, predictions)

    @pytest.fixture(params=["rule of thumb", "learned"])
    def candidate(self, request: pytest.FixtureRequest) -> str:
        if request.param == "learned":
            return self.learned_candidate
        return rule_of_thumb(self.capability).key

    # ── what it declares ──

    def test_is_a_capability_with_one_rule_of_thumb(self) -> None:
        assert isinstance(self.capability, Capability)
        assert sum(c.is_baseline for c in self.capability.candidates) == 1
        assert self.capability.primary in {m.slug for m in self.capability.measures}

    def test_every_default_lies_within_its_bounds(self) -> None:
        for candidate in self.capability.candidates:
            assert candidate.check(None) == candidate.defaults()

    def test_an_unknown_parameter_and_one_out_of_bounds_are_refused(self) -> None:
        candidate = next(c for c in self.capability.candidates if c.key == self.learned_candidate)
        with pytest.raises(WrongParameter, match="no parameter"):
            candidate.check({"no_such_thing": 1})
        bounded = next(p for p in candidate.parameters if p.maximum is not None)
        with pytest.raises(WrongParameter) as refused:
            candidate.check({bounded.name: bounded.maximum + 1})  # type: ignore[operator]
        assert f"{bounded.maximum:g}" in refused.value.remedy

    # ── what it does with its input ──

    def test_a_missing_column_is_named(self) -> None:
        for wanted in self.capability.inputs:
            frames = dict(self.frames("signal"))
            if not wanted.required and wanted.name not in frames:
                continue
            for column in (c for c in wanted.columns if c.required):
                broken = frames | {wanted.name: frames[wanted.name].drop(columns=column.name)}
                with pytest.raises(WrongFrame, match=column.name):
                    self.capability.check(broken)

    def test_the_input_stays_untouched(self, candidate: str) -> None:
        frames, before = self.frames("signal"), self.signal()
        model = self.learned(candidate).model  # from these very frames
        self.capability.predict(model, frames, as_of=self.as_of)
        self.capability.explain(model, frames, as_of=self.as_of)
        for name, frame in frames.items():
            pd.testing.assert_frame_equal(frame, before[name])

    def test_the_order_of_rows_is_irrelevant(self, candidate: str) -> None:
        same(self.learned(candidate, "shuffled"), self.learned(candidate))

    def test_the_same_seed_gives_the_same_result(self, candidate: str) -> None:
        same(self.learned(candidate, time=2), self.learned(candidate))

    def test_nothing_that_becomes_known_later_moves_anything(self, candidate: str) -> None:
        same(self.learned(candidate, "with future"), self.learned(candidate))

    # ── what it learns ──

    def test_beats_the_rule_of_thumb_where_a_signal_was_planted(self) -> None:
        evaluation = self.learned(self.learned_candidate).evaluation
        assert evaluation.beats_baseline, evaluation.verdict
        assert "etter than" in evaluation.verdict

    def test_says_so_where_there_is_nothing_to_learn(self) -> None:
        evaluation = self.learned(self.learned_candidate, "noise").evaluation
        assert not evaluation.beats_baseline, evaluation.verdict
        assert "o better than" in evaluation.verdict
        assert evaluation.baseline_label in evaluation.verdict

    def test_metrics_stand_beside_the_rule_of_thumbs(self, candidate: str) -> None:
        evaluation = self.learned(candidate).evaluation
        slugs = {measure.slug for measure in self.capability.measures}
        assert set(evaluation.metrics) == set(evaluation.baseline_metrics) == slugs
        assert all(np.isfinite(value) for value in evaluation.metrics.values())
        assert evaluation.first_day <= evaluation.last_day <= self.as_of

    def test_the_rule_of_thumb_does_not_beat_itself(self) -> None:
        evaluation = self.learned(rule_of_thumb(self.capability).key).evaluation
        assert evaluation.metrics == evaluation.baseline_metrics
        assert not evaluation.beats_baseline

    # ── the cases it was measured on ──

    def test_case_rows_tell_what_was_said_and_what_came(self, candidate: str) -> None:
        evaluation = self.learned(candidate).evaluation
        rows = evaluation.case_rows
        assert rows is not None
        assert tuple(rows.columns) == CASE_COLUMNS
        assert 0 < len(rows) <= 8_500
        assert rows["case"].is_unique
        assert rows.notna().all(axis=None)
        assert (rows["weight"] > 0).all()
        assert rows["day"].between(str(evaluation.first_day), str(evaluation.last_day + DAY)).all()

    def test_figures_of_case_rows_are_those_of_the_evaluation(self, candidate: str) -> None:
        evaluation = self.learned(candidate).evaluation
        primary = self.capability.primary
        assert evaluation.case_rows is not None
        for said, told in (
            ("predicted", evaluation.metrics),
            ("rule", evaluation.baseline_metrics),
        ):
            found = self.capability.figures(evaluation.case_rows, said)
            assert set(found) <= {measure.slug for measure in self.capability.measures}
            assert found[primary] == pytest.approx(told[primary], rel=0.1)

    def test_a_case_counts_as_often_as_its_weight_says(self) -> None:
        rows = self.learned(self.learned_candidate).evaluation.case_rows
        assert rows is not None
        some = rows.index % 3 == 0
        twice = pd.concat([rows, rows[some]], ignore_index=True)
        heavier = rows.assign(weight=rows["weight"] * np.where(some, 2, 1).astype("float32"))
        found = self.capability.figures(heavier)
        assert found == pytest.approx(self.capability.figures(twice), rel=1e-4)

    def test_candidates_are_measured_on_the_same_cases(self) -> None:
        one = self.learned(rule_of_thumb(self.capability).key).evaluation.case_rows
        two = self.learned(self.learned_candidate).evaluation.case_rows
        assert one is not None
        assert two is not None
        both = one.merge(two, on="case", suffixes=("", "_other"))
        assert len(both) >= min(len(one), len(two)) / 2
        for same_in_both in ("unit", "actual", "rule"):
            assert (both[same_in_both] == both[f"{same_in_both}_other"]).all()

    # ── what it tells ──

    def test_contributions_sum_to_the_prediction(self, candidate: str) -> None:
        learned = self.learned(candidate)
        parts = self.capability.explain(learned.model, self.frames("signal"), as_of=self.as_of)
        assert len(parts) == len(learned.predictions)
        entities = self.capability.entities
        assert entities(parts).tolist() == entities(learned.predictions).tolist()
        total = parts[list(self.capability.parts)].astype("float64").sum(axis=1)
        told = learned.predictions[self.prediction_column]
        np.testing.assert_allclose(total, told, rtol=1e-4, atol=1e-3)

    prediction_column: ClassVar[str] = "mean"

    def test_a_preview_against_itself_changes_nothing(self, candidate: str) -> None:
        told = self.learned(candidate).predictions
        preview = self.capability.preview(told, told)
        assert preview.changed == 0
        assert preview.total > 0
        assert preview.rows.empty
        assert set(preview.columns) <= set(preview.rows.columns)

    def test_what_has_not_happened_yet_has_no_outcome(self, candidate: str) -> None:
        told = self.learned(candidate).predictions
        came = self.capability.outcome(told, self.frames("signal"), as_of=self.as_of)
        assert came["entity"].is_unique
        assert came["outcome"].isna().all()

    def test_says_how_sure_each_prediction_is(self, candidate: str) -> None:
        told = self.learned(candidate).predictions
        before = told.copy(deep=True)
        sure = self.capability.confidence(told)
        assert sure.index.equals(told.index)
        assert sure.between(0.0, 1.0).all()
        assert sure.nunique() > 1
        shuffled = told.sample(frac=1, random_state=3)
        pd.testing.assert_series_equal(self.capability.confidence(shuffled).sort_index(), sure)
        pd.testing.assert_frame_equal(told, before)

    # ── what it would have said ──

    def test_a_replay_is_told_beside_what_came_and_the_rule_of_thumb(self, candidate: str) -> None:
        model, frames = self.learned(candidate).model, self.frames("signal")
        since = self.capability.fresh_since(frames, as_of=self.as_of)
        assert since < self.as_of
        found = self.capability.replay(model, frames, since=since, as_of=self.as_of)
        assert len(found)
        assert tuple(found.columns) == CASE_COLUMNS
        assert found["case"].is_unique
        assert found["day"].gt(pd.Timestamp(since)).all()
        assert found["day"].le(pd.Timestamp(self.as_of)).all()
        assert np.isfinite(found[["actual", "predicted", "rule", "weight"]]).all(axis=None)
        for said in ("predicted", "rule"):
            assert self.capability.primary in self.capability.figures(found, said)
        nothing = self.capability.replay(model, frames, since=self.as_of, as_of=self.as_of)
        assert nothing.empty

    def test_a_replay_knows_nothing_that_becomes_known_later(self, candidate: str) -> None:
        model, frames = self.learned(candidate).model, self.frames("signal")
        since = self.capability.fresh_since(frames, as_of=self.as_of)
        told = [
            self.capability.replay(model, one, since=since, as_of=self.as_of)
            for one in (frames, self.frames("with future"))
        ]
        pd.testing.assert_frame_equal(told[0], told[1])

    # ── what is watched of it ──

    def test_what_is_watched_is_one_row_a_case_of_the_days_asked_for(self) -> None:
        last = self.as_of
        first = last - 60 * DAY
        found = self.capability.watched(self.frames("signal"), first_day=first, last_day=last)
        assert len(found)
        assert found["day"].between(pd.Timestamp(first), pd.Timestamp(last)).all()
        assert len(found.columns) > 1
        for name in found.columns.drop("day"):
            column = found[name]
            assert pd.api.types.is_numeric_dtype(column) or column.nunique() <= 100
            assert column.notna().any()

    def test_the_reach_of_what_is_watched_is_told_in_the_predictions_unit(
        self, candidate: str
    ) -> None:
        model = self.learned(candidate).model
        found = self.capability.reach(model, self.frames("signal"), as_of=self.as_of)
        known = self.capability.watched(
            self.frames("signal"), first_day=self.as_of - 60 * DAY, last_day=self.as_of
        )
        assert found
        assert all(np.isfinite(value) and value >= 0 for value in found.values())
        assert set(found) & set(known.columns)
        if candidate == self.learned_candidate:
            assert max(found.values()) > 0

    # ── how it is kept ──

    def test_saved_and_loaded_it_says_the_same(self, candidate: str, tmp_path: Path) -> None:
        learned = self.learned(candidate)
        self.capability.save(learned.model, tmp_path / "model")
        loaded = self.capability.load(tmp_path / "model")
        told = self.capability.predict(loaded, self.frames("signal"), as_of=self.as_of)
        pd.testing.assert_frame_equal(told, learned.predictions)
        plain = {".json", ".txt", ".parquet", ".safetensors", ".skops"}
        assert {p.suffix for p in (tmp_path / "model").iterdir()} <= plain

    # ── how it works in a job ──

    def test_progress_rises_and_can_cancel(self) -> None:
        shares: list[float] = []

        def watch(step: str, share: float) -> None:
            assert step
            shares.append(share)
            if share >= 0.3:
                raise Cancelled

        with pytest.raises(Cancelled):
            self.capability.evaluate(
                self.learned_candidate,
                self.frames("signal"),
                as_of=self.as_of,
                seed=SEED,
                parameters=self.quick.get(self.learned_candidate),
                progress=watch,
            )
        assert shares == sorted(shares)


def same(one: Learned, other: Learned) -> None:
    pd.testing.assert_frame_equal(one.predictions, other.predictions)
    assert one.evaluation.metrics == other.evaluation.metrics
    assert one.evaluation.verdict == other.evaluation.verdict


@cache
def _made_once(cls: type[CapabilityContract], name: str) -> Frames:
    return cls.make(name)


@cache
def _learned_once(cls: type[CapabilityContract], candidate: str, frames: str, time: int) -> Learned:
    return cls.learn(candidate, cls.frames(frames))
