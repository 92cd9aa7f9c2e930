"""The numbers of a forecast before they become frames: one model, or several for their scopes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ml.contract import Frames, Progress
from ml.errors import NotEnoughData
from ml.forecasting import features, layers
from ml.forecasting import panel as panels
from ml.forecasting.baseline import LAST_YEAR, RuleOfThumb
from ml.forecasting.importance import ByFeature, Details
from ml.forecasting.kept import ForecastModel
from ml.forecasting.layers import Holds, Layered
from ml.forecasting.learners.simple import SeasonalNaive
from ml.forecasting.panel import Panel
from ml.forecasting.scope import depth, parse, scoped
from ml.forecasting.types import BOUNDS, PARTS, Floats, Ints

EXPLAINED_AT_ONCE = 1_000
"""Products explained at a time: bounds the memory."""


@dataclass(frozen=True, slots=True)
class Beside:
    """A model of all products that speaks for some categories in place of the first."""

    model: ForecastModel
    categories: frozenset[str]  # of products themselves, not of those above them


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What the candidates say, before the layers."""

    panel: Panel  # products on offer only
    horizons: Ints
    mean: Floats  # [n, H] units
    models: tuple[ForecastModel, ...]  # the first is that of all products
    owner: Ints  # [n] index of the model that speaks for a product
    notes: tuple[str, ...]  # scopes whose model could not speak, in words
    components: tuple[tuple[Panel, Ints, Floats], ...]
    """Each model's panel, the rows of `panel` that its products are (−1: none), and components."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Forecasts of the products on offer, with their ranges."""

    base: Base
    mean: Floats  # [n, H] units, layers included
    added: dict[str, Floats]  # part → [n, H] units that the layers added
    wobbles: Floats  # [n] units
    bounds: Floats  # [n, H, bounds] units
    newcomers: pd.DataFrame | None  # which look-alikes new products lean on; None: none is new


def tell(
    model: ForecastModel,
    panel: Panel,
    frames: Frames,
    progress: Progress,
    instead: Mapping[str, ForecastModel] | None = None,
    beside: Beside | None = None,
) -> Told:
    """The forecast of every product on offer from the panel's last week.

    `instead`: models by their scope's key; the most specific speaks for a product, as many weeks
    ahead as it reaches. `beside` speaks for its categories, but for what `instead` speaks for.
    """
    base = _base(model, panel, frames, progress, instead or {}, beside)
    layered = _layered(base, frames)
    own = features.wobbles(base.panel, panel.n_weeks - 1)
    wobbles = own if layered.wobbles is None else layered.wobbles
    return Told(
        base=base,
        mean=np.asarray(layered.mean),
        added=dict(layered.parts),
        wobbles=np.asarray(wobbles),
        bounds=_bounds(base, np.asarray(layered.mean), np.asarray(wobbles)),
        newcomers=layered.newcomers,
    )


def _base(
    model: ForecastModel,
    panel: Panel,
    frames: Frames,
    progress: Progress,
    instead: Mapping[str, ForecastModel],
    beside: Beside | None,
) -> Base:
    origin, horizons = panel.n_weeks - 1, np.arange(1, panel.horizon + 1)
    offered = panel.take(np.flatnonzero(panel.on_offer(origin)))
    progress("forecasting", 0.0)
    components, everywhere = _said(model, offered, origin, horizons)
    mean = everywhere.copy()
    models, owner, notes = [model], np.zeros(offered.n, np.int64), []
    said = [(offered, np.arange(offered.n), components)]
    place = {str(product): row for row, product in enumerate(offered.products)}
    if beside is not None:
        part, own, told = _beside(beside, panel, frames)
        rows = np.array([place.get(str(product), -1) for product in part.products], np.int64)
        known, reach = rows >= 0, min(part.horizon, panel.horizon)
        mean[rows[known], :reach] = told[known, :reach]
        owner[rows[known]] = len(models)
        models.append(beside.model)
        said.append((part, rows, own))
    order = sorted(instead, key=lambda key: (depth(frames, *parse(key)), key))
    for number, key in enumerate(order):
        progress("forecasting", 0.3 + 0.6 * number / len(order))
        other = instead[key]
        try:
            part = panels.build(
                scoped(frames, *parse(key)),
                as_of=panel.as_of,
                horizon=other.horizon,
                categories=other.categories,
                groups=other.groups,
            )
        except NotEnoughData as error:
            notes.append(f"{key}: {error} The model of all products speaks instead.")
            continue
        last, weeks = part.n_weeks - 1, np.arange(1, part.horizon + 1)
        part = part.take(np.flatnonzero(part.on_offer(last)))
        own, told = _said(other, part, last, weeks)
        rows = np.array([place.get(str(product), -1) for product in part.products], np.int64)
        known, reach = rows >= 0, min(part.horizon, panel.horizon)
        mean[rows[known]] = everywhere[rows[known]]  # also where a wider scope's model spoke
        mean[rows[known], :reach] = told[known, :reach]
        owner[rows[known]] = len(models)
        models.append(other)
        said.append((part, rows, own))
    progress("forecasting", 1.0)
    return Base(
        panel=offered,
        horizons=horizons,
        mean=mean,
        models=tuple(models),
        owner=owner,
        notes=tuple(notes),
        components=tuple(said),
    )


