"""Key figures worked out by hand, and how numbers are written."""

from __future__ import annotations

import pytest

from app.metrics import BY_SLUG, METRICS, about, count, format_range, format_value, money, share

DAY = {
    "revenue": 1000.0,
    "orders": 20.0,
    "units": 50.0,
    "cost": 480.0,
    "revenue_with_cost": 800.0,
    "new_customers": 7.0,
    "refund_amount": 30.0,
    "declined": 5.0,
    "chargebacks": 1.0,
    "visits": 800.0,
    "conversions": 24.0,
}


@pytest.mark.parametrize(
    ("slug", "expected"),
    [
        ("revenue", 1000.0),
        ("average_order_value", 50.0),
        ("gross_margin_share", 0.4),  # of the goods whose cost is known: (800 - 480) / 800
        ("conversion", 0.03),
        ("refund_share", 0.03),
        ("declined_share", 0.2),
    ],
)
def test_a_figure_follows_from_its_sums(slug: str, expected: float) -> None:
    assert BY_SLUG[slug].value(DAY) == pytest.approx(expected)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.slug)
def test_a_day_without_anything_breaks_no_figure(metric) -> None:  # type: ignore[no-untyped-def]
    value = metric.value(dict.fromkeys(DAY, 0.0))

    assert value is None or value == 0


def test_a_share_of_nothing_is_unknown_not_zero() -> None:
    assert BY_SLUG["conversion"].value({"visits": 0.0, "conversions": 0.0}) is None
    assert format_value(BY_SLUG["conversion"], None, "EUR") == "–"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (money(38400.4, "EUR"), "€ 38,400"),
        (money(-12.5, "EUR"), "−€ 12.50"),
        (money(1234.5, "CHF", exact=True), "CHF 1,234.50"),
        (count(19203.4), "19,203"),
        (count(3.4), "3.4"),
        (count(3.0), "3"),
        (share(0.144), "14 %"),
        (share(0.0312), "3.1 %"),
        (share(-0.08, signed=True), "−8.0 %"),
        (share(0.12, signed=True), "+12 %"),
        (share(0.0), "0 %"),
    ],
)
def test_numbers_are_written_as_staff_read_them(written: str, expected: str) -> None:
    assert written == expected


def test_a_range_is_as_precise_as_its_upper_end() -> None:
    assert format_range(BY_SLUG["revenue"], 78.1, 147.0, "EUR") == "€ 78 to 147"
    assert format_range(BY_SLUG["conversion"], 0.021, 0.034, "EUR") == "2.1 to 3.4 %"
    assert format_range(BY_SLUG["orders"], 166.2, 1960, "EUR") == "166 to 1,960"


def test_an_estimate_is_rounded_to_what_is_known() -> None:
    assert about(1203.47) == 1200
    assert about(0.0) == 0
    assert about(47.2) == 47
