"""The network of `ml.fraud.network` while it learns; imported by nothing but its training."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor, nn, stack

from ml.fraud.types import Ints


class Fusion(nn.Module):
    """Names of the layers are those that `network.forward` reads."""

    def __init__(self, groups: tuple[Ints, ...], width: int, kinds: int, dropout: float) -> None:
        super().__init__()
        self.columns = [np.asarray(columns) for columns in groups]
        self.encoders = nn.ModuleList(
            nn.Sequential(
                nn.Linear(len(columns), 2 * width), nn.ReLU(), nn.Linear(2 * width, width)
            )
            for columns in groups
        )
        self.query, self.key = nn.Linear(width, width), nn.Linear(width, width)
        self.value, self.out = nn.Linear(width, width), nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)
        self.body = nn.Linear(3 * width, 2 * width)
        self.dropout = nn.Dropout(dropout)
        self.fraud, self.loss = nn.Linear(2 * width, 1), nn.Linear(2 * width, 1)
        self.kind = nn.Linear(2 * width, kinds)

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        tokens: list[Any] = [
            encoder(self.dropout(z[:, columns]) if self.training else z[:, columns])
            for encoder, columns in zip(self.encoders, self.columns, strict=True)
        ]
        t = stack(tokens, dim=1)
        looked = self.query(t) @ self.key(t).transpose(1, 2) / t.shape[-1] ** 0.5
        fused = self.norm(t + self.out(looked.softmax(dim=-1) @ self.value(t)))
        body = self.dropout(self.body(fused.flatten(1)).relu())
        return self.fraud(body)[:, 0], self.kind(body), self.loss(body)[:, 0]
