"""Numbers that an owner would believe."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from data_access.shop import tables as shop
from data_access.sources.demo import truth
from tests.data_access.sources.demo.conftest import UNTIL, Ask


def count(ask: Ask, table: sa.Table) -> int:
    return int(ask(sa.select(sa.func.count()).select_from(table)).iloc[0, 0])


@pytest.fixture(scope="module")
def placed(ask: Ask) -> pd.Series:
    """Local instants of all orders."""
    instants = ask(sa.select(shop.orders.c.placed_at)).placed_at
    return instants.dt.tz_localize("UTC").dt.tz_convert("Europe/Berlin")


def test_the_small_shop_has_the_promised_size(ask: Ask) -> None:
    assert count(ask, shop.products) == pytest.approx(300, rel=0.02)
    assert count(ask, shop.customers) == pytest.approx(3_000, rel=0.06)
    assert count(ask, shop.orders) == pytest.approx(25_000, rel=0.08)
    assert count(ask, shop.categories) == 12


def test_orders_have_one_to_six_lines(ask: Ask) -> None:
    lines = ask(
        sa.select(sa.func.count(shop.order_items.c.line).label("n")).group_by(
            shop.order_items.c.order_id
        )
    ).n

    assert (lines.min(), lines.max()) == (1, 6)
    assert 1.6 < lines.mean() < 2.6


def test_fraud_is_between_eight_and_ten_in_a_thousand(ask: Ask) -> None:
    assert 0.008 <= count(ask, truth.fraud) / count(ask, shop.orders) <= 0.010


def test_one_kind_of_fraud_is_new_in_the_last_sixty_days(ask: Ask) -> None:
    kinds = ask(
        sa.select(truth.fraud.c.kind, shop.orders.c.placed_at).join(
            shop.orders, shop.orders.c.order_id == truth.fraud.c.order_id
        )
    )
    first = kinds.groupby("kind").placed_at.min()

    assert len(first) == 7
    assert (UNTIL - first["marketplace_resale"]).days <= 60
    assert (UNTIL - first.drop("marketplace_resale")).dt.days.min() > 700


def test_chargebacks_come_twenty_to_ninety_days_later_and_a_few_hit_good_orders(ask: Ask) -> None:
    found = ask(
        sa.select(shop.chargebacks.c.known_at, shop.orders.c.placed_at, truth.fraud.c.kind)
        .join(shop.orders, shop.orders.c.order_id == shop.chargebacks.c.order_id)
        .outerjoin(truth.fraud, truth.fraud.c.order_id == shop.chargebacks.c.order_id)
    )
    days = (found.known_at - found.placed_at) / pd.Timedelta(days=1)

    assert days.between(20, 91).all()
    assert 0 < found.kind.isna().sum() < 0.3 * len(found)


def test_sundays_are_strong_and_nights_are_weak(placed: pd.Series) -> None:
    by_day = placed.groupby(placed.dt.dayofweek).size()
    by_hour = placed.groupby(placed.dt.hour).size()

    assert by_day.idxmax() == 6
    assert by_hour[1:5].mean() < 0.15 * by_hour[18:21].mean()


def test_november_and_december_tower(placed: pd.Series) -> None:
    months = placed.groupby([placed.dt.year, placed.dt.month]).size().loc[2025]

    assert min(months[11], months[12]) > 1.3 * months[2:10].mean()


def test_products_have_a_long_tail(ask: Ask) -> None:
    units = ask(
        sa.select(sa.func.sum(shop.order_items.c.units).label("units")).group_by(
            shop.order_items.c.product_id
        )
    ).units.sort_values(ascending=False)

    assert 0.40 < units.head(len(units) // 5).sum() / units.sum() < 0.85


def test_the_median_customer_orders_about_twice_a_year(ask: Ask) -> None:
    orders = ask(
        sa.select(sa.func.count(shop.orders.c.order_id).label("n"))
        .where(shop.orders.c.placed_at > UNTIL - pd.Timedelta(days=365))
        .group_by(shop.orders.c.customer_id)
    ).n

    assert orders.median() in (2, 3)


def test_margins_lie_between_a_quarter_and_six_tenths(ask: Ask) -> None:
    item, product = shop.order_items.c, shop.products.c
    margins = ask(
        sa.select(
            (1 - 1.0 * sa.func.sum(item.units * product.unit_cost)
             / sa.func.sum(item.units * item.unit_price)).label("margin")
        )
        .join(shop.products, product.product_id == item.product_id)
        .group_by(item.product_id)
    ).margin  # fmt: skip

    assert margins.between(0.20, 0.65).mean() > 0.97
    assert 0.35 < margins.mean() < 0.55


def test_two_to_four_visits_in_a_hundred_end_with_an_order(ask: Ask) -> None:
    event = shop.shopper_events.c
    buying = ask(
        sa.select(sa.func.count(sa.distinct(event.session_id))).where(event.kind == "purchase")
    ).iloc[0, 0]
    everyone = ask(sa.select(sa.func.count(sa.distinct(event.session_id)))).iloc[0, 0]

    assert 0.02 < buying / everyone < 0.04


def test_events_cover_the_last_ninety_days(ask: Ask) -> None:
    first = ask(sa.select(sa.func.min(shop.shopper_events.c.happened_at).label("first")))

    assert 90 <= (UNTIL - pd.Timestamp(str(first.iloc[0, 0]))).days <= 97


def test_what_stands_first_is_clicked_most(ask: Ask) -> None:
    event = shop.shopper_events.c
    clicks = ask(
        sa.select(event.position, sa.func.count().label("n"))
        .where(event.position.is_not(None))
        .group_by(event.position)
    ).set_index("position").n  # fmt: skip

    assert clicks[1] > clicks[2] > clicks[3] > clicks[5]


def test_faults_and_lateness_speak_from_the_stars(ask: Ask) -> None:
    sentences = ask(
        sa.select(truth.review_sentences.c.aspect, truth.review_sentences.c.mood,
                  shop.reviews.c.stars)
        .join(shop.reviews, shop.reviews.c.review_id == truth.review_sentences.c.review_id)
    )  # fmt: skip
    stars = sentences.groupby(["aspect", "mood"]).stars.mean()

    for aspect in ("quality", "delivery", "size"):
        assert stars[aspect, 1] > stars[aspect, -1] + 0.7


def test_planned_promotions_lie_ahead(ask: Ask) -> None:
    ahead = ask(sa.select(sa.func.count()).where(shop.promotions.c.starts_on > UNTIL.date()))

    assert ahead.iloc[0, 0] >= 3


def test_two_tests_are_finished_and_one_is_running(ask: Ask) -> None:
    tests = ask(sa.select(shop.campaigns).where(shop.campaigns.c.kind == "ab_test"))
    effects = ask(sa.select(truth.campaign_effects).where(truth.campaign_effects.c.segment == "B"))

    assert sorted(tests.ends_at <= UNTIL) == [False, True, True]
    assert sorted(effects.effect > 0) == [False, True, True]


def test_addresses_for_mail_arrive_nowhere(ask: Ask) -> None:
    domains = ask(sa.select(shop.customers.c.email)).email.str.split("@").str[1]

    assert set(domains) <= {
        "example.com", "example.org", "example.net", "mail.example", "post.example"
    }  # fmt: skip


def test_nothing_is_perfectly_smooth(placed: pd.Series) -> None:
    days = placed.groupby(placed.dt.date).size()

    assert days.std() / days.mean() > 0.3
    assert len(np.unique(days)) > 30
