"""What models say of orders: who is asked about which, how sure it is, and what is logged.

The champion answers, or what stands in its place. While an experiment splits decisions, the
challenger answers for its units; in shadow it is asked about everything and decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from app.services import serving
from app.services.experiments.arms import CHALLENGER, CHAMPION, SHADOW, running, unit_ref
from app.services.fraud import casing
from app.services.fraud.casing import Cause, Rules, Scored
from data_access.state.predictions import Believed, log_predictions

if TYPE_CHECKING:
    from datetime import tzinfo

    import pandas as pd
    from sqlalchemy.orm import Session

    from app.context import Desk
    from app.services.experiments import Running
    from ml.fraud.kept import FraudModel

KEY = "fraud"
RULES_VERSION = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What was said of some orders, in the order asked for."""

    scored: list[Scored]  # by whoever decides
    shadow: list[Scored]  # by the challenger, which decides nothing; empty where none is asked
    rules: Rules
    arms: list[str]  # champion | challenger, by order
    units: list[str] | None  # None: no experiment runs, or it was not asked for


def say(
    desk: Desk,
    features: pd.DataFrame,
    facts: pd.DataFrame,
    *,
    now: datetime,
    cause: Cause,
    orders: pd.DataFrame | None = None,
) -> Said:
    """Score by features without keeping anything: what keeps and what only asks share this.

    orders : see `scoring.keep`.
    """
    with desk.state.read() as session:
        rules = casing.rules_of(session)
    test = running(desk, KEY)
    challenger = _challenger(desk, test) if test is not None else None
    ids = [str(one) for one in features.index]
    units = None
    if test is not None and (cause == "new" or not test.shadow):
        units = _units(desk, orders, ids, test)
    version, model = champion(desk, now)
    ask = _Asking(desk, rules, now, features, facts)
    if test is None or challenger is None:
        whole = ask.model(version, model)
        return Said(scored=whole, shadow=[], rules=rules, arms=[CHAMPION] * len(ids), units=units)
    if test.shadow:
        return Said(
            scored=ask.model(version, model),
            shadow=ask.model(test.challenger, challenger),
            rules=rules,
            arms=[CHAMPION] * len(ids),
            units=units,
        )
    assert units is not None
    arms: list[str] = [test.arm(unit) for unit in units]
    split = {
        CHAMPION: ask.model(version, model, _places(arms, CHAMPION)),
        CHALLENGER: ask.model(test.challenger, challenger, _places(arms, CHALLENGER)),
    }
    waiting = {arm: iter(found) for arm, found in split.items()}
    scored = [next(waiting[arm]) for arm in arms]
    return Said(scored=scored, shadow=[], rules=rules, arms=arms, units=units)


def champion(desk: Desk, now: datetime) -> tuple[int, FraudModel]:
    """Number and model of who decides; the plain rules (0) where nobody was activated, or where
    neither the champion nor one before it can be read."""
    found = serving.model(desk, KEY)
    if found.version is None:
        from ml.fraud import scoring

        # The rules learn nothing, so that the day they stand for says nothing either.
        return RULES_VERSION, scoring.untrained(now.date())
    return found.version, found.model


def log(session: Session, said: Said, *, cause: Cause, now: datetime, zone: tzinfo) -> None:
    """Write into the prediction log what was said of new orders, and, while an experiment splits
    decisions, of orders asked about: what comes of them is compared by arm and unit."""
    if cause != "new" and (said.units is None or cause == "again"):
        return
    day = now.replace(tzinfo=UTC).astimezone(zone).date()
    refs: list[str | None] = [None] * len(said.scored)
    if said.units is not None:
        refs = [unit_ref(unit) for unit in said.units]
    told = [*zip(said.scored, said.arms, refs, strict=True)]
    told += [(one, SHADOW, ref) for one, ref in zip(said.shadow, refs, strict=False)]
    groups: dict[tuple[int, str], list[Believed]] = {}
    for one, arm, ref in told:
        believed = Believed(entity=f"order:{one.order_id}", prediction=one.score, features_ref=ref)
        groups.setdefault((one.model_version, arm), []).append(believed)
    for (version, arm), rows in groups.items():
        log_predictions(
            session,
            capability=KEY,
            model_version=version,
            arm=arm,
            as_of=day,
            made_at=now,
            rows=rows,
        )


@dataclass(frozen=True, slots=True)
class _Asking:
    """One batch, of which several models may be asked."""

    desk: Desk
    rules: Rules
    now: datetime
    features: pd.DataFrame
    facts: pd.DataFrame

    def model(
        self, version: int, model: FraudModel, places: Sequence[int] | None = None
    ) -> list[Scored]:
        """What a model says of the orders at some places; None: of all."""
        features, facts = self.features, self.facts
        if places is not None:
            if not places:
                return []
            features, facts = features.iloc[list(places)], facts.iloc[list(places)]
        from ml.fraud import scoring
        from ml.fraud.confidence import of_scores

        with serving.counting(self.desk, KEY, version) as call:
            frame = scoring.score(model, features, base=False)
            told = scoring.factors(model, features)
            call.predictions = len(frame)
        scores = np.clip(frame["score"].to_numpy(float), 0.0, 1.0)
        return list(
            self._scored(
                version,
                [str(one) for one in frame.index],
                scores,
                of_scores(scores),
                frame["kind"].tolist(),
                [one.to_json() for one in told],
                facts["amount"].to_numpy(float),
            )
        )

    def _scored(
        self,
        version: int,
        ids: list[str],
        scores: np.ndarray,
        sure: np.ndarray,
        kinds: list[Any],
        told: list[dict[str, Any]],
        amounts: np.ndarray,
    ) -> Iterable[Scored]:
        rows = zip(ids, scores, sure, kinds, told, amounts, strict=True)
        for order_id, score, confidence, kind, because, amount in rows:
            unsure = not serving.is_sure(float(confidence), self.rules.confidence)
            one = Scored(
                order_id=order_id,
                score=float(score),
                risk=casing.level(float(score), self.rules),
                kind=kind if isinstance(kind, str) else None,
                expected_loss=float(score) * float(amount),
                model_version=version,
                made_at=self.now,
                base=float(because["base"]),
                factors=tuple(because["factors"]),
                case_id=None,
                drawn=None,
                confidence=float(confidence),
                unsure=unsure,
            )
            # Whoever acts on the risk, the shop's server among them, must do nothing by this one.
            yield replace(one, risk="low") if unsure else one


def _places(arms: Sequence[str], arm: str) -> list[int]:
    return [place for place, one in enumerate(arms) if one == arm]


def _units(desk: Desk, orders: pd.DataFrame | None, ids: Sequence[str], test: Running) -> list[str]:
    if orders is None:
        return [f"order:{one}" for one in ids]
    from app.services.fraud.units import units

    return units(desk, orders, ids, test)


def _challenger(desk: Desk, test: Running) -> FraudModel | None:
    """None where its files are refused: then the champion decides everything, and it is told."""
    found: FraudModel | None = serving.challenger(desk, test.capability, test.challenger)
    return found
