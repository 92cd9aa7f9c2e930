"""The app database: what staff decide and what the application must remember.

Every mutable row carries ``version``, checked on write (SQLAlchemy's ``version_id_col``): a
stale write raises ``StaleDataError``. Instants are naive UTC. The migrations in ``migrations/``
create exactly these tables; a test compares the two.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

# The first four so that whoever knows the metadata knows all of its tables.
from data_access.state import (
    forecast_tables,  # noqa: F401
    fraud_tables,  # noqa: F401
    model_tables,  # noqa: F401
    order_tables,  # noqa: F401
)
from data_access.state.base import Base, Json

__all__ = ["Base", "Json"]


class User(Base):
    __tablename__ = "users"
    user_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)  # what one logs in with
    role: Mapped[str] = mapped_column(String(32))
    password_hash: Mapped[str] = mapped_column(Text)  # argon2id
    must_change_password: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    demo: Mapped[bool] = mapped_column(default=False)  # entered by a click; nobody knows a password
    mail: Mapped[str | None] = mapped_column(String(254))  # where digests go; null: nowhere
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Session(Base):
    __tablename__ = "sessions"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256 of the cookie
    user_id: Mapped[int] = mapped_column(ForeignKey("users.user_id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    browser: Mapped[str] = mapped_column(String(64), server_default="")  # SHA-256 of its name


class LoginGuard(Base):
    """Failed logins by user name and by address; names that do not exist are guarded alike."""

    __tablename__ = "login_guards"
    subject: Mapped[str] = mapped_column(String(160), primary_key=True)  # "name:ada", "address:…"
    failures: Mapped[int]  # since the window began
    since: Mapped[datetime]  # begin of the window
    last_at: Mapped[datetime] = mapped_column(index=True)
    locked_until: Mapped[datetime | None]


class ApiKey(Base):
    __tablename__ = "api_keys"
    key_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(String(32))
    prefix: Mapped[str] = mapped_column(String(12))  # shown in lists
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)  # SHA-256
    created_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class AuditEntry(Base):
    """Append-only: triggers of the migrations refuse to update or delete a row."""

    __tablename__ = "audit"
    entry_id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str] = mapped_column(
        String(120)
    )  # user name, "key:NAME", "worker", "command line"
    act: Mapped[str] = mapped_column(String(64))  # e.g. "user.created", "champion.activated"
    object: Mapped[str] = mapped_column(String(200))  # e.g. "user:ada", "champion:forecasting"
    before: Mapped[Json | None]
    after: Mapped[Json | None]
    reason: Mapped[str | None] = mapped_column(Text)
    # One act, actor or object among a million entries, newest first, without reading the rest.
    __table_args__ = (
        Index("ix_audit_by_act", "act", "at", "entry_id"),
        Index("ix_audit_by_actor", "actor", "at", "entry_id"),
        Index(
            "ix_audit_by_object",
            "object",
            "at",
            "entry_id",
            # What begins so is asked for, which another collation than C would not find by it.
            postgresql_ops={"object": "text_pattern_ops"},
        ),
    )


class StateRevision(Base):
    """One row: a number that rises with each decision; part of every cache key."""

    __tablename__ = "state_revision"
    only: Mapped[int] = mapped_column(primary_key=True)  # always 1
    revision: Mapped[int]


class Preference(Base):
    """Settings that staff change: one row a key, value as JSON ``{"value": …}``."""

    __tablename__ = "preferences"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[Json]
    changed_by: Mapped[str] = mapped_column(String(120))
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Target(Base):
    """A manager's target for a key figure in a calendar month of the shop."""

    __tablename__ = "targets"
    metric: Mapped[str] = mapped_column(String(64), primary_key=True)  # slug of app/metrics.py
    month: Mapped[date] = mapped_column(primary_key=True)  # first day
    value: Mapped[float]  # in the metric's unit
    changed_by: Mapped[str] = mapped_column(String(120))
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Champion(Base):
    """Which model version decides; no row, or no model version, means the rule of thumb."""

    __tablename__ = "champions"
    capability: Mapped[str] = mapped_column(String(120), primary_key=True)  # see `Scope.key`
    model_version: Mapped[int | None]  # number in the model store; null: the rule of thumb
    since: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(120))
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class ChampionChange(Base):
    """Time line of champions: one row an activation, undo included. Append-only by triggers."""

    __tablename__ = "champion_changes"
    change_id: Mapped[int] = mapped_column(primary_key=True)
    capability: Mapped[str] = mapped_column(String(120), index=True)
    from_version: Mapped[int | None]
    to_version: Mapped[int | None]
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(120))
    passed_check: Mapped[bool]  # beat the rule of thumb
    reason: Mapped[str | None] = mapped_column(Text)  # required where passed_check is false
    undoes: Mapped[int | None] = mapped_column(ForeignKey("champion_changes.change_id"))


