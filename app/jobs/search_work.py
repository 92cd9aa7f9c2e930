"""The work of the job that searches parameters."""

from __future__ import annotations

import logging

from app.jobs.kinds import JobContext, JobError, Json

log = logging.getLogger("shopsight.jobs")


def search(context: JobContext) -> Json:
    """Try parameters within a budget of minutes, and store a version with the best."""
    from app.services.previews import work_out
    from app.services.searching import search as run
    from data_access.errors import DataError
    from ml.contract import ModelError

    found = run(
        context.desk,
        context.parameters,
        asked_by=context.asked_by,
        job_id=context.job_id,
        progress=context.progress,
    )
    context.progress("Comparing with what decides now", 0.99)
    try:
        work_out(context.desk, found.version)
    except (DataError, JobError, ModelError) as error:
        log.warning("no preview of version %s: %s", found.version.number, error)
    return found.to_json()
