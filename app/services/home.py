"""Home: what needs me today, by role. Real figures, real work, and how fresh the data is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pandas as pd

from app.access import Role
from app.metrics import BY_SLUG, METRICS, Metric
from app.services.usual import YEAR, Course, Figure, course, figure, over, share_gone
from data_access.queries import shop as shop_queries
from data_access.queries.sales import top_products
from data_access.queries.selection import SalesSelection
from data_access.snapshots.manifest import Manifest
from data_access.state.targets import read_targets

if TYPE_CHECKING:
    from app.context import Desk

SELLERS = 10  # products in the list of best sellers
SHOWN = 91  # days on the chart: a season
SPANS: dict[str, int] = {"day": 1, "week": 7, "month": 28}  # days; whole weeks keep the weekdays

FIGURES: dict[Role, tuple[str, ...]] = {
    Role.merchandiser: ("revenue", "units", "average_order_value", "gross_margin_share"),
    Role.fraud_analyst: ("orders", "declined_share", "chargebacks", "refund_share"),
    Role.manager: ("revenue", "orders", "gross_margin_share", "conversion"),
    Role.admin: ("revenue", "orders", "units", "new_customers"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a person wants to see on Home."""

    role: Role
    span: str  # a key of SPANS
    chart: str  # slug of the metric on the chart; "" for the first of the role


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A manager's target for this month and how far it is."""

    slug: str
    so_far: float  # in the metric's unit, this month up to the last whole day
    target: float  # of the whole month
    expected: float  # of the target, by that day, as the year before went
    month: date  # its first day

    @property
    def ahead(self) -> bool:
        higher = BY_SLUG[self.slug].higher_is_better is not False
        return self.so_far >= self.expected if higher else self.so_far <= self.expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Everything on the page but the work waiting, which is never cached."""

    last_day: date  # the last whole day
    first_day: date  # of the span
    figures: tuple[Figure, ...]
    chart: str  # slug
    course: Course
    targets: tuple[Progress, ...]


def choices(role: Role) -> tuple[str, ...]:
    """Slugs that the chart can show, the role's own figures first."""
    own = FIGURES[role]
    return (*own, *(metric.slug for metric in METRICS if metric.slug not in own))


def last_whole_day(manifest: Manifest, zone: ZoneInfo) -> date:
    """The last local day that the data holds to its end."""
    local = manifest.as_of.replace(tzinfo=UTC).astimezone(zone)
    ended = local.hour == 23 and local.minute == 59
    return manifest.as_of_day if ended else manifest.as_of_day - timedelta(days=1)


def key_figures(desk: Desk, snapshot: int, *, first_day: date, last_day: date) -> pd.DataFrame:
    """`key_figures` of the period: one row a local day, index of dates, money in currency."""
    frame = desk.analytics.frame(snapshot, shop_queries.key_figures(first_day, last_day))
    frame = frame.assign(local_day=[_date(day) for day in frame["local_day"]])
    return frame.set_index("local_day").sort_index()


def home(
    days: pd.DataFrame, asked: Asked, targets: Sequence[tuple[str, float]], last: date
) -> Home:
    """Figures, chart and targets from the days of `key_figures`.

    targets : slug and value for the month of `last`.
    """
    span = SPANS.get(asked.span, 1)
    slugs = FIGURES[asked.role]
    chart = asked.chart if asked.chart in BY_SLUG else slugs[0]
    month = last.replace(day=1)
    return Home(
        last_day=last,
        first_day=last - timedelta(days=span - 1),
        figures=tuple(figure(days, BY_SLUG[slug], last=last, span=span) for slug in slugs),
        chart=chart,
        course=course(days, BY_SLUG[chart], last=last, shown=SHOWN),
        targets=tuple(
            progress
            for slug, value in targets
            if slug in BY_SLUG
            and (progress := _progress(days, BY_SLUG[slug], value, month, last)) is not None
        ),
    )


def best_sellers(desk: Desk, snapshot: int, *, first_day: date, last_day: date) -> pd.DataFrame:
    """Products with the most revenue in the span.

    product_id str · product str · category str · units int · revenue float (currency) ·
    price float (mean paid per unit)
    """
    span = SalesSelection(level="shop", series_id=None, first_day=first_day, last_day=last_day)
    return desk.analytics.frame(snapshot, top_products(span, limit=SELLERS))


def month_targets(desk: Desk, month: date) -> list[tuple[str, float]]:
    """Slug and value of each target set for that month (its first day)."""
    with desk.state.read() as session:
        rows = read_targets(session, first_month=month, last_month=month)
        return [(row.metric, row.value) for row in rows]


def needed_from(last: date) -> date:
    """First day that any figure on Home reads: a year, the longest span, the weeks before, and the
    same months a year ago beside which targets are set."""
    return last - timedelta(days=YEAR + SHOWN + 180)


def _progress(
    days: pd.DataFrame, metric: Metric, target: float, month: date, last: date
) -> Progress | None:
    so_far = over(days, metric, last=last, span=(last - month).days + 1)
    if so_far is None:
        return None
    gone = share_gone(days, metric, month=month, last=last) if metric.additive else 1.0
    return Progress(
        slug=metric.slug, so_far=so_far, target=target, expected=target * gone, month=month
    )


def _date(day: object) -> date:
    stamp = pd.Timestamp(day)  # type: ignore[arg-type]
    return stamp.date()