class Publication(Base):
    """A stored result of a capability (a forecast run): Parquet files in the artifact folder."""

    __tablename__ = "publications"
    publication_id: Mapped[int] = mapped_column(primary_key=True)
    capability: Mapped[str] = mapped_column(String(64))
    model_version: Mapped[int | None]  # null: made by the rule of thumb
    snapshot: Mapped[int]
    as_of: Mapped[date]
    folder: Mapped[str] = mapped_column(Text)  # relative to the artifact folder
    summary: Mapped[Json]  # figures of the whole: rows, baseline and model errors, coverage
    created_at: Mapped[datetime]
    job_id: Mapped[str | None] = mapped_column(String(100))
    __table_args__ = (
        UniqueConstraint("capability", "job_id"),
        Index("ix_publications_capability_id", "capability", "publication_id"),
    )


class Prediction(Base):
    """Prediction log: what was believed, by which version, and later what came."""

    __tablename__ = "predictions"
    prediction_id: Mapped[int] = mapped_column(primary_key=True)
    capability: Mapped[str] = mapped_column(String(64))
    entity: Mapped[str] = mapped_column(String(200))  # e.g. "product:P000012/2026-11-23"
    model_version: Mapped[int]  # 0: the rule of thumb (a null would defeat the unique key)
    arm: Mapped[str] = mapped_column(String(32))  # champion | challenger | shadow | baseline
    features_ref: Mapped[str | None] = mapped_column(Text)  # publication or stored features
    prediction: Mapped[float]
    as_of: Mapped[date]
    made_at: Mapped[datetime]
    outcome: Mapped[float | None]
    outcome_at: Mapped[datetime | None]
    __table_args__ = (
        UniqueConstraint("capability", "entity", "model_version", "arm", "as_of"),
        Index("ix_predictions_open", "capability", "outcome_at"),
        Index("ix_predictions_by_arm", "capability", "arm", "as_of"),
    )


class JobNote(Base):
    """What a job tells staff: one row a job, written by the worker, read by pages."""

    __tablename__ = "job_notes"
    job_id: Mapped[str] = mapped_column(String(100), primary_key=True)  # DBOS workflow id
    kind: Mapped[str] = mapped_column(String(64))  # refresh | train | live_on …
    title: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(String(120))
    asked_at: Mapped[datetime] = mapped_column(index=True)
    parameters: Mapped[Json]
    state: Mapped[str] = mapped_column(String(16))  # queued running done failed cancelled
    step: Mapped[str | None] = mapped_column(Text)
    share: Mapped[float] = mapped_column(default=0.0)  # 0 to 1
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(Text)  # one sentence for staff
    remedy: Mapped[str | None] = mapped_column(Text)
    result: Mapped[Json | None]
    peak_memory_mb: Mapped[float | None]
    retry_of: Mapped[str | None] = mapped_column(String(100))
    __table_args__ = (
        Index("ix_job_notes_by_state", "state", "asked_at"),
        Index("ix_job_notes_by_kind", "kind", "asked_at"),
    )


class JobLine(Base):
    __tablename__ = "job_lines"
    line_id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("job_notes.job_id"), index=True)
    at: Mapped[datetime]
    level: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(Text)


class WorkerSlot(Base):
    """A worker that lives: its fixed name, who holds it, when it last said so."""

    __tablename__ = "worker_slots"
    slot: Mapped[str] = mapped_column(String(64), primary_key=True)
    holder: Mapped[str] = mapped_column(String(120))  # "HOST:PID:random", new with each start
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class ImportReport(Base):
    """What an import read, mapped and set aside, shown on the Data page."""

    __tablename__ = "import_reports"
    report_id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(120))
    source: Mapped[str] = mapped_column(Text)
    report: Mapped[Json]


class Pin(Base):
    """A snapshot that somebody still reads: retention leaves it alone."""

    __tablename__ = "pins"
    snapshot: Mapped[int] = mapped_column(primary_key=True)
    holder: Mapped[str] = mapped_column(String(120), primary_key=True)  # "job:ID", "model:…"
    since: Mapped[datetime]