def _beside(beside: Beside, panel: Panel, frames: Frames) -> tuple[Panel, Floats, Floats]:
    """The products of its categories, with components and [n, H] their combination.

    It is asked about all products, as it would be as champion, and heard about its own.
    """
    model = beside.model
    other = panels.build(
        frames,
        as_of=panel.as_of,
        horizon=model.horizon,
        categories=model.categories,
        groups=model.groups,
    )
    origin = other.n_weeks - 1
    other = other.take(np.flatnonzero(other.on_offer(origin)))
    own, told = _said(model, other, origin, np.arange(1, other.horizon + 1))
    names = np.array([str(name) for name in other.categories], object)
    mine = np.flatnonzero(np.isin(names[other.category_of], list(beside.categories)))
    return other.take(mine), own[:, mine], told[mine]


def _said(
    model: ForecastModel, offered: Panel, origin: int, horizons: Ints
) -> tuple[Floats, Floats]:
    """Components and [n, H] their combination."""
    components = model.learner.components(offered, origin, horizons)
    scale = np.repeat(features.scales(offered, origin)[:, None], len(horizons), axis=1)
    return components, model.learner.combine(components, scale, model.calibration.settings)


def _layered(base: Base, frames: Frames) -> Layered:
    """Over all products at once (a look-alike may stand anywhere), as each model needs it."""
    each = [promotions_held(model) for model in base.models]
    held = np.array(each, object)[base.owner]
    kinds: list[Holds] = list(dict.fromkeys(each)) or ["plans"]
    found = {kind: layers.over(base.panel, frames, base.mean, holds=kind) for kind in kinds}
    first = found[kinds[0]]
    if len(found) == 1:
        return first
    zero = np.zeros_like(base.mean)
    names = list(dict.fromkeys(name for one in found.values() for name in one.parts))
    mean, parts = zero.copy(), {name: zero.copy() for name in names}
    for kind, one in found.items():
        here = held == kind
        mean[here] = one.mean[here]
        for name in names:
            parts[name][here] = one.parts.get(name, zero)[here]
    return Layered(mean=mean, parts=parts, wobbles=first.wobbles, newcomers=first.newcomers)


def promotions_held(model: ForecastModel) -> Holds:
    """What a model's own forecast holds of promotions; an ensemble's by most of its weight."""
    settings = model.calibration.settings
    weights = {k.partition(":")[2]: w for k, w in settings.items() if k.startswith("weight:")}
    if weights:
        told = sum(weight for key, weight in weights.items() if key in TOLD_OF_PROMOTIONS)
        if told >= 0.5:
            return "plans"
        return "year" if weights.get(SeasonalNaive.key, 0.0) >= 0.5 else "nothing"
    if model.candidate in TOLD_OF_PROMOTIONS:
        return "plans"
    repeats = isinstance(model.learner, SeasonalNaive) or (
        isinstance(model.learner, RuleOfThumb) and int(settings["rule"]) == LAST_YEAR
    )
    return "year" if repeats else "nothing"


