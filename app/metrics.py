"""Every key figure once: its name, unit, direction and formula, used by every page that shows it.

A figure is computed from sums of columns of the snapshot's `key_figures` table (one row a day,
money in the shop's currency), so that a day, a week and a year are the same formula.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

Sums = Mapping[str, float]
Unit = Literal["money", "count", "share"]

SIGNS = {"EUR": "€", "GBP": "£", "USD": "$", "CHF": "CHF", "JPY": "¥", "BRL": "R$"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One key figure.

    columns : those of `key_figures` whose sums the formula reads.
    higher_is_better : None where neither direction is good by itself.
    additive : a month's value is the sum of its days' values, so a month's target can be shared
        out over the days that have passed.
    """

    slug: str
    label: str
    unit: Unit
    higher_is_better: bool | None
    about: str
    columns: tuple[str, ...]
    formula: Callable[[Sums], float | None]
    additive: bool

    def value(self, sums: Sums) -> float | None:
        """The figure over a period, from the period's sums; None where it has no meaning."""
        if any(sums.get(column) is None for column in self.columns):
            return None
        return self.formula(sums)


def _total(column: str) -> Callable[[Sums], float | None]:
    return lambda sums: sums[column]


def _share(upper: str, lower: str) -> Callable[[Sums], float | None]:
    return lambda sums: sums[upper] / sums[lower] if sums[lower] > 0 else None


def _margin(sums: Sums) -> float | None:
    known = sums["revenue_with_cost"]
    return (known - sums["cost"]) / known if known > 0 else None


def _declined(sums: Sums) -> float | None:
    tried = sums["orders"] + sums["declined"]
    return sums["declined"] / tried if tried > 0 else None


METRICS: tuple[Metric, ...] = (
    Metric(
        slug="revenue",
        label="Revenue",
        unit="money",
        higher_is_better=True,
        about="What the goods ordered came to, before coupons; declined and cancelled orders left "
        "out, refunds not subtracted.",
        columns=("revenue",),
        formula=_total("revenue"),
        additive=True,
    ),
    Metric(
        slug="orders",
        label="Orders",
        unit="count",
        higher_is_better=True,
        about="Orders placed; declined and cancelled ones left out.",
        columns=("orders",),
        formula=_total("orders"),
        additive=True,
    ),
    Metric(
        slug="units",
        label="Units sold",
        unit="count",
        higher_is_better=True,
        about="Pieces in those orders.",
        columns=("units",),
        formula=_total("units"),
        additive=True,
    ),
    Metric(
        slug="average_order_value",
        label="Average order",
        unit="money",
        higher_is_better=True,
        about="Revenue divided by orders.",
        columns=("revenue", "orders"),
        formula=_share("revenue", "orders"),
        additive=False,
    ),
    Metric(
        slug="gross_margin_share",
        label="Gross margin",
        unit="share",
        higher_is_better=True,
        about="Revenue less the cost of the goods, as a share of revenue; goods whose cost is "
        "unknown left out.",
        columns=("revenue_with_cost", "cost"),
        formula=_margin,
        additive=False,
    ),
    Metric(
        slug="conversion",
        label="Conversion",
        unit="share",
        higher_is_better=True,
        about="Visits that ended in an order, as a share of all visits.",
        columns=("conversions", "visits"),
        formula=_share("conversions", "visits"),
        additive=False,
    ),
    Metric(
        slug="new_customers",
        label="New customers",
        unit="count",
        higher_is_better=True,
        about="Customers who ordered for the first time.",
        columns=("new_customers",),
        formula=_total("new_customers"),
        additive=True,
    ),
    Metric(
        slug="refund_share",
        label="Refunds",
        unit="share",
        higher_is_better=False,
        about="Money paid back in the period, as a share of its revenue.",
        columns=("refund_amount", "revenue"),
        formula=_share("refund_amount", "revenue"),
        additive=False,
    ),
    Metric(
        slug="declined_share",
        label="Declined orders",
        unit="share",
        higher_is_better=False,
        about="Orders whose payment was declined, as a share of all that were tried.",
        columns=("declined", "orders"),
        formula=_declined,
        additive=False,
    ),
    Metric(
        slug="chargebacks",
        label="Chargebacks",
        unit="count",
        higher_is_better=False,
        about="Payments that a bank took back, by the day they happened.",
        columns=("chargebacks",),
        formula=_total("chargebacks"),
        additive=True,
    ),
)
BY_SLUG: dict[str, Metric] = {metric.slug: metric for metric in METRICS}


def sign(currency: str) -> str:
    """The currency's sign, or its code where it has none of its own."""
    return SIGNS.get(currency, currency)


def money(value: float, currency: str, *, exact: bool = False) -> str:
    """Amount with its currency: cents below 100, whole above; `exact` keeps the cents."""
    figure = f"{abs(value):,.2f}" if exact or abs(value) < 100 else f"{abs(value):,.0f}"
    return f"{'−' if value < 0 else ''}{sign(currency)} {figure}"


def count(value: float) -> str:
    """Whole number with thousands separated, or one decimal below ten where there is one."""
    whole = abs(value) >= 10 or abs(value - round(value)) < 0.05
    figure = f"{abs(value):,.0f}" if whole else f"{abs(value):,.1f}"
    return f"{'−' if value < 0 and figure != '0' else ''}{figure}"


def share(value: float, *, signed: bool = False) -> str:
    """Share as per cent: whole from ten per cent on, one decimal below."""
    percent = abs(value) * 100
    figure = f"{percent:.0f}" if percent >= 9.95 or percent == 0 else f"{percent:.1f}"
    mark = "−" if value < 0 and float(figure) else "+" if signed and float(figure) else ""
    return f"{mark}{figure} %"


def format_value(metric: Metric, value: float | None, currency: str) -> str:
    """The value as staff read it; a dash where there is none."""
    if value is None:
        return "–"
    if metric.unit == "money":
        return money(value, currency)
    return share(value) if metric.unit == "share" else count(value)


def format_range(metric: Metric, low: float, high: float, currency: str) -> str:
    """Both ends as precise as the upper one, the unit said once."""
    if metric.unit == "money":
        digits = 2 if abs(high) < 100 else 0
        return f"{sign(currency)} {low:,.{digits}f} to {high:,.{digits}f}"
    if metric.unit == "share":
        digits = 0 if abs(high) >= 0.0995 else 1
        return f"{low * 100:.{digits}f} to {high * 100:.{digits}f} %"
    return f"{count(low)} to {count(high)}"


def about(value: float) -> float:
    """Rounded to two leading digits: what an estimate knows (1,203.47 becomes 1,200)."""
    if value == 0:
        return 0.0
    digits = len(f"{abs(value):.0f}") if abs(value) >= 1 else 1
    step = 10.0 ** max(digits - 3, 0) * (5 if digits >= 3 else 1)
    return round(value / step) * step
