"""How large a demo shop is, and what is thinned out so that it stays within its budget."""

from __future__ import annotations

from dataclasses import dataclass

WEEKS = 157
"""Weeks of the first three years: what the sizes' counts refer to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Counts by the end of the first three years."""

    name: str
    products: int
    customers: int
    orders: int
    suppliers: int
    events_share: float = 1.0  # share of shopper sessions that are recorded
    watched_share: float = 0.4  # share of products whose competitors are watched
    review_share: float = 0.075  # share of delivered lines that are reviewed
    mailing: int = 4_000  # most members of one campaign
    level_spread: float = 1.1  # how long the tail of products is (standard deviation of logs)


SIZES = {
    size.name: size
    for size in (
        Size(name="tiny", products=40, customers=240, orders=1_500, suppliers=5),
        Size(name="small", products=300, customers=3_000, orders=25_000, suppliers=14),
        Size(
            name="medium",
            products=5_000,
            customers=50_000,
            orders=500_000,
            suppliers=60,
            events_share=0.25,
            watched_share=0.1,
            mailing=8_000,
            level_spread=1.25,
        ),
        Size(
            name="large",
            products=100_000,
            customers=1_000_000,
            orders=5_450_000,
            suppliers=400,
            events_share=0.02,
            watched_share=0.02,
            review_share=0.03,
            mailing=20_000,
            level_spread=1.35,
        ),
    )
}
"""`tiny` is for tests."""
