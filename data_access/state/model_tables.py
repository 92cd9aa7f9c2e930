"""Tables of what staff and the application say of models: notes, switches, experiments, triggers,
drift, alerts, health, use.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from data_access.state.base import Base, Json


class VersionNote(Base):
    """What is said of a stored version besides its own facts, which never change."""

    __tablename__ = "version_notes"
    capability: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)  # in the model store
    note: Mapped[str] = mapped_column(Text, default="")
    challenger: Mapped[bool] = mapped_column(default=False)  # waits beside the champion
    changed_by: Mapped[str] = mapped_column(String(120))
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class CapabilitySwitch(Base):
    """How far a capability's models may decide; no row: on, no threshold, nothing by itself."""

    __tablename__ = "capability_switches"
    capability: Mapped[str] = mapped_column(String(64), primary_key=True)
    active: Mapped[bool] = mapped_column(default=True)  # off: the rule of thumb is shown
    resumes: Mapped[int | None]  # version that decides again when it is switched on
    confidence: Mapped[float | None]  # 0 to 1; below it a prediction is "not sure"
    promotes: Mapped[bool] = mapped_column(default=False)  # a retrained version, by itself
    reason: Mapped[str | None] = mapped_column(Text)
    changed_by: Mapped[str] = mapped_column(String(120))
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Experiment(Base):
    """Champion and challenger side by side: decisions split between them, or one in shadow."""

    __tablename__ = "experiments"
    experiment_id: Mapped[int] = mapped_column(primary_key=True)
    capability: Mapped[str] = mapped_column(String(64), index=True)
    running_of: Mapped[str | None] = mapped_column(String(64), unique=True)
    """The capability while it runs, else null: the engine allows one at a time."""
    mode: Mapped[str] = mapped_column(String(16))  # split | shadow
    champion: Mapped[int | None]  # when it began; null: the rule of thumb
    challenger: Mapped[int]
    share: Mapped[float]  # 0 to 1 of the units that the challenger decides; 0 in shadow
    salt: Mapped[str] = mapped_column(String(32))  # the arm is a function of it and the unit
    started_at: Mapped[datetime]
    started_by: Mapped[str] = mapped_column(String(120))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(120))
    ending: Mapped[str | None] = mapped_column(String(16))  # promoted | dropped | overtaken
    reason: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Trigger(Base):
    """When a capability's champion learns anew by itself."""

    __tablename__ = "triggers"
    trigger_id: Mapped[int] = mapped_column(primary_key=True)
    capability: Mapped[str] = mapped_column(String(64), index=True)
    kind: Mapped[str] = mapped_column(String(16))  # days | cron | growth | quality | season | drift
    value: Mapped[Json]  # {"days": 7}, {"cron": "0 4 * * 1"}, {"share": 0.1} …
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]  # "every 7 days" counts from here until it first fires
    looked_at: Mapped[datetime | None]
    said: Mapped[str | None] = mapped_column(Text)  # what the last look found
    fired_at: Mapped[datetime | None]
    fired_on: Mapped[int | None]  # snapshot: the same data fire once
    changed_by: Mapped[str] = mapped_column(String(120))
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class DriftCheck(Base):
    """One day's inputs and predictions beside those that a version learned from."""

    __tablename__ = "drift_checks"
    check_id: Mapped[int] = mapped_column(primary_key=True)
    capability: Mapped[str] = mapped_column(String(64))
    model_version: Mapped[int]  # 0: the rule of thumb
    snapshot: Mapped[int]
    day: Mapped[date]  # the last whole day that was looked at
    checked_at: Mapped[datetime]
    score: Mapped[float]  # of the worst input over its bound; above 1 is an alarm
    alarm: Mapped[bool]
    sentence: Mapped[str] = mapped_column(Text)
    rows: Mapped[Json]  # {"inputs": [one an input, largest effect first]}
    __table_args__ = (Index("ix_drift_checks_of_day", "capability", "model_version", "day"),)


class Alert(Base):
    """Something about a model that somebody should look at; one row from rise to end."""

    __tablename__ = "alerts"
    alert_id: Mapped[int] = mapped_column(primary_key=True)
    capability: Mapped[str] = mapped_column(String(64), index=True)
    kind: Mapped[str] = mapped_column(String(24))  # drift | quality | data | latency | errors …
    open_key: Mapped[str | None] = mapped_column(String(200), unique=True)
    """"fraud/drift" while it stands, else null: the same thing is told once."""
    urgency: Mapped[str] = mapped_column(String(8))  # bad | watch | info
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    raised_at: Mapped[datetime] = mapped_column(index=True)
    seen_at: Mapped[datetime]  # when it was last found true
    ended_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None] = mapped_column(String(120))
    acknowledged_at: Mapped[datetime | None]
    snoozed_until: Mapped[datetime | None]
    mailed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]  # by the webhook
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class ModelHealth(Base):
    """What the hourly look at a capability found; the newest only."""

    __tablename__ = "model_health"
    capability: Mapped[str] = mapped_column(String(64), primary_key=True)
    checked_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(8))  # good | watch | bad
    sentence: Mapped[str] = mapped_column(Text)  # the reason of the light
    parts: Mapped[Json]  # {"files": {"state": …, "sentence": …}, "drift": …, …}


class ModelUse(Base):
    """How much a version was asked within an hour, how long it took and how often it failed."""

    __tablename__ = "model_uses"
    capability: Mapped[str] = mapped_column(String(64), primary_key=True)
    model_version: Mapped[int] = mapped_column(primary_key=True)  # 0: the rule of thumb
    hour: Mapped[datetime] = mapped_column(primary_key=True)  # its beginning, naive UTC
    calls: Mapped[int]
    predictions: Mapped[int]
    errors: Mapped[int]
    seconds: Mapped[float]  # of all calls
    slowest: Mapped[float]  # seconds of one call
    peak_mb: Mapped[float | None]  # of the process that answered


class ServedInstead(Base):
    """A champion whose files are refused, and what decides in its place until it is mended."""

    __tablename__ = "served_instead"
    capability: Mapped[str] = mapped_column(String(120), primary_key=True)  # or a scope's key
    champion: Mapped[int]
    serves: Mapped[int | None]  # the last good champion; null: the rule of thumb
    why: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime]
    change_id: Mapped[int | None] = mapped_column(ForeignKey("champion_changes.change_id"))
