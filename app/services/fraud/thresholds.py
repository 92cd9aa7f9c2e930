"""Thresholds: what others would have meant on orders whose end is known; set live, or in shadow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import pandas as pd
from sqlalchemy import select

from app.access import Identity
from app.services.activation import champion
from app.services.preferences import SettingError
from app.services.settings import Change, change_setting, setting_value
from data_access.errors import DataError
from data_access.state import preferences
from data_access.state.fraud_tables import FraudScore
from ml.fraud.replay import Outcome, Replay, Work

if TYPE_CHECKING:
    from app.context import Desk

CAPABILITY = "fraud"
SCORES = "scores.parquet"
"""In a version's folder: its scores of the orders that it was judged on and never learned from."""

LIVE = ("fraud_review_threshold", "fraud_block_threshold")
SHADOW = ("fraud_shadow_review", "fraud_shadow_block")
CHANGED_SHOWN = 200  # orders that change sides; more than anybody reads
MONEY = 10_000  # ten-thousandths of the currency in the app database


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A version whose scores of later orders were kept."""

    number: int
    label: str  # of its candidate
    decides: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What thresholds are replayed on."""

    version: int
    first: date
    last: date
    days: int
    orders: float  # a day
    frauds: int
    replay: Replay


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Scores from which an order is reviewed, and from which it is held."""

    review: float
    block: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What holds now."""

    live: Thresholds
    shadow: Thresholds | None
    shadow_since: datetime | None  # naive UTC
    shadow_by: str | None
    capacity: int  # orders reviewed a day
    minutes: float  # for one
    margin: float  # share of an order's amount

    @property
    def work(self) -> Work:
        return Work(capacity=self.capacity, minutes=self.minutes, margin=self.margin)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowStory:
    """What the thresholds in shadow would have done to the orders scored since."""

    scored: int
    queue_live: int
    queue_shadow: int
    held_live: int
    held_shadow: int
    rows: pd.DataFrame
    """Orders that change sides: order_id · made_at · score · expected_loss · live · shadow (risk),
    most expected loss first."""


def scored_versions(desk: Desk) -> tuple[Scored, ...]:
    """Versions whose scores were kept; what decides now first, then the newest."""
    from ml.fraud import FRAUD  # loads what declares the candidates

    now = champion(desk, CAPABILITY).version
    labels = {one.key: one.label for one in FRAUD.candidates}
    found = [
        Scored(
            number=one.number,
            label=labels.get(one.candidate, one.candidate),
            decides=one.number == now,
        )
        for one in desk.models.versions(CAPABILITY)
        if SCORES in one.files
    ]
    return tuple(sorted(found, key=lambda one: (not one.decides, -one.number)))


def history(desk: Desk, number: int) -> History:
    """The ripe orders on which a version was judged, with its scores of that time.

    Raises
    ------
    DataError : there is no such version, or its scores were not kept.
    NotEnoughData : fewer than five known frauds among them.
    """
    path = desk.models.files(CAPABILITY, number) / SCORES
    if not path.exists():
        raise DataError(
            f"Version {number} was stored without its scores.",
            remedy="Train a version; thresholds are replayed on orders it never learned from.",
        )
    replay = Replay(pd.read_parquet(path))
    return History(
        version=number,
        first=replay.first.date(),
        last=replay.last.date(),
        days=replay.days,
        orders=replay.orders,
        frauds=replay.frauds,
        replay=replay,
    )


def holding(desk: Desk) -> Holding:
    """Thresholds and what else an outcome depends on, as set now."""
    with desk.state.read() as session:
        row = preferences.preference_rows(session).get(SHADOW[0])
    review, block = (setting_value(desk.state, key) for key in SHADOW)
    shadow = None
    if isinstance(review, int | float) and isinstance(block, int | float):
        shadow = Thresholds(review=float(review), block=float(block))
    return Holding(
        live=Thresholds(review=_number(desk, LIVE[0]), block=_number(desk, LIVE[1])),
        shadow=shadow,
        shadow_since=row.changed_at if row and shadow else None,
        shadow_by=row.changed_by if row and shadow else None,
        capacity=int(_number(desk, "review_capacity")),
        minutes=_number(desk, "fraud_minutes_per_case"),
        margin=_number(desk, "fraud_margin"),
    )


