"""The reasons of a score as they were kept with it, in words and figures that people read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.metrics import money as money_of
from app.services.fraud.case_facts import Factor, ScoreFacts
from app.services.fraud.views import KINDS
from ml.fraud.schema import BY_NAME

if TYPE_CHECKING:
    from data_access.state.fraud_tables import FraudScore

OTHER = "other"
"""The feature under which everything else is summed; it stands last."""

_ROUNDING = 0.0005


def kind_words(kind: str | None) -> str:
    """A kind of fraud as people read it; a dash where none is known."""
    return "–" if not kind else KINDS.get(kind, kind.replace("_", " ").capitalize())


def score_facts(row: FraudScore, currency: str) -> ScoreFacts:
    """One stored score; a factor of a feature that is gone keeps its name."""
    kept = row.factors or {}
    base = float(kept.get("base") or 0.0)
    factors = [_factor(one, currency) for one in kept.get("factors") or ()]
    rest = row.score - base - sum(one.contribution for one in factors)
    if abs(rest) > _ROUNDING:
        factors.append(_rest(rest))
    return ScoreFacts(
        score=row.score,
        risk=row.risk,
        kind=row.kind,
        model_version=row.model_version,
        cause=row.cause,
        made_at=row.made_at,
        base=base,
        factors=tuple(sorted(factors, key=_strongest)),
        confidence=row.confidence,
        unsure=bool(row.unsure),
    )


def _strongest(one: Factor) -> tuple[bool, float]:
    return one.feature == OTHER, -abs(one.contribution)


def _rest(contribution: float) -> Factor:
    return Factor(
        feature=OTHER,
        label="Everything else",
        value="",
        usual=None,
        contribution=contribution,
        sentence="Everything else together",
    )


def _factor(kept: Mapping[str, Any], currency: str) -> Factor:
    name = str(kept.get("feature", ""))
    known = BY_NAME.get(name)
    value, usual = kept.get("value"), kept.get("usual")
    label = str(kept.get("label") or (known.label if known else name.replace("_", " ")))
    shown = said(name, value, currency)
    usually = None if usual is None else said(name, usual, currency)
    told = str(kept.get("sentence") or "")
    # A model knows no currency: sentences about money are told here.
    if known and known.told and value is not None and (not told or known.unit == "money"):
        told = known.told if usually else known.told.replace("; usual is {usual}", "")
        told = told.format(value=shown, usual=usually)
    return Factor(
        feature=name,
        label=label,
        value=shown,
        usual=usually,
        contribution=float(kept.get("contribution") or 0.0),
        sentence=told or label,
    )


def said(feature: str, value: object, currency: str) -> str:
    """A feature's value as people read it: money, shares, hours, yes and no, codes by name."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "unknown"
    if isinstance(value, str):
        return value
    number, known = float(value), BY_NAME.get(feature)  # type: ignore[arg-type]
    unit = known.unit if known else "count"
    if unit == "money":
        return money_of(number, currency)
    if unit == "share":
        return f"{number * 100:.0f} %"
    if unit == "ratio":
        return f"{number:.1f}"
    if unit == "hour":
        return f"{number:.0f}:00"
    if unit == "yes":
        return "yes" if number >= 0.5 else "no"
    if unit == "days":
        return f"{number:.0f} {'day' if round(number) == 1 else 'days'}"
    if unit == "hours":
        return _hours(number)
    if unit == "code":
        codes = known.codes if known else ()
        at = int(number)
        return codes[at] if 0 <= at < len(codes) else "other"
    return f"{number:,.0f}" if number == round(number) else f"{number:,.1f}"


def _hours(hours: float) -> str:
    if hours < 1:
        return f"{hours * 60:.0f} min"
    if hours < 48:
        return f"{hours:.0f} {'hour' if round(hours) == 1 else 'hours'}"
    days = hours / 24
    return f"{days:,.0f} days" if days < 730 else f"{days / 365.25:.0f} years"
