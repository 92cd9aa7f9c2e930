"""Customers: who arrives when, from where, how often they buy, and when they are gone."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa

from data_access.sources.demo import goods, names, truth
from data_access.sources.demo.calendar import (
    OFFICE_HOURS,
    as_date,
    instants,
    occasions,
    time_of_day,
    week_start,
)
from data_access.sources.demo.chance import Floats, Ints, generator, pick, uniform_of
from data_access.sources.demo.columns import Arrow, codes, dates, stamps, words
from data_access.sources.demo.sizes import WEEKS, Size

INITIAL_SHARE = 0.38
"""Share of the three years' customers who signed up before the first day."""

CHANNELS = ("search", "paid_search", "social", "referral", "mail", "direct")
WHOLESALE_SHARE = 0.012
CROOK_SHARE = 0.035
"""Share of new accounts that were opened for fraud."""
GONE_SHAPE, GONE_MEAN = 1.4, 0.42
"""Personal hazard of leaving, a year: gamma distributed, as in Pareto/NBD."""
RATE_SHAPE = 0.55
"""Personal rate of buying: gamma distributed with a long tail, as in Pareto/NBD."""


@dataclass(slots=True)
class Customers:
    """What never changes about each customer, one array a property."""

    country: Ints
    channel: Ints
    wholesale: np.ndarray
    crook: np.ndarray  # account opened for fraud: buys nothing of its own accord
    signed_up: Ints  # instant
    day: Ints  # local day of signing up
    rate: Floats  # buying, relative to the mean private customer
    hazard: Floats  # of leaving, a year
    gone: Ints  # day number after which nothing is bought any more (before winbacks)
    taste: np.ndarray  # float32, customers x leaves, mean 1

    def __len__(self) -> int:
        return len(self.country)

    def grown(self, more: Customers) -> Customers:
        return Customers(
            **{
                field.name: np.concatenate([getattr(self, field.name), getattr(more, field.name)])
                for field in fields(self)
            }
        )


def cohort(seed: int, size: Size, start_week: int, week: int | None) -> Customers:
    """Customers who sign up in a week; with ``week=None`` those of before the first day."""
    first_day = week_start(start_week)
    if week is None:
        rng = generator(seed, "customers", 0)
        n = round(size.customers * INITIAL_SHARE)
        days = np.sort(first_day - 1 - (1_100 * rng.random(n) ** 1.3).astype(np.int64))
    else:
        rng = generator(seed, "customers", week)
        past = (week - start_week) / WEEKS
        mean = size.customers * (1 - INITIAL_SHARE) / WEEKS * (0.78 + 0.44 * min(past, 2.0))
        span = np.arange(week_start(week), week_start(week) + 7)
        rush = np.exp(0.6 * occasions(span)) * _arrival_season(span)
        by_day = rng.poisson(mean / 7 * rush)
        days = np.repeat(span, by_day)
        n = len(days)
    wholesale = rng.random(n) < WHOLESALE_SHARE
    crook = ~wholesale & (rng.random(n) < CROOK_SHARE) & (week is not None)
    late_social = 0.10 + 0.08 * (np.array([as_date(int(d)).month for d in days]) >= 10)
    shares = np.tile([0.31, 0.22, 0.0, 0.12, 0.09, 0.16], (n, 1))
    shares[:, 2] = late_social + 0.07 * (week is not None)
    bounds = np.cumsum(shares, axis=1)
    channel = (bounds[:, :-1] <= (rng.random(n) * bounds[:, -1])[:, None]).sum(axis=1)
    quality = np.array([1.1, 0.9, 0.7, 1.25, 1.15, 1.2])[channel]
    hazard = np.maximum(rng.gamma(GONE_SHAPE, GONE_MEAN / GONE_SHAPE, n) / quality, 0.02)
    stay = np.minimum(rng.exponential(1.0, n) / hazard * 365.25, 30_000).astype(np.int64)
    office = time_of_day(rng, n, OFFICE_HOURS)
    moment = np.where(wholesale, office, time_of_day(rng, n))
    taste = np.exp(rng.normal(0, 0.95, (n, len(goods.LEAVES)))).astype(np.float32)
    taste /= taste.mean(axis=1, keepdims=True)
    return Customers(
        country=pick(rng, names.COUNTRY_SHARE, n),
        channel=channel,
        wholesale=wholesale,
        crook=crook,
        signed_up=instants(days, moment),
        day=days,
        rate=np.maximum(rng.gamma(RATE_SHAPE, 1 / RATE_SHAPE, n), 0.02)
        * np.where(wholesale, 2.5, np.where(crook, 1e-9, 1.0))
        * quality,
        hazard=hazard,
        gone=np.maximum(days, first_day) + stay + 1,
        taste=taste,
    )


def _arrival_season(days: Ints) -> Floats:
    month = np.array([as_date(int(day)).month for day in days])
    lift = np.array([0.95, 0.85, 1.0, 1.1, 1.15, 0.95, 0.8, 0.8, 0.9, 1.0, 1.25, 1.25])
    by_day: Floats = lift[month - 1]
    return by_day


def customer_codes(index: Ints) -> Arrow:
    return codes("C", index, 7)


def home_of(seed: int, customer: Ints) -> Ints:
    """Number of the customer's home: one in sixteen shares it with the one before."""
    shared = uniform_of(seed, "household", customer) < 0.06
    return np.where(shared & (customer > 0), customer - 1, customer)


def customer_rows(seed: int, part: Customers, first: int) -> dict[str, Arrow]:
    index = np.arange(first, first + len(part))
    home = home_of(seed, index)
    return {
        "customer_id": customer_codes(index),
        "name": names.full_names(seed, index),
        "email": names.emails(seed, index),
        "phone": names.phones(seed, index),
        "address": names.addresses(seed, home, part.country),
        "city": names.cities(seed, home, part.country),
        "postcode": names.postcodes(seed, home),
        "country": words(names.COUNTRIES, part.country),
        "channel": words(CHANNELS, part.channel),
        "kind": words(("private", "wholesale"), part.wholesale.astype(np.int64)),
        "signed_up_at": stamps(part.signed_up),
        "updated_at": stamps(part.signed_up),
    }


def truth_rows(part: Customers, first: int, orders_per_year: float) -> dict[str, Arrow]:
    """Rates in orders a year as long as the customer is there.

    The expected orders of the first year follow from rate and hazard:
    rate x (1 - exp(-hazard)) / hazard.
    """
    rate = part.rate * orders_per_year
    return {
        "customer_id": customer_codes(np.arange(first, first + len(part))),
        "orders_per_year": pa.array(rate),
        "hazard_per_year": pa.array(part.hazard),
        "expected_orders_first_year": pa.array(rate * (1 - np.exp(-part.hazard)) / part.hazard),
        **{
            truth.taste_column(leaf.key): pa.array(part.taste[:, place].astype(np.float64))
            for place, leaf in enumerate(goods.LEAVES)
        },
    }


def life_rows(index: Ints, since: Ints, gone: Ints) -> dict[str, Arrow]:
    return {
        "customer_id": customer_codes(index),
        "alive_from": dates(since),
        "gone_after": dates(gone),
    }