def of_lengths(found: History, queue: float, held: float) -> Thresholds:
    """The thresholds that keep so many orders a day in the queue, and so many of them held."""
    review = _kept(found.replay.threshold(queue))
    return Thresholds(
        review=review, block=max(_kept(found.replay.threshold(min(held, queue))), review)
    )


def work(capacity: float, minutes: float, margin: float) -> Work:
    """Capacity in orders a day, minutes for one, margin as a share."""
    return Work(capacity=capacity, minutes=minutes, margin=margin)


def outcome(found: History, asked: Thresholds, with_: Work) -> Outcome:
    """What two thresholds would have come to, a day on average."""
    return found.replay.at(asked.review, asked.block, with_)


def set_live(desk: Desk, by: Identity, asked: Thresholds) -> list[Change]:
    """Let these thresholds decide about orders from now on; those in shadow end with it.

    Raises
    ------
    AccessDenied : the role may not.
    SettingError : out of bounds, or an order would be held before it is reviewed.
    """
    checked = _checked(asked)
    changes = _set(desk, by, LIVE, checked)
    held = holding(desk).shadow
    if held is not None and held == checked:
        changes += end_shadow(desk, by)
    return changes


def set_shadow(desk: Desk, by: Identity, asked: Thresholds) -> list[Change]:
    """Count what these thresholds would do beside the live ones; they decide nothing.

    Raises
    ------
    AccessDenied, SettingError : as `set_live`.
    """
    return _set(desk, by, SHADOW, _checked(asked))


def end_shadow(desk: Desk, by: Identity) -> list[Change]:
    """Try nothing in shadow any more."""
    return [change_setting(desk, by, key=key, value=None) for key in SHADOW]


def shadow_story(desk: Desk, held: Holding) -> ShadowStory | None:
    """Orders scored since thresholds are in shadow, by what both would do; None without any."""
    if held.shadow is None or held.shadow_since is None:
        return None
    s = FraudScore
    query = (
        select(s.order_id, s.made_at, s.score, s.risk, s.expected_loss)
        .where(s.made_at >= held.shadow_since, s.shadow.is_(False), s.cause == "new")
        .order_by(s.score_id)
    )
    with desk.state.read() as session:
        rows = session.execute(query).all()
    frame = pd.DataFrame(rows, columns=["order_id", "made_at", "score", "live", "expected_loss"])
    frame["expected_loss"] = frame["expected_loss"].astype(float) / MONEY
    score = frame["score"].astype(float)
    frame["shadow"] = "low"
    frame.loc[score >= held.shadow.review, "shadow"] = "review"
    frame.loc[score >= held.shadow.block, "shadow"] = "block"
    changed = frame[frame["live"] != frame["shadow"]]
    return ShadowStory(
        scored=len(frame),
        queue_live=int((frame["live"] != "low").sum()),
        queue_shadow=int((frame["shadow"] != "low").sum()),
        held_live=int((frame["live"] == "block").sum()),
        held_shadow=int((frame["shadow"] == "block").sum()),
        rows=changed.sort_values(
            ["expected_loss", "order_id"], ascending=[False, True], kind="stable"
        )
        .head(CHANGED_SHOWN)
        .reset_index(drop=True),
    )


def _kept(score: float) -> float:
    """A threshold within the bounds of the settings; never above the score that it must let in."""
    return min(max(math.floor(score * 1e6) / 1e6, 0.001), 0.999)


def _checked(asked: Thresholds) -> Thresholds:
    """Rounded as they are kept and shown."""
    found = Thresholds(review=round(asked.review, 6), block=round(asked.block, 6))
    if not found.review <= found.block:
        raise SettingError(
            "Orders would be held at a lower score than the one from which they are reviewed.",
            remedy="Hold fewer orders at once than wait in the queue.",
        )
    return found


def _set(desk: Desk, by: Identity, keys: tuple[str, str], asked: Thresholds) -> list[Change]:
    """Both in an order in which the threshold to hold is never below the one to review."""
    values = dict(zip(keys, (asked.review, asked.block), strict=True))
    now = setting_value(desk.state, keys[1])
    block_first = isinstance(now, int | float) and asked.review > now
    order = reversed(keys) if block_first else keys
    return [change_setting(desk, by, key=key, value=values[key]) for key in order]


def _number(desk: Desk, key: str) -> float:
    value = setting_value(desk.state, key)
    assert isinstance(value, int | float)
    return float(value)
