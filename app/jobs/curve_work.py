"""The work of the job that finds out how much history a version needs."""

from __future__ import annotations

from app.jobs.kinds import JobContext, Json


def learning_curve(context: JobContext) -> Json:
    """Measure a version's candidate on shares of its history; the same however often it runs."""
    from app.services.registry import curves

    wanted = context.parameters
    made = curves.work_out(
        context.desk, wanted["capability"], int(wanted["version"]), context.progress
    )
    return {"sentence": made.sentence, "points": len(made.points)}
