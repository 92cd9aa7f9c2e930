"""How good scores and decisions have been, as chargebacks come in; how much work there was.

An order counts as fraud once it is charged back or an analyst has declined it, and as good when an
analyst has approved it or 90 days have passed without a chargeback; before that nothing is known of
it. Weeks that are not ripe yet will still change: each says how far it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import ColumnElement, func, or_, select

from data_access.state.fraud_tables import FraudCase, FraudChargeback, FraudDecision, FraudScore

if TYPE_CHECKING:
    from app.context import Desk

RIPE = timedelta(days=90)
"""After which an order without a chargeback counts as good."""

MONEY = 10_000  # ten-thousandths of the currency in the app database
Z = 1.2816  # of a two-sided 80 % range
AGES = (4, 24, 72)  # hours that tell cases apart by their age
VERDICTS = ("approve", "decline")
NOT_TOLD = "not told"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Scores and decisions of a period or a group of orders; money in the currency."""

    orders: int  # scored
    flagged: int  # of them with a score from the review threshold on
    known: int  # flagged ones of which it is known how they ended
    caught: int  # frauds that were flagged
    missed: int  # frauds that were not
    money_caught: float  # of frauds that were declined
    money_missed: float  # of chargebacks on orders that went through
    ripe: float  # share of the orders whose 90 days have passed

    @property
    def precision(self) -> float | None:
        """Frauds among the flagged orders that are known; None where none is."""
        return self.caught / self.known if self.known else None

    @property
    def recall(self) -> float | None:
        """Flagged frauds among all that are known by now."""
        every = self.caught + self.missed
        return self.caught / every if every else None

    @property
    def precision_range(self) -> tuple[float, float] | None:
        """80 % range (Wilson): what chance alone would make of so few orders."""
        return wilson(self.caught, self.known)

    @property
    def recall_range(self) -> tuple[float, float] | None:
        return wilson(self.caught, self.caught + self.missed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A week, a version or a kind of fraud."""

    name: str
    quality: Quality


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What came in, what was done, what lies there.

    by_day : day date · opened, decided int, one row a day of the shop's zone.
    ages : age str · cases, late int, of the cases that wait now; late: their orders should have
        been shipped by now.
    people : by str · decided int · minutes float (median from opening to verdict) · undone int.
    """

    by_day: pd.DataFrame
    ages: pd.DataFrame
    people: pd.DataFrame
    waiting: int
    late: int
    minutes: float | None  # median from opening to verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Everything on the view, for one period."""

    since: datetime  # naive UTC
    whole: Quality
    weeks: tuple[Group, ...]  # oldest first
    versions: tuple[Group, ...]  # newest first
    kinds: tuple[Group, ...]  # most fraud first
    workload: Workload


def statistics(desk: Desk, *, now: datetime, days: int) -> Statistics:
    """Of the orders scored within the last `days`."""
    since = now - timedelta(days=days)
    counts, told = _counts(desk, since), _told(desk, since)
    for frame in (counts, told):
        # By whole days of UTC, as the database counts them: both frames must agree.
        noons = frame["at"].dt.normalize() + timedelta(hours=12)
        frame["week"] = [_monday(one, desk.zone) for one in noons]
        frame["version"] = frame["version"].astype(int)
    return Statistics(
        since=since,
        whole=_quality(counts, told, now),
        weeks=_groups(counts, told, "week", now),
        versions=tuple(reversed(_groups(counts, told, "version", now))),
        kinds=_kinds(told, now),
        workload=_workload(desk, since, now),
    )


def wilson(hits: int, cases: int) -> tuple[float, float] | None:
    """80 % range of a share, by Wilson's formula; None without cases."""
    if not cases:
        return None
    share, square = hits / cases, Z * Z / cases
    middle = (share + square / 2) / (1 + square)
    half = Z * (share * (1 - share) / cases + square / (4 * cases)) ** 0.5 / (1 + square)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _counts(desk: Desk, since: datetime) -> pd.DataFrame:
    """at (day, UTC) · version · risk · orders: counted in the database, since there are many."""
    s = FraudScore
    day = func.date(s.made_at)
    query = (
        select(day, s.model_version, s.risk, func.count())
        .where(*_first(since))
        .group_by(day, s.model_version, s.risk)
    )
    with desk.state.read() as session:
        rows = session.execute(query).all()
    frame = pd.DataFrame([tuple(row) for row in rows], columns=["at", "version", "risk", "orders"])
    frame["at"] = pd.to_datetime(frame["at"])
    frame["orders"] = frame["orders"].astype(int)
    return frame


def _told(desk: Desk, since: datetime) -> pd.DataFrame:
    """Orders of which anything is to be told: flagged, with a case, or charged back."""
    s, c, b = FraudScore, FraudCase, FraudChargeback
    query = (
        select(
            s.order_id,
            s.made_at,
            s.model_version,
            s.risk,
            s.score,
            s.expected_loss,
            func.coalesce(c.kind, s.kind),
            c.verdict,
            c.amount,
            b.known_at,
        )
        .outerjoin(c, c.order_id == s.order_id)
        .outerjoin(b, b.order_id == s.order_id)
        .where(
            *_first(since),
            or_(s.risk != "low", c.case_id.is_not(None), b.order_id.is_not(None)),
        )
    )
    with desk.state.read() as session:
        rows = [tuple(row) for row in session.execute(query)]
        frame = pd.DataFrame(
            rows,
            columns=[
                "order_id", "at", "version", "risk", "score", "loss", "kind", "verdict",
                "amount", "charged_at",
            ],
        )  # fmt: skip
        frame["amount"] = pd.to_numeric(frame["amount"]) / MONEY
        loss = pd.to_numeric(frame["loss"]) / MONEY
        score = pd.to_numeric(frame["score"])
        # An order without a case is known by its expected loss alone, which is score × amount.
        frame["amount"] = frame["amount"].fillna((loss / score.where(score > 1e-4)).astype(float))
        unknown = frame.loc[frame["amount"].isna(), "order_id"].tolist()
        kept = _kept_amounts(session, unknown)
    frame["amount"] = frame["amount"].fillna(frame["order_id"].map(kept)).fillna(0.0)
    frame["at"] = pd.to_datetime(frame["at"])
    return frame


def _kept_amounts(session: Any, order_ids: list[str]) -> dict[str, float]:
    """Amounts as the features had them; few orders have neither a case nor a score above none."""
    found: dict[str, float] = {}
    for start in range(0, len(order_ids), 500):
        part = order_ids[start : start + 500]
        query = select(FraudScore.order_id, FraudScore.features).where(
            FraudScore.order_id.in_(part), FraudScore.shadow.is_(False)
        )
        for order_id, features in session.execute(query):
            value = (features or {}).get("amount")
            if isinstance(value, int | float):
                found[order_id] = float(value)
    return found


def _first(since: datetime) -> tuple[ColumnElement[bool], ...]:
    """What was said of each order when it came, by what decided then."""
    s = FraudScore
    return (s.made_at >= since, s.shadow.is_(False), s.cause == "new")


def _quality(counts: pd.DataFrame, told: pd.DataFrame, now: datetime) -> Quality:
    flagged = told["risk"] != "low"
    charged = told["charged_at"].notna()
    declined = told["verdict"] == "decline"
    fraud = charged | declined
    known = fraud | (told["verdict"] == "approve") | (told["at"] <= now - RIPE)
    orders = int(counts["orders"].sum())
    ripe = int(counts.loc[counts["at"] <= now - RIPE, "orders"].sum())
    return Quality(
        orders=orders,
        flagged=int(counts.loc[counts["risk"] != "low", "orders"].sum()),
        known=int((flagged & known).sum()),
        caught=int((flagged & fraud).sum()),
        missed=int((~flagged & fraud).sum()),
        money_caught=float(told.loc[declined, "amount"].sum()),
        money_missed=float(told.loc[charged & ~declined, "amount"].sum()),
        ripe=ripe / orders if orders else 0.0,
    )


def _groups(counts: pd.DataFrame, told: pd.DataFrame, by: str, now: datetime) -> tuple[Group, ...]:
    names = sorted(set(counts[by]))
    return tuple(
        Group(
            name=str(name),
            quality=_quality(counts[counts[by] == name], told[told[by] == name], now),
        )
        for name in names
    )


def _kinds(told: pd.DataFrame, now: datetime) -> tuple[Group, ...]:
    """By the kind that a case was thought to be; counts are of what is told of, not of all."""
    told = told.assign(kind=told["kind"].fillna(NOT_TOLD))
    found = []
    for name, mine in told.groupby("kind"):
        counts = mine.assign(orders=1)[["at", "version", "risk", "orders"]]
        found.append(Group(name=str(name), quality=_quality(counts, mine, now)))
    return tuple(
        sorted(found, key=lambda one: (-(one.quality.caught + one.quality.missed), one.name))
    )


def _workload(desk: Desk, since: datetime, now: datetime) -> Workload:
    c, d = FraudCase, FraudDecision
    with desk.state.read() as session:
        opened = [at for (at,) in session.execute(select(c.opened_at).where(c.opened_at >= since))]
        waits = session.execute(select(c.opened_at, c.due_at).where(c.state != "closed")).all()
        acts = session.execute(
            select(d.by, d.at, d.undone_at, c.opened_at)
            .join(c, c.case_id == d.case_id)
            .where(d.at >= since, d.act.in_(VERDICTS))
        ).all()
    decided = pd.DataFrame(
        [tuple(row) for row in acts], columns=["by", "at", "undone_at", "opened_at"]
    )
    holds = decided[decided["undone_at"].isna()]
    took = _minutes(holds)
    ages = _ages([(opened_at, due_at) for opened_at, due_at in waits], now)
    return Workload(
        by_day=_by_day(opened, list(holds["at"]), since, now, desk.zone),
        ages=ages,
        people=_people(decided),
        waiting=len(waits),
        late=int(ages["late"].sum()),
        minutes=float(took.median()) if len(took) else None,
    )


def _minutes(acts: pd.DataFrame) -> pd.Series:
    at, opened = pd.to_datetime(acts["at"]), pd.to_datetime(acts["opened_at"])
    return (at - opened).dt.total_seconds() / 60


def _by_day(
    opened: list[datetime], decided: list[datetime], since: datetime, now: datetime, zone: ZoneInfo
) -> pd.DataFrame:
    days = [one.date() for one in pd.date_range(_local(since, zone), _local(now, zone))]
    came = pd.Series([_local(one, zone) for one in opened], dtype=object).value_counts()
    done = pd.Series([_local(one, zone) for one in decided], dtype=object).value_counts()
    return pd.DataFrame(
        {
            "day": days,
            "opened": [int(came.get(day, 0)) for day in days],
            "decided": [int(done.get(day, 0)) for day in days],
        }
    )


def _ages(waits: list[tuple[datetime, datetime]], now: datetime) -> pd.DataFrame:
    names = [f"under {AGES[0]} hours", f"{AGES[0]} to {AGES[1]} hours", "1 to 3 days", "older"]
    cases, late = [0] * len(names), [0] * len(names)
    for opened, due in waits:
        hours = (now - opened) / timedelta(hours=1)
        place = sum(hours >= limit for limit in AGES)
        cases[place] += 1
        late[place] += due < now
    return pd.DataFrame({"age": names, "cases": cases, "late": late})


def _people(decided: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for name, mine in decided.groupby("by"):
        holds = mine[mine["undone_at"].isna()]
        rows.append(
            {
                "by": str(name),
                "decided": len(holds),
                "minutes": float(_minutes(holds).median()) if len(holds) else None,
                "undone": len(mine) - len(holds),
            }
        )
    frame = pd.DataFrame(rows, columns=["by", "decided", "minutes", "undone"])
    return frame.sort_values(["decided", "by"], ascending=[False, True]).reset_index(drop=True)


def _local(at: datetime, zone: ZoneInfo) -> date:
    return at.replace(tzinfo=UTC).astimezone(zone).date()


def _monday(at: datetime, zone: ZoneInfo) -> date:
    day = _local(at, zone)
    return day - timedelta(days=day.weekday())
