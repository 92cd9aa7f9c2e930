"""Three signals fused by attention, as plain arrays: what the kept network says, without torch.

transaction ─▶ token ─┐                      ┌─▶ fraud (log-odds)
customer ────▶ token ─┼─▶ attention ─▶ mean ─┼─▶ kind of fraud
device ──────▶ token ─┘  (each looks at all) └─▶ share of the amount that is lost
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ml.fraud.types import Floats, Ints

SIGNALS = ("transaction", "customer", "device")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the network says of each row."""

    fraud: Floats  # [rows] log-odds
    kind: Floats  # [rows, kinds] log-odds before they are made to sum to one
    loss: Floats  # [rows] share of the amount, 0 to 1
    attention: Floats  # [rows, 3, 3] how much each signal looked at each


def forward(weights: Mapping[str, Floats], z: Floats, groups: tuple[Ints, ...]) -> Said:
    """The network's forward pass.

    Parameters
    ----------
    weights : by the names under which torch keeps them.
    z : [rows, design columns]
    groups : design columns of each of `SIGNALS`.
    """
    tokens = []
    for number, columns in enumerate(groups):
        hidden = _relu(_linear(weights, f"encoders.{number}.0", z[:, columns]))
        tokens.append(_linear(weights, f"encoders.{number}.2", hidden))
    t = np.stack(tokens, axis=1)
    q, k, v = (_linear(weights, name, t) for name in ("query", "key", "value"))
    looked = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])
    looked = np.exp(looked - looked.max(axis=-1, keepdims=True))
    looked /= looked.sum(axis=-1, keepdims=True)
    fused = _norm(weights, "norm", t + _linear(weights, "out", looked @ v))
    body = _relu(_linear(weights, "body", fused.reshape(len(z), -1)))
    return Said(
        fraud=_linear(weights, "fraud", body)[:, 0],
        kind=_linear(weights, "kind", body),
        loss=1.0 / (1.0 + np.exp(-np.clip(_linear(weights, "loss", body)[:, 0], -30, 30))),
        attention=looked,
    )


def _linear(weights: Mapping[str, Floats], name: str, x: Floats) -> Floats:
    return np.asarray(x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"])


def _relu(x: Floats) -> Floats:
    return np.maximum(x, 0.0)


def _norm(weights: Mapping[str, Floats], name: str, x: Floats) -> Floats:
    mean = x.mean(axis=-1, keepdims=True)
    spread = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
    return np.asarray((x - mean) / spread * weights[f"{name}.weight"] + weights[f"{name}.bias"])
