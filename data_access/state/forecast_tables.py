"""What staff say about forecasts: overrides, plans, further columns, look-alikes, what they follow.

Days are local days of the shop, weeks are named by their Monday, units are units of a product.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from data_access.state.base import Base, Json


class ForecastOverride(Base):
    """A person's word against the model's, for one series and some weeks."""

    __tablename__ = "forecast_overrides"
    override_id: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[str] = mapped_column(String(16))  # product | category
    series_id: Mapped[str] = mapped_column(String(64))
    first_week: Mapped[date]  # Monday
    last_week: Mapped[date]  # Monday, inclusive
    kind: Mapped[str] = mapped_column(String(16))  # units (a week) | share (change, 0.2 is +20 %)
    value: Mapped[float]
    reason: Mapped[str] = mapped_column(String(64))  # from a list
    note: Mapped[str | None] = mapped_column(Text)
    publication: Mapped[int]  # whose forecast the person saw
    model_version: Mapped[int | None]  # null: the rule of thumb
    by: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]  # taken back, or replaced by a later one
    ended_by: Mapped[str | None] = mapped_column(String(120))
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
    __table_args__ = (Index("ix_forecast_overrides_series", "level", "series_id"),)


class OverrideWeek(Base):
    """One week of an override: what the model said, what the person said, what came."""

    __tablename__ = "override_weeks"
    override_id: Mapped[int] = mapped_column(
        ForeignKey("forecast_overrides.override_id"), primary_key=True
    )
    week: Mapped[date] = mapped_column(primary_key=True)  # Monday
    before: Mapped[float]  # the model's units
    after: Mapped[float]  # the person's units
    outcome: Mapped[float | None]  # units sold; null until the week is over
    outcome_at: Mapped[datetime | None]


class PlannedEvent(Base):
    """A promotion or a price that staff plan; forecasts take it in from `announced_at` on."""

    __tablename__ = "planned_events"
    plan_id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))  # promotion | price
    level: Mapped[str] = mapped_column(String(16))  # product | category | shop
    series_id: Mapped[str | None] = mapped_column(String(64))  # null for the shop
    name: Mapped[str] = mapped_column(String(120))
    change: Mapped[float]  # share of the list price: −0.2 is 20 % off; +0.05 is 5 % dearer
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]  # inclusive; null: a price that stays
    note: Mapped[str | None] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(120))
    announced_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]  # taken back
    ended_by: Mapped[str | None] = mapped_column(String(120))
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class ExternalColumn(Base):
    """A column by date that staff uploaded: weather, events, a marketing plan."""

    __tablename__ = "external_columns"
    column_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    file_name: Mapped[str] = mapped_column(String(200))
    first_day: Mapped[date]
    last_day: Mapped[date]
    days: Mapped[int]  # with a value
    by: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class ExternalValue(Base):
    __tablename__ = "external_values"
    column_id: Mapped[int] = mapped_column(
        ForeignKey("external_columns.column_id"), primary_key=True
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    value: Mapped[float]


class LookAlikes(Base):
    """Products that a new one is forecast by, where staff chose them."""

    __tablename__ = "look_alikes"
    product_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    alike: Mapped[Json]  # {"products": [id, …]}, one to three
    by: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Follow(Base):
    """Whoever follows a category gets its weekly digest."""

    __tablename__ = "follows"
    user_id: Mapped[int] = mapped_column(ForeignKey("users.user_id"), primary_key=True)
    category_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime]


class Digest(Base):
    """One person's digest of a week: sent once, or why not."""

    __tablename__ = "digests"
    digest_id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.user_id"))
    week: Mapped[date]  # Monday of the week in which it was due
    state: Mapped[str] = mapped_column(String(16))  # sent | quiet (nothing noteworthy) | failed
    items: Mapped[int]  # noteworthy products
    said: Mapped[str | None] = mapped_column(Text)  # subject, or why it failed
    at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("user_id", "week"),)
