"""A forest as plain arrays: predicted, explained and kept without the library that grew it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.forecasting.types import Floats, Ints

LEAF = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """Trees side by side, each padded to the largest; node 0 is the root of each."""

    left: Ints  # [trees, nodes] child where the feature is ≤ the threshold; LEAF at a leaf
    right: Ints
    feature: Ints
    threshold: Floats
    value: Floats  # [trees, nodes] mean of what was learned there
    weight: Floats  # [trees, nodes] rows learned from

    @classmethod
    def grown(cls, fitted: Any) -> Forest:
        """From a forest of scikit-learn."""
        trees = [estimator.tree_ for estimator in fitted.estimators_]
        most = max(tree.node_count for tree in trees)

        def padded(name: str, fill: float, kind: type) -> Any:
            result = np.full((len(trees), most), fill, kind)
            for row, tree in enumerate(trees):
                values = np.asarray(getattr(tree, name)).reshape(tree.node_count, -1)[:, 0]
                result[row, : tree.node_count] = values
            return result

        return cls(
            left=padded("children_left", LEAF, np.int32),
            right=padded("children_right", LEAF, np.int32),
            feature=padded("feature", 0, np.int32),
            threshold=padded("threshold", 0, np.float64),
            value=padded("value", 0, np.float64),
            weight=padded("weighted_n_node_samples", 0, np.float64),
        )

    def predict(self, x: Floats) -> Floats:
        """[rows] mean of the trees."""
        total = np.zeros(len(x))
        for tree in range(len(self.left)):
            total += self.value[tree, self._leaf(tree, x)]
        return total / len(self.left)

    def along_paths(self, x: Floats, features: int) -> Floats:
        """[features + 1, rows]: each step's change goes to the feature that it asks; the last
        row is the mean of the roots. Sums to the prediction.
        """
        result = np.zeros((features + 1, len(x)))
        index = np.arange(len(x))
        for tree in range(len(self.left)):
            at = np.zeros(len(x), np.int64)
            result[-1] += self.value[tree, 0]
            while True:
                moving = self.left[tree, at] != LEAF
                if not moving.any():
                    break
                rows, nodes = index[moving], at[moving]
                following = self._step(tree, nodes, x[rows])
                asked = self.feature[tree, nodes]
                result[asked, rows] += self.value[tree, following] - self.value[tree, nodes]
                at[rows] = following
        return result / len(self.left)

    def by_shap(self, x: Floats) -> Floats:
        """[features + 1, rows] by TreeSHAP (shap); the last row is what is expected."""
        trees = [self._tree(i) for i in range(len(self.left))]
        explainer = shap_library().TreeExplainer({"trees": trees})
        values = np.asarray(explainer.shap_values(x.astype(np.float64), check_additivity=False))
        expected = np.full(len(x), float(np.ravel(explainer.expected_value)[0]))
        return np.concatenate([values.T, expected[None]])

    def arrays(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def _tree(self, tree: int) -> dict[str, Any]:
        """As the shap library takes a tree that it does not know."""
        count = len(self.left)
        nodes = slice(0, int(np.flatnonzero(self.weight[tree] > 0)[-1]) + 1)
        return {
            "children_left": self.left[tree, nodes],
            "children_right": self.right[tree, nodes],
            "children_default": self.left[tree, nodes],
            "features": self.feature[tree, nodes],
            "thresholds": self.threshold[tree, nodes],
            "values": self.value[tree, nodes, None] / count,
            "node_sample_weight": self.weight[tree, nodes],
        }

    def _leaf(self, tree: int, x: Floats) -> Ints:
        at = np.zeros(len(x), np.int64)
        index = np.arange(len(x))
        while True:
            moving = self.left[tree, at] != LEAF
            if not moving.any():
                return at
            rows = index[moving]
            at[rows] = self._step(tree, at[moving], x[rows])

    def _step(self, tree: int, nodes: Ints, x: Floats) -> Ints:
        asked = x[np.arange(len(nodes)), self.feature[tree, nodes]]
        lower = asked <= self.threshold[tree, nodes]
        return np.asarray(np.where(lower, self.left[tree, nodes], self.right[tree, nodes]))


def shap_library() -> Any:
    """The shap library, without what its colour maps trigger in matplotlib."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        import shap
    return shap
