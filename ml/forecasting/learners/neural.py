"""LSTM and Temporal Fusion Transformer over many products, by neuralforecast.

Sales are relative to each product's usual level at the origin; known ahead are the place in the
year, public holidays and the promotions announced by then. Weights are kept as safetensors and
rebuilt from the parameters: the library's own files hold pickles. Nothing is written anywhere
while learning.

A network has no sum of its own to show. Its parts are what the forecast changes by when it is
told of no promotion ahead, then of no holidays, then of no season, in this order; what then
remains is the usual level, recent sales (how far the next week stands from it) and the trend.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ml.contract import Progress
from ml.errors import NotEnoughData
from ml.forecasting import features
from ml.forecasting.learners import histories
from ml.forecasting.learners.additive import Additive, in_parts, mean_instead
from ml.forecasting.panel import Panel
from ml.forecasting.types import PARTS, Bools, Floats, Ints

MOST_LEARNED = 500
"""Products that a network learns from where there are more, the best-selling half of them."""

FEWEST_BACK = 8
"""Weeks looked back on under which a network has nothing to go by."""

MOST_TIMES = 30.0
"""Times its usual level that a week counts for at most."""

AHEAD = ("promotion", "holidays", "year_sine", "year_cosine")
PROMOTION, HOLIDAYS, YEAR = slice(0, 1), slice(1, 2), slice(2, 4)
WEIGHTS = "weights.safetensors"
LOGGERS = ("lightning.pytorch", "pytorch_lightning", "lightning_fabric")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Network(Additive):
    pieces: ClassVar[tuple[str, ...]] = ("recent sales",)
    net: Any = None  # torch module, None until fitted
    seed: int = 0
    back: int = 0  # weeks looked back on

    def build(self, horizon: int) -> Any:
        """A fresh network."""
        raise NotImplementedError

    def fit(self, panel: Panel, last: int, seed: int, progress: Progress) -> _Network:
        back = min(int(self.parameters["weeks_back"]), last + 1 - panel.horizon)
        if back < FEWEST_BACK:
            raise NotEnoughData(
                "Weeks of sales for a network",
                found=last + 1,
                needed=panel.horizon + FEWEST_BACK,
                remedy="Choose fewer weeks ahead, or another candidate.",
            )
        progress("learning", 0.1)
        fresh = replace(self, seed=seed, back=back)
        part = panel.take(_learned_from(panel, last, seed))
        data = _dataset(part, last, last + 1, _known_ahead(part, last, last + 1))
        with _quiet():
            net = fresh.build(panel.horizon)
            net.fit(data)
        progress("learned", 1.0)
        return replace(fresh, net=net)

    def settings(self, horizon: int) -> dict[str, Any]:
        """What both networks are told alike."""
        steps = int(self.parameters["steps"])
        return {
            "h": horizon,
            "input_size": self.back,
            "futr_exog_list": list(AHEAD),
            "max_steps": steps,
            "val_check_steps": steps,
            "learning_rate": float(self.parameters["learning_rate"]),
            "random_seed": self.seed + 1,
            "scaler_type": "identity",
            "batch_size": 64,
            "windows_batch_size": 256,
            "start_padding_enabled": True,
            "accelerator": "cpu",
            "devices": 1,
            "logger": False,
            "enable_checkpointing": False,
            "enable_progress_bar": False,
            "enable_model_summary": False,
        }

    def components(self, panel: Panel, origin: int, horizons: Ints) -> Floats:
        """[1, n, H] units."""
        return self._told(panel, origin, horizons)[None]

    def _told(self, panel: Panel, origin: int, horizons: Ints, *without: slice) -> Floats:
        """[n, H] units, told of no difference in some of what is known ahead."""
        assert self.net is not None, "not fitted"
        reach = int(self.net.h)
        known = _known_ahead(panel, origin, origin + 1 + reach)
        for one in without:
            from_week = 0 if one == YEAR else origin + 1
            known[:, from_week:, one] = 0
        data = _dataset(panel, origin, origin + 1 + reach, known)
        with _quiet():
            self.net.set_test_size(reach)
            found = np.asarray(self.net.predict(data)).reshape(panel.n, reach)
        units = found * features.scales(panel, origin)[:, None]
        own = _own(panel, origin)[:, None]
        told = units[:, np.asarray(horizons) - 1]
        return np.where(own, told, mean_instead(panel, origin, horizons)).astype(np.float32)

    def explain(
        self,
        panel: Panel,
        origin: int,
        horizons: Ints,
        components: Floats,
        settings: dict[str, float],
        *,
        exact: bool,
    ) -> Floats:
        total = self.combine(components, np.zeros(0), settings)
        whole = components[0].astype(np.float64)
        no_promotion = self._told(panel, origin, horizons, PROMOTION)
        no_holiday = self._told(panel, origin, horizons, PROMOTION, HOLIDAYS)
        rest = self._told(panel, origin, horizons, PROMOTION, HOLIDAYS, YEAR)
        past = histories.until(panel, origin)
        usual = histories.usual_level(past.values, past.first)
        usual = np.where(_own(panel, origin), usual, rest[:, 0])[:, None]
        shape = rest.shape
        told = {
            "usual level": np.broadcast_to(usual, shape),
            "season": no_holiday - rest,
            "trend": rest - rest[:, :1],
            "promotion": whole - no_promotion,
            "holiday": no_promotion - no_holiday,
            "recent sales": np.broadcast_to(rest[:, :1] - usual, shape),
        }
        assert set(told) <= set(PARTS)
        return in_parts(np.stack(list(told.values())), tuple(told), total)

    def notes(self, panel: Panel, origin: int) -> tuple[str, ...]:
        rows = panel.on_offer(origin)
        few = int((rows & ~_own(panel, origin)).sum())
        if not few:
            return ()
        return (
            f"{few:,} of {int(rows.sum()):,} products have fewer than {FEWEST_BACK} weeks of "
            "sales; the mean of their last 8 weeks stands in.",
        )

    def save(self, folder: Path) -> dict[str, Any]:
        from safetensors.torch import save_file

        assert self.net is not None, "not fitted"
        weights = {name: value.contiguous() for name, value in self.net.state_dict().items()}
        save_file(weights, str(folder / WEIGHTS))
        return {"horizon": int(self.net.h), "seed": self.seed, "weeks_back": self.back}

    def load(self, folder: Path, told: dict[str, Any]) -> _Network:
        from safetensors.torch import load_file

        fresh = replace(self, seed=int(told["seed"]), back=int(told["weeks_back"]))
        with _quiet():
            net = fresh.build(int(told["horizon"]))
            net.load_state_dict(load_file(str(folder / WEIGHTS)))
        return replace(fresh, net=net)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lstm(_Network):
    key: ClassVar[str] = "lstm"

    def build(self, horizon: int) -> Any:
        from neuralforecast.models import LSTM

        size = int(self.parameters["cells"])
        return LSTM(
            encoder_hidden_size=size,
            decoder_hidden_size=size,
            encoder_n_layers=1,
            **self.settings(horizon),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tft(_Network):
    key: ClassVar[str] = "tft"

    def build(self, horizon: int) -> Any:
        from neuralforecast.models import TFT

        return TFT(hidden_size=int(self.parameters["cells"]), **self.settings(horizon))


def _known_ahead(panel: Panel, origin: int, end: int) -> Floats:
    """[n, end, AHEAD] what was known at the origin of all weeks before `end`."""
    weeks = np.minimum(np.arange(end), len(panel.holidays) - 1)
    turn = 2 * np.pi * panel.years[weeks]
    shape = (panel.n, end)
    known = [
        panel.promotions.known(weeks, origin),
        panel.holidays[weeks],
        np.sin(turn),
        np.cos(turn),
    ]
    return np.stack([np.broadcast_to(k, shape) for k in known], 2).astype(np.float32)


def _dataset(panel: Panel, origin: int, end: int, known: Floats) -> Any:
    """The library's view of weeks 0 to `end`; later ones than the origin hold no sales."""
    import pandas as pd
    from neuralforecast.tsdataset import TimeSeriesDataset

    past = histories.until(panel, origin)
    scale = features.scales(panel, origin)[:, None]
    table = np.zeros((panel.n, end, 2 + len(AHEAD)), np.float32)
    table[:, : origin + 1, 0] = np.minimum(past.values / scale, MOST_TIMES)
    table[:, :, 1:-1] = known
    table[:, : origin + 1, -1] = past.seen
    return TimeSeriesDataset(
        temporal=table.reshape(panel.n * end, -1),
        temporal_cols=pd.Index(["y", *AHEAD, "available_mask"]),
        indptr=np.arange(0, panel.n * end + 1, end),
        y_idx=0,
    )


