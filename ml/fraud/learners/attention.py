"""A network that fuses transaction, customer and device by attention; learned with torch, kept as
arrays.

It has three outputs: fraud, the kind of fraud, and the share of the amount that is lost; learning
all three shapes what it sees in an order, and only the first sets the score.
A network has no sum of its own to show: a feature's part is what the margin changes by when it
alone departs from the usual order, and when it alone returns to it, in the mean, scaled so that
all parts add up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from ml.contract import Parameter, Progress, Value, silent
from ml.fraud import network
from ml.fraud.calibration import Link
from ml.fraud.learners.base import Lesson
from ml.fraud.learners.design import Design
from ml.fraud.schema import BY_NAME
from ml.fraud.types import THREADS, Floats, Ints

BATCH = 2048
OF_BAD = 0.25
"""Share of fraud in a batch: with 1 % most batches would teach nothing. The scale of the scores
is set afterwards, on orders as they come."""

KIND_COUNTS, LOSS_COUNTS = 0.2, 0.2
FEWEST_OF_KIND = 20
AT_ONCE = 4096  # rows whose parts are worked out together, each as two rows a feature


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    key: ClassVar[str] = "attention"
    link: ClassVar[Link] = "log-odds"
    labelled: ClassVar[bool] = True
    PARAMETERS: ClassVar[tuple[Parameter, ...]] = (
        Parameter(name="steps", label="Steps", kind="int", default=1500, minimum=50,
                  maximum=20000, step=50, help="Batches learned from, one by one."),
        Parameter(name="width", label="Width", kind="int", default=24, minimum=4, maximum=128,
                  advanced=True, help="Numbers that stand for each signal."),
        Parameter(name="dropout", label="Dropout", kind="float", default=0.2, minimum=0.0,
                  maximum=0.8, step=0.05, advanced=True,
                  help="Share of numbers left out by chance while learning, against chance."),
    )  # fmt: skip

    parameters: Mapping[str, Value] = field(default_factory=dict)
    design: Design | None = None
    weights: Mapping[str, Floats] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()

    @classmethod
    def of(cls, parameters: Mapping[str, Value]) -> Self:
        return cls(parameters=parameters)

    @property
    def groups(self) -> tuple[Ints, ...]:
        """Design columns of each signal."""
        assert self.design is not None
        of = np.array([BY_NAME[self.design.columns[place]].group for place in self.design.feature])
        found = [np.flatnonzero(of == signal) for signal in network.SIGNALS]
        # A shop without devices: their signal repeats the first column and so says nothing new.
        return tuple(columns if len(columns) else np.zeros(1, np.int64) for columns in found)

    def fit(self, lesson: Lesson, progress: Progress = silent) -> Attention:
        lesson.check()
        names, counts = np.unique(
            np.array([str(k) for k in lesson.kind[lesson.fraud == 1.0] if k is not None]),
            return_counts=True,
        )
        fresh = replace(
            self,
            design=Design.learn(lesson.x, lesson.columns),
            kinds=tuple(str(n) for n in names[counts >= FEWEST_OF_KIND]),
        )
        return replace(fresh, weights=_learn(fresh, lesson, progress))

    def said(self, x: Floats) -> network.Said:
        """All three outputs and the attention."""
        assert self.design is not None
        return network.forward(self.weights, self.design.apply(x), self.groups)

    def margin(self, x: Floats) -> Floats:
        found = [self.said(x[start : start + AT_ONCE]).fraud for start in range(0, len(x), AT_ONCE)]
        return np.concatenate(found) if found else np.zeros(0)

    def contributions(self, x: Floats) -> Floats:
        assert self.design is not None
        features = len(self.design.columns)
        step = max(AT_ONCE // (2 * features), 1)
        parts = [self._parts(x[start : start + step]) for start in range(0, len(x), step)]
        return np.concatenate(parts) if parts else np.zeros((0, features + 1))

    def _parts(self, x: Floats) -> Floats:
        assert self.design is not None
        z = self.design.apply(x)
        rows, columns = z.shape
        features = len(self.design.columns)
        mask = self.design.feature[None, :] == np.arange(features)[:, None]
        # The usual order is zero in every column: the mean of what was learned from.
        alone = np.where(mask[None], z[:, None, :], 0.0).reshape(-1, columns)
        without = np.where(mask[None], 0.0, z[:, None, :]).reshape(-1, columns)
        all_ = np.concatenate([alone, without, z, np.zeros((1, columns))])
        told = network.forward(self.weights, all_, self.groups).fraud
        count = rows * features
        base, whole = float(told[-1]), told[2 * count : 2 * count + rows]
        gained = told[:count].reshape(rows, features) - base
        missed = whole[:, None] - told[count : 2 * count].reshape(rows, features)
        raw = (gained + missed) / 2
        # What interplay leaves over or counts twice is shared out by the size of the parts.
        gap = (whole - base - raw.sum(axis=1))[:, None]
        size = np.abs(raw) + 1e-9 * mask.any(axis=1)
        parts = raw + gap * size / size.sum(axis=1, keepdims=True)
        return np.column_stack([parts, np.full(rows, base)])

    def save(self, folder: Path, name: str = "model") -> dict[str, Any]:
        from safetensors.numpy import save_file

        assert self.design is not None
        save_file(dict(self.weights), str(folder / f"{name}.safetensors"))
        return {"design": self.design.to_json(), "kinds": list(self.kinds)}

    def load(self, folder: Path, told: Mapping[str, Any], name: str = "model") -> Attention:
        from safetensors.numpy import load_file

        return replace(
            self,
            design=Design.from_json(told["design"]),
            weights=load_file(str(folder / f"{name}.safetensors")),
            kinds=tuple(told["kinds"]),
        )


def _learn(recipe: Attention, lesson: Lesson, progress: Progress) -> dict[str, Floats]:
    import torch
    from torch import nn

    from ml.fraud.learners.fusion import Fusion

    assert recipe.design is not None
    torch.set_num_threads(THREADS)
    given = recipe.parameters
    steps = int(given["steps"])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(lesson.seed)
        net = Fusion(
            recipe.groups, int(given["width"]), max(len(recipe.kinds), 1), float(given["dropout"])
        )
        z = torch.from_numpy(recipe.design.apply(lesson.x).astype(np.float32))
        place = {kind: number for number, kind in enumerate(recipe.kinds)}
        kind = torch.tensor([place.get(str(one), -1) for one in lesson.kind])
        lost = torch.from_numpy(_lost(lesson, recipe).astype(np.float32))
        chance = np.random.default_rng(lesson.seed)
        bad, good = np.flatnonzero(lesson.fraud == 1.0), np.flatnonzero(lesson.fraud == 0.0)
        p_bad = lesson.weight[bad] / lesson.weight[bad].sum()
        p_good = lesson.weight[good] / lesson.weight[good].sum()
        many = int(BATCH * OF_BAD)
        optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-2)
        course = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=4e-3, total_steps=steps)
        likely, among = nn.BCEWithLogitsLoss(), nn.CrossEntropyLoss(ignore_index=-1)
        target = torch.cat([torch.ones(many), torch.zeros(BATCH - many)])
        # Drawn by the cumulated weights once: `choice` would sum them anew for each batch.
        sum_bad, sum_good = np.cumsum(p_bad), np.cumsum(p_good)
        net.train()
        for step in range(steps):
            if step % 25 == 0:
                progress("learning", step / steps)
            rows = torch.from_numpy(
                np.concatenate([_drawn(bad, sum_bad, many, chance),
                                _drawn(good, sum_good, BATCH - many, chance)])
            )  # fmt: skip
            fraud, kinds, loss = net(z[rows])
            told = kind[rows]
            total = likely(fraud, target)
            total = total + LOSS_COUNTS * nn.functional.mse_loss(torch.sigmoid(loss), lost[rows])
            if recipe.kinds and bool((told >= 0).any()):
                total = total + KIND_COUNTS * among(kinds, told)
            optimizer.zero_grad()
            total.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            course.step()
        progress("learned", 1.0)
        state = net.state_dict()
    return {name: value.numpy().astype(np.float64) for name, value in state.items()}


def _lost(lesson: Lesson, recipe: Attention) -> Floats:
    """Share of the amount that was lost: all of it at most, nothing of a good order."""
    if "amount" not in lesson.columns:
        return lesson.fraud
    amount = lesson.x[:, lesson.columns.index("amount")]
    share = np.where(amount > 0, lesson.money / np.maximum(amount, 1e-9), 1.0)
    return np.clip(share, 0.0, 1.0) * lesson.fraud


def _drawn(rows: Ints, cumulated: Floats, count: int, chance: np.random.Generator) -> Ints:
    places = np.searchsorted(cumulated, chance.random(count), side="right")
    return np.asarray(rows[np.minimum(places, len(rows) - 1)])