TOLD_OF_PROMOTIONS = frozenset({"lightgbm", "linear", "forest", "lstm", "tft"})
"""Candidates that look at planned promotions; for the others a layer adds what they lift."""


def _bounds(base: Base, mean: Floats, wobbles: Floats) -> Floats:
    """[n, H, bounds] units, by the ranges that each product's model learned."""
    count = len(base.horizons)
    result = np.empty((*mean.shape, len(BOUNDS)), np.float32)
    for number, model in enumerate(base.models):
        rows = np.flatnonzero(base.owner == number)
        reach = min(model.horizon, count) if number else count
        for ranges, at in (
            (base.models[0].calibration, slice(reach, count)),
            (model.calibration, slice(0, reach)),
        ):
            weeks = base.horizons[at]
            if not len(weeks) or not len(rows):
                continue
            found = ranges.product.bounds(
                mean[rows, at].ravel(),
                np.repeat(wobbles[rows], len(weeks)),
                np.tile(weeks, len(rows)),
            )
            result[rows, at] = found.reshape(len(rows), len(weeks), len(BOUNDS))
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    parts: Floats  # [parts, n, H] units that sum to the forecast
    details: Details  # by feature, of the best-selling products


def explain(told: Told, progress: Progress) -> Explained:
    """Why each number; by feature as well where the model of all products speaks by features."""
    base = told.base
    values = np.zeros((len(PARTS), *base.mean.shape), np.float32)
    details = Details(panel=base.panel, rows=np.zeros(0, int))
    for number, (model, (panel, rows, components)) in enumerate(
        zip(base.models, base.components, strict=True)
    ):
        if number == 0:  # also where another speaks for fewer weeks: this one tells the others
            values[:], details = _explained(model, panel, components, progress)
            continue
        found, _ = _explained(model, panel, components, _no_progress)
        mine = np.flatnonzero((rows >= 0) & (base.owner[rows] == number))
        reach = min(panel.horizon, len(base.horizons))
        values[:, rows[mine], :reach] = found[:, mine, :reach]
    for part, units in told.added.items():
        values[PARTS.index(part)] += units
    return Explained(parts=values, details=_of_the_first(details, base))


def _no_progress(step: str, share: float) -> None:
    """The model of all products has told the whole."""


def _of_the_first(details: Details, base: Base) -> Details:
    """Without products that another model speaks for."""
    if details.units is None or len(base.models) == 1:
        return details
    kept = base.owner[details.rows] == 0
    return replace(details, rows=details.rows[kept], units=details.units[:, kept])


def _explained(
    model: ForecastModel, panel: Panel, components: Floats, progress: Progress
) -> tuple[Floats, Details]:
    """[parts, n, H]; the best-selling products by the even-handed way and by feature."""
    from ml.forecasting import explanation  # with LightGBM

    origin, horizons = panel.n_weeks - 1, np.arange(1, panel.horizon + 1)
    settings = model.calibration.settings
    details = Details(panel=panel, rows=np.zeros(0, int))
    if isinstance(model.learner, RuleOfThumb):
        progress("explaining", 1.0)
        return explanation.of_rule_of_thumb(components, settings), details
    result = np.empty((len(PARTS), panel.n, len(horizons)), np.float32)
    order = np.argsort(-features.scales(panel, origin), kind="stable")
    known: list[ByFeature] = []
    done = 0
    for start in range(0, panel.n, EXPLAINED_AT_ONCE):
        at = order[start : start + EXPLAINED_AT_ONCE]
        exact = done * len(horizons) < explanation.SHAP_ROWS
        given = (model.learner, panel.take(at), origin, horizons, components[:, at], settings)
        told = explanation.by_feature(*given) if exact else None
        if told is not None:
            known.append(told)
            result[:, at] = told.parts()
        else:
            result[:, at] = explanation.of(*given, exact=exact)
        done += len(at)
        progress("explaining", done / panel.n)
    if known:
        units = np.concatenate([told.units.astype(np.float32) for told in known], axis=1)
        features_ = known[0].features
        details = replace(details, rows=order[: units.shape[1]], features=features_, units=units)
    return result, details