def _own(panel: Panel, origin: int) -> Bools:
    return np.asarray(panel.seen[:, : origin + 1].sum(1) >= FEWEST_BACK)


def _learned_from(panel: Panel, last: int, seed: int) -> Ints:
    rows = np.flatnonzero(panel.on_offer(last) & _own(panel, last))
    if not len(rows):
        raise NotEnoughData(
            f"Products with {FEWEST_BACK} weeks of sales",
            found=0,
            needed=1,
            remedy="Wait for more weeks; until then the rule of thumb forecasts.",
        )
    if len(rows) <= MOST_LEARNED:
        return rows
    order = rows[np.argsort(-panel.units[rows][:, : last + 1].sum(1), kind="stable")]
    best, rest = order[: MOST_LEARNED // 2], order[MOST_LEARNED // 2 :]
    chance = np.random.default_rng([seed, last])
    drawn = chance.choice(rest, MOST_LEARNED - len(best), replace=False)
    return np.sort(np.concatenate([best, drawn]))


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the library's remarks on hardware, on what it deprecates and on loaders."""
    found = [logging.getLogger(name) for name in LOGGERS]
    levels = [logger.level for logger in found]
    for logger in found:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            for module in (r"pytorch_lightning\.", r"lightning_fabric\.", r"lightning_utilities\."):
                warnings.filterwarnings("ignore", module=module)
            for message in (r".*LeafSpec", r".*num_workers", r".*pkg_resources"):
                warnings.filterwarnings("ignore", message=message)
            yield
    finally:
        for logger, level in zip(found, levels, strict=True):
            logger.setLevel(level)
