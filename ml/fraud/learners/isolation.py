"""Isolation Forest (Liu, Ting and Zhou, 2008): what few random questions set apart is strange.

Needs no labels. Trees are grown here and kept in LightGBM's own text, so that its exact
contributions tell why an order is strange. As a shop fears only one side of most facts (many
accounts on a device, not few), values on the harmless side of the usual count as usual.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from ml.contract import Parameter, Progress, Value, silent
from ml.errors import NotEnoughData
from ml.fraud.calibration import Link
from ml.fraud.learners.base import Lesson
from ml.fraud.learners.boosted import few_threads
from ml.fraud.learners.design import Design
from ml.fraud.schema import BY_NAME
from ml.fraud.types import Floats, Ints

EULER = 0.5772156649
FEWEST_ROWS = 100

LOW_IS_STRANGE = ("account_hours", "billing_is_shipping", "card_is_billing", "ip_is_billing")
HARMLESS = (
    "hour", "lines", "units", "customer_orders", "customer_orders_month", "days_since_order",
    "first_order", "amount_to_customer", "channel", "method", "avs", "cvv", "secure",
)  # fmt: skip
"""Facts whose rarest values are no sign of fraud by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IsolationForest:
    key: ClassVar[str] = "isolation_forest"
    link: ClassVar[Link] = "log-odds"
    labelled: ClassVar[bool] = False
    PARAMETERS: ClassVar[tuple[Parameter, ...]] = (
        Parameter(name="trees", label="Trees", kind="int", default=300, minimum=50, maximum=2000,
                  step=50, help="More trees, steadier scores."),
        Parameter(name="sample", label="Orders a tree", kind="int", default=512, minimum=64,
                  maximum=8192, advanced=True,
                  help="Each tree looks at so many orders drawn by chance."),
    )  # fmt: skip

    parameters: Mapping[str, Value] = field(default_factory=dict)
    design: Design | None = None
    booster: Any = None

    @classmethod
    def of(cls, parameters: Mapping[str, Value]) -> Self:
        return cls(parameters=parameters)

    def fit(self, lesson: Lesson, progress: Progress = silent) -> IsolationForest:
        if len(lesson.x) < FEWEST_ROWS:
            raise NotEnoughData(
                "Orders to tell strange ones from",
                found=len(lesson.x),
                needed=FEWEST_ROWS,
                remedy="Wait for more orders; until then the plain rules decide.",
            )
        import lightgbm as lgb

        chance = np.random.default_rng(lesson.seed)
        design = Design.learn(lesson.x, lesson.columns)
        count, size = int(self.parameters["trees"]), int(self.parameters["sample"])
        size = min(size, len(lesson.x))
        depth = int(np.ceil(np.log2(size)))
        trees = []
        share = lesson.weight / lesson.weight.sum()
        fresh = replace(self, design=design)
        drawn = chance.choice(len(lesson.x), size=(count, size), p=share)
        for number in range(count):
            progress("learning", (number + 1) / count)
            trees.append(_Tree.grow(fresh.one_sided(lesson.x[drawn[number]]), depth, chance))
        return replace(fresh, booster=lgb.Booster(model_str=_text(trees, len(design.feature))))

    def one_sided(self, x: Floats) -> Floats:
        """[rows, design columns] with the harmless side of each fact at the usual."""
        assert self.design is not None
        z = self.design.apply(x)
        for column, (place, code) in enumerate(
            zip(self.design.feature, self.design.code, strict=True)
        ):
            name = self.design.columns[place]
            if name in HARMLESS or code == -2:
                z[:, column] = 0.0
            elif code == -1 and name in LOW_IS_STRANGE:
                z[:, column] = np.minimum(z[:, column], 0.0)
            elif code == -1 and BY_NAME[name].unit in ("count", "money", "ratio", "share", "yes"):
                z[:, column] = np.maximum(z[:, column], 0.0)
        return z

    def margin(self, x: Floats) -> Floats:
        z = self.one_sided(x)
        return np.asarray(
            self.booster.predict(z, raw_score=True, num_threads=few_threads(z)), np.float64
        )

    def contributions(self, x: Floats) -> Floats:
        assert self.design is not None
        z = self.one_sided(x)
        parts = np.asarray(
            self.booster.predict(z, pred_contrib=True, num_threads=few_threads(z)), np.float64
        )
        return np.column_stack([self.design.by_feature(parts[:, :-1]), parts[:, -1]])

    def save(self, folder: Path, name: str = "model") -> dict[str, Any]:
        assert self.design is not None
        self.booster.save_model(str(folder / f"{name}.txt"))
        return {"design": self.design.to_json()}

    def load(self, folder: Path, told: Mapping[str, Any], name: str = "model") -> IsolationForest:
        import lightgbm as lgb

        return replace(
            self,
            design=Design.from_json(told["design"]),
            booster=lgb.Booster(model_file=str(folder / f"{name}.txt")),
        )


