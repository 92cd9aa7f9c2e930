"""Jobs: what ran, what came of it, and what runs now."""

from __future__ import annotations

import streamlit as st

from app.access import Identity
from app.context import Desk
from app.services import jobs as service
from app.ui import feedback, jobs, skeleton, tables, words


def show(desk: Desk, person: Identity) -> None:
    """The newest jobs as a table; the chosen one beside it with its log."""
    found = service.recent(desk, limit=tables.PAGE)
    if not found:
        feedback.empty(
            "No job has run yet",
            "Refreshes and trainings stand here, with what came of them.",
        )
        return
    with skeleton.card("Jobs, newest first"):
        chosen = tables.selectable(
            tables.rows(
                [
                    {
                        "id": job.job_id,
                        "title": job.title,
                        "state": job.state.capitalize(),
                        "asked": words.local(job.asked_at, desk.zone),
                        "by": job.asked_by,
                        "took": "–" if job.seconds is None else words.duration(job.seconds),
                        "outcome": job.outcome or job.step or "",
                    }
                    for job in found
                ]
            ),
            {
                "title": tables.text_column("Job", width=220),
                "state": tables.text_column("State", width=80),
                "asked": st.column_config.DatetimeColumn("Asked for", format="D MMM, HH:mm"),
                "by": tables.text_column("By", width=110),
                "took": tables.text_column("Took", width=70),
                "outcome": tables.text_column("What came of it"),
            },
            alt="Jobs, newest first, with what came of them",
            key="jobs",
            id_column="id",
        )
        st.caption("Choose a row to read its log, to cancel it or to try it again.")
    if chosen is not None:
        jobs.one(desk, person, chosen, key="chosen")
