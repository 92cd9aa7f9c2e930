"""Models under control: notes, switches, experiments, triggers, drift, alerts, health, use.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("capability", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("open_key", sa.String(length=200), nullable=True),
        sa.Column("urgency", sa.String(length=8), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=120), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(), nullable=True),
        sa.Column("snoozed_until", sa.DateTime(), nullable=True),
        sa.Column("mailed_at", sa.DateTime(), nullable=True),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("open_key", name=op.f("uq_alerts_open_key")),
    )
    op.create_index(op.f("ix_alerts_capability"), "alerts", ["capability"], unique=False)
    op.create_index(op.f("ix_alerts_raised_at"), "alerts", ["raised_at"], unique=False)
    op.create_table(
        "capability_switches",
        sa.Column("capability", sa.String(length=64), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("resumes", sa.Integer(), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("promotes", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("changed_by", sa.String(length=120), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("capability", name=op.f("pk_capability_switches")),
    )
    op.create_table(
        "drift_checks",
        sa.Column("check_id", sa.Integer(), nullable=False),
        sa.Column("capability", sa.String(length=64), nullable=False),
        sa.Column("model_version", sa.Integer(), nullable=False),
        sa.Column("snapshot", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("checked_at", sa.DateTime(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("alarm", sa.Boolean(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("rows", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("check_id", name=op.f("pk_drift_checks")),
    )
    op.create_index(
        "ix_drift_checks_of_day",
        "drift_checks",
        ["capability", "model_version", "day"],
        unique=False,
    )
    op.create_table(
        "experiments",
        sa.Column("experiment_id", sa.Integer(), nullable=False),
        sa.Column("capability", sa.String(length=64), nullable=False),
        sa.Column("running_of", sa.String(length=64), nullable=True),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("champion", sa.Integer(), nullable=True),
        sa.Column("challenger", sa.Integer(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("started_by", sa.String(length=120), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("ended_by", sa.String(length=120), nullable=True),
        sa.Column("ending", sa.String(length=16), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("experiment_id", name=op.f("pk_experiments")),
        sa.UniqueConstraint("running_of", name=op.f("uq_experiments_running_of")),
    )
    op.create_index(op.f("ix_experiments_capability"), "experiments", ["capability"], unique=False)
    op.create_table(
        "model_health",
        sa.Column("capability", sa.String(length=64), nullable=False),
        sa.Column("checked_at", sa.DateTime(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("parts", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("capability", name=op.f("pk_model_health")),
    )
    op.create_table(
        "model_uses",
        sa.Column("capability", sa.String(length=64), nullable=False),
        sa.Column("model_version", sa.Integer(), nullable=False),
        sa.Column("hour", sa.DateTime(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("predictions", sa.Integer(), nullable=False),
        sa.Column("errors", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("slowest", sa.Double(), nullable=False),
        sa.Column("peak_mb", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("capability", "model_version", "hour", name=op.f("pk_model_uses")),
    )
    op.create_table(
        "triggers",
        sa.Column("trigger_id", sa.Integer(), nullable=False),
        sa.Column("capability", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("value", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("looked_at", sa.DateTime(), nullable=True),
        sa.Column("said", sa.Text(), nullable=True),
        sa.Column("fired_at", sa.DateTime(), nullable=True),
        sa.Column("fired_on", sa.Integer(), nullable=True),
        sa.Column("changed_by", sa.String(length=120), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("trigger_id", name=op.f("pk_triggers")),
    )
    op.create_index(op.f("ix_triggers_capability"), "triggers", ["capability"], unique=False)
    op.create_table(
        "version_notes",
        sa.Column("capability", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("challenger", sa.Boolean(), nullable=False),
        sa.Column("changed_by", sa.String(length=120), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("capability", "number", name=op.f("pk_version_notes")),
    )
    op.create_table(
        "served_instead",
        sa.Column("capability", sa.String(length=120), nullable=False),
        sa.Column("champion", sa.Integer(), nullable=False),
        sa.Column("serves", sa.Integer(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("change_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["change_id"], ["champion_changes.change_id"], name=op.f("fk_served_instead_change_id")
        ),
        sa.PrimaryKeyConstraint("capability", name=op.f("pk_served_instead")),
    )
    op.create_index("ix_audit_by_act", "audit", ["act", "at", "entry_id"], unique=False)
    op.create_index("ix_audit_by_actor", "audit", ["actor", "at", "entry_id"], unique=False)
    op.create_index(
        "ix_audit_by_object",
        "audit",
        ["object", "at", "entry_id"],
        unique=False,
        postgresql_ops={"object": "text_pattern_ops"},
    )
    op.create_index("ix_job_notes_by_kind", "job_notes", ["kind", "asked_at"], unique=False)
    op.create_index("ix_job_notes_by_state", "job_notes", ["state", "asked_at"], unique=False)
    op.create_index(
        "ix_predictions_by_arm", "predictions", ["capability", "arm", "as_of"], unique=False
    )


def downgrade() -> None:
    op.drop_index("ix_predictions_by_arm", table_name="predictions")
    op.drop_index("ix_job_notes_by_state", table_name="job_notes")
    op.drop_index("ix_job_notes_by_kind", table_name="job_notes")
    op.drop_index("ix_audit_by_object", table_name="audit")
    op.drop_index("ix_audit_by_actor", table_name="audit")
    op.drop_index("ix_audit_by_act", table_name="audit")
    op.drop_table("served_instead")
    op.drop_table("version_notes")
    op.drop_index(op.f("ix_triggers_capability"), table_name="triggers")
    op.drop_table("triggers")
    op.drop_table("model_uses")
    op.drop_table("model_health")
    op.drop_index(op.f("ix_experiments_capability"), table_name="experiments")
    op.drop_table("experiments")
    op.drop_index("ix_drift_checks_of_day", table_name="drift_checks")
    op.drop_table("drift_checks")
    op.drop_table("capability_switches")
    op.drop_index(op.f("ix_alerts_raised_at"), table_name="alerts")
    op.drop_index(op.f("ix_alerts_capability"), table_name="alerts")
    op.drop_table("alerts")
