"""A job as staff see it: step and share while it runs, live, and what came of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import streamlit as st

from app.access import Identity
from app.context import Desk
from app.services import jobs as service
from app.ui import acts, dialogs, feedback, state, words

if TYPE_CHECKING:
    from app.services.jobs import JobView

EVERY = 1.2  # seconds between two looks at a running job
RECENT = timedelta(minutes=30)  # for so long the end of a job is news
LINES = 6  # of the log, the newest


def latest(desk: Desk, person: Identity, *kinds: str, key: str) -> None:
    """The newest job of these kinds while it runs; its end, to those whom it concerns."""
    found = service.recent(desk, limit=1, kinds=kinds)
    if not found:
        return
    job = found[0]
    watched = f"_{key}_watched"
    if job.active or job.ending:
        st.session_state[watched] = job.job_id
        _live(job.job_id, key)
    elif _is_news(job, person, seen=st.session_state.get(watched) == job.job_id):
        _ended(desk, job, key=key)


def hint(desk: Desk, *kinds: str) -> None:
    """One line with a bar while a job of these kinds runs; the page renews itself at its end."""
    found = service.recent(desk, limit=1, kinds=kinds)
    if found and found[0].active:
        _hint(found[0].job_id)


@st.fragment(run_every=EVERY)
def _hint(job_id: str) -> None:
    job = state.desk().jobs.get(job_id)
    if job is None or not job.active:
        dialogs.renew_page()
        return
    st.progress(
        min(max(job.share, 0.0), 1.0), text=f":small[{words.plain(job.title)}: {_where(job)}]"
    )


def one(desk: Desk, person: Identity, job_id: str, *, key: str) -> None:
    """Any job with its whole log: live while it runs, else what came of it."""
    job = desk.jobs.get(job_id)
    if job is None:
        return
    if job.active or job.ending:
        _live(job_id, key)
        return
    _ended(desk, job, key=key)
    lines = service.lines(desk, job_id)
    if lines:
        text = "\n".join(f"{words.clock(line.at, desk.zone)}  {line.text}" for line in lines)
        st.code(text, language=None, wrap_lines=True, height=240)


def _is_news(job: JobView, person: Identity, *, seen: bool) -> bool:
    """A failure is news for everybody, a success for who asked for it or watched it."""
    if job.ended_at is None or state.now() - job.ended_at > RECENT:
        return False
    dismissed = st.session_state.get("_put_away") == job.job_id
    return not dismissed and (job.state == "failed" or seen or job.asked_by == person.name)


@st.fragment(run_every=EVERY)
def _live(job_id: str, key: str) -> None:
    """Renews itself while the job is active; the whole page once it has ended."""
    desk, person = state.desk(), state.enter()
    job = desk.jobs.get(job_id)
    if job is None or not (job.active or job.ending):
        dialogs.renew_page()
        return
    with st.container(border=True):
        _running(desk, person, job, key=key)
        lines = service.lines(desk, job_id)[-LINES:]
        if lines:
            text = "\n".join(f"{words.clock(line.at, desk.zone)}  {line.text}" for line in lines)
            st.code(text, language=None, wrap_lines=True)


def _running(desk: Desk, person: Identity, job: JobView, *, key: str) -> None:
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.markdown(
            f"**{words.plain(job.title)}**, asked for by {words.plain(job.asked_by)}",
            width="stretch",
        )
        cancel_button(desk, person, job, key=key)
    st.progress(min(max(job.share, 0.0), 1.0), text=_where(job))


def cancel_button(desk: Desk, person: Identity, job: JobView, *, key: str) -> None:
    """The way to end a job, while it is active and for those who may."""
    if job.active and service.may_cancel(person, job):
        acts.button(
            "Cancel",
            lambda: _cancel(desk, job.job_id),
            key=f"{key}_cancel",
            icon=":material/stop_circle:",
        )


def _cancel(desk: Desk, job_id: str) -> None:
    service.cancel(desk, state.identity(), job_id)
    feedback.done("Cancelled")


def _where(job: JobView) -> str:
    if job.ending:
        return "Being stopped"
    if job.state == "queued":
        return words.plain(words.sentence(job.step or "Waiting for a worker"))
    return f"{words.plain(words.sentence(job.step or 'At work'))} · {job.share * 100:.0f} %"


def _ended(desk: Desk, job: JobView, *, key: str) -> None:
    """What came of it, until it is put away."""
    how_long = f" after {words.duration(job.seconds)}" if job.seconds is not None else ""
    title = f"{words.plain(job.title)}: {job.state}{how_long}"
    body = f"{words.plain(job.outcome or '')} {words.plain(job.remedy or '')}".strip()
    box = {"done": st.success, "failed": st.error}.get(job.state, st.info)
    with st.container(horizontal=True, vertical_alignment="center"):
        box(body or "Nothing was changed.", title=title)
        if acts.pressed("Put away", key=f"{key}_away", type="tertiary"):
            st.session_state["_put_away"] = job.job_id
            st.rerun()
        failed = job.state in ("failed", "cancelled")
        if failed and acts.pressed("Try again", key=f"{key}_retry", icon=":material/replay:"):
            with feedback.explain_errors():
                service.retry(desk, state.identity(), job.job_id)
                st.rerun()
