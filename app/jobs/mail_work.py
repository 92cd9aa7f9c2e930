"""The work of the jobs that send mail."""

from __future__ import annotations

from datetime import UTC, datetime

from app.jobs.kinds import JobContext, Json


def digest(context: JobContext) -> Json:
    """Send this week's digests to those who follow a category and have not had theirs."""
    from app.services.digest.sending import send_due

    now = datetime.now(UTC).replace(tzinfo=None)
    return send_due(context.desk, now=now, progress=context.progress).to_json()