@dataclass(slots=True)
class _Tree:
    """One tree in LightGBM's numbering: inner nodes from 0, leaf i as −i − 1."""

    feature: list[int] = field(default_factory=list)
    threshold: list[float] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    right: list[int] = field(default_factory=list)
    count: list[int] = field(default_factory=list)
    leaf_value: list[float] = field(default_factory=list)
    leaf_count: list[int] = field(default_factory=list)

    @classmethod
    def grow(cls, x: Floats, depth: int, chance: np.random.Generator) -> _Tree:
        tree = cls()
        tree._node(x, np.arange(len(x)), 0, depth, chance)
        return tree

    def _node(
        self, x: Floats, rows: Ints, level: int, depth: int, chance: np.random.Generator
    ) -> int:
        inside = x[rows]
        low, high = inside.min(axis=0), inside.max(axis=0)
        open_ = np.flatnonzero(high > low)
        if level >= depth or len(rows) <= 1 or not len(open_):
            self.leaf_value.append(-(level + _more(len(rows))))
            self.leaf_count.append(len(rows))
            return -len(self.leaf_value)
        column = int(chance.choice(open_))
        cut = float(chance.uniform(low[column], high[column]))
        mine = len(self.feature)
        self.feature.append(column)
        self.threshold.append(cut)
        self.left.append(0)
        self.right.append(0)
        self.count.append(len(rows))
        below = inside[:, column] <= cut
        self.left[mine] = self._node(x, rows[below], level + 1, depth, chance)
        self.right[mine] = self._node(x, rows[~below], level + 1, depth, chance)
        return mine


def _more(rows: int) -> float:
    """Mean depth that so many rows would still need (the paper's c(n))."""
    if rows <= 1:
        return 0.0
    if rows == 2:
        return 1.0
    return float(2 * (np.log(rows - 1) + EULER) - 2 * (rows - 1) / rows)


def _text(trees: list[_Tree], columns: int) -> str:
    """The forest as a model file of LightGBM; its sum is minus the mean depth."""
    names = " ".join(f"c{i}" for i in range(columns))
    lines = [
        "tree", "version=v4", "num_class=1", "num_tree_per_iteration=1", "label_index=0",
        f"max_feature_idx={columns - 1}", "objective=regression", f"feature_names={names}",
        "feature_infos=" + " ".join(["[-10:10]"] * columns), "",
    ]  # fmt: skip
    for number, tree in enumerate(trees):
        leaves = len(tree.leaf_value)
        scale = len(trees)
        lines += [
            f"Tree={number}",
            f"num_leaves={leaves}",
            "num_cat=0",
            "split_feature=" + _row(tree.feature),
            "split_gain=" + _row([1] * len(tree.feature)),
            "threshold=" + _row(tree.threshold),
            "decision_type=" + _row([2] * len(tree.feature)),
            "left_child=" + _row(tree.left),
            "right_child=" + _row(tree.right),
            "leaf_value=" + _row([value / scale for value in tree.leaf_value]),
            "leaf_weight=" + _row(tree.leaf_count),
            "leaf_count=" + _row(tree.leaf_count),
            "internal_value=" + _row([0] * len(tree.feature)),
            "internal_weight=" + _row(tree.count),
            "internal_count=" + _row(tree.count),
            "is_linear=0",
            "shrinkage=1",
            "",
            "",
        ]
    lines += ["end of trees", "", "pandas_categorical:null", ""]
    return "\n".join(lines)


def _row(values: list[Any]) -> str:
    return " ".join(repr(value) for value in values)
