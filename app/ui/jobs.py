"""A job as staff see it: step and share while it runs, live, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import streamlit as st

from app.context import Desk
from app.services import work
from app.ui import feedback, state, words
from data_access.state.jobs import JobView

RECENT = timedelta(minutes=30)  # for so long the end of a job is news
EVERY = 1.2  # seconds between two looks at a running job
STATES = {
    "queued": "gray",
    "running": "blue",
    "done": "green",
    "failed": "red",
    "cancelled": "gray",
}


def watch(
    desk: Desk,
    job_id: str,
    *,
    key: str,
    cancel: Callable[[str], None] | None = None,
    on_end: Callable[[JobView], None] | None = None,
) -> None:
    """Show a job; while it is active the card renews itself, and the page when it has ended.

    cancel : asked with the job's id; None where this person may not.
    """
    job = desk.jobs.get(job_id)
    if job is None:
        return
    if not job.active:
        ended(desk, job)
        return

    @st.fragment(run_every=EVERY)
    def live() -> None:
        now = desk.jobs.get(job_id)
        if now is None or not now.active:
            st.rerun()  # the whole page: what the job made is to be seen
        with st.container(border=True):
            _running(now, key=key, cancel=cancel)
            _log(desk, now)

    live()


def latest(desk: Desk, *kinds: str, key: str, may_cancel: bool) -> None:
    """The newest job of these kinds while it runs, and what came of it until it is a while ago."""
    found = desk.jobs.list(limit=1, kinds=kinds)
    if not found:
        return
    job, now = found[0], state.now()
    fresh = job.ended_at is None or now - job.ended_at < RECENT
    if job.active or (fresh and job.state != "done") or (fresh and _seen_running(key, job.job_id)):
        if job.active:
            st.session_state[f"{key}_watched"] = job.job_id
        watch(desk, job.job_id, key=key, cancel=_canceller(desk) if may_cancel else None)


def _seen_running(key: str, job_id: str) -> bool:
    """True where this person watched the job: its end is news only to whom it concerns."""
    return bool(st.session_state.get(f"{key}_watched") == job_id)


def _canceller(desk: Desk) -> Callable[[str], None]:
    def cancel(job_id: str) -> None:
        work.cancel(desk, state.identity(), job_id)

    return cancel


def _running(job: JobView, *, key: str, cancel: Callable[[str], None] | None) -> None:
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.markdown(f"**{words.plain(job.title)}**", width="stretch")
        if cancel is not None and st.button(
            "Cancel", key=f"{key}_cancel", icon=":material/stop_circle:"
        ):
            with feedback.explain_errors():
                cancel(job.job_id)
                st.rerun()
    step = job.step or "Waiting for a worker"
    st.progress(
        min(max(job.share, 0.0), 1.0),
        text=f"{words.plain(step)} · {job.share:.0%}" if job.state == "running" else "In the queue",
    )


def ended(desk: Desk, job: JobView) -> None:
    """What came of a job, with its log."""
    how_long = f" · {words.duration(job.seconds)}" if job.seconds is not None else ""
    body = f"{words.plain(job.outcome or '')} {words.plain(job.remedy or '')}".strip()
    title = f"{words.plain(job.title)}: {job.state}{how_long}"
    shown = {"done": st.success, "failed": st.error}.get(job.state, st.info)
    shown(body or "It left no word.", title=title)


def _log(desk: Desk, job: JobView) -> None:
    lines = desk.jobs.lines(job.job_id)
    if lines:
        last = lines[-6:]
        text = "\n".join(f"{line.at.replace(tzinfo=None):%H:%M:%S}  {line.text}" for line in last)
        st.code(text, language=None, wrap_lines=True)
