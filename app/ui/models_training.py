"""Training of any capability: how much is at work, and each job live."""

from __future__ import annotations

from enum import StrEnum

import streamlit as st

from app.access import Identity
from app.context import Desk
from app.services import jobs as service
from app.services import searching, training_jobs
from app.services.training_jobs import Counts
from app.ui import acts, dialogs, feedback, jobs, kpis, models_search, state, words
from data_access.state.jobs import JobView

EVERY = 1.5  # seconds between two looks at what is at work
LINES = 6  # of the log, the newest
SHOWN = 3  # jobs at work that are shown whole; the others stand in the list


class Form(StrEnum):
    train = "Train"
    search = "Search for parameters"


def which() -> Form:
    """Train with set parameters, or search for better ones."""
    chosen = st.segmented_control(
        "What to do",
        list(Form),
        default=Form.train,
        required=True,
        key="training_form",
        label_visibility="collapsed",
    )
    return Form(chosen or Form.train)


def only(who: str) -> None:
    """In place of the form, for those who may not."""
    st.caption(f"{who} train models. You see what came of it.")


def figures(desk: Desk) -> None:
    """How many are at work and wait, and what came of those of the last week."""
    found = training_jobs.counts(desk, now=state.now())
    workers = service.workers(desk)
    kpis.row(_cards(found, len(workers)))


def _cards(found: Counts, workers: int) -> list[kpis.Kpi]:
    return [
        kpis.Kpi(
            label="At work",
            value=str(found.running),
            note=words.counted(workers, "worker is there", "workers are there"),
        ),
        kpis.Kpi(
            label="Waiting",
            value=str(found.waiting),
            note="Each worker trains one after the other",
        ),
        kpis.Kpi(label="Done within a week", value=str(found.done), note="Trainings and searches"),
        kpis.Kpi(
            label="Failed within a week",
            value=str(found.failed),
            note="The list says why and what to do" if found.failed else "None",
        ),
    ]


def under_way(desk: Desk, person: Identity) -> None:
    """Every training at work, live; what waits in one line each."""
    found = training_jobs.open_jobs(desk)
    if found:
        _live(tuple(job.job_id for job in found[:SHOWN]), len(found))


@st.fragment(run_every=EVERY)
def _live(job_ids: tuple[str, ...], number: int) -> None:
    """Renews itself alone; the whole page once one of them has ended."""
    desk, person = state.desk(), state.enter()
    for job_id in job_ids:
        job = desk.jobs.get(job_id)
        if job is None or not (job.active or job.ending):
            dialogs.renew_page()
            continue
        with st.container(border=True), feedback.explain_errors():
            _running(desk, person, job)
    if number > len(job_ids):
        st.caption(f"{words.counted(number - len(job_ids), 'more waits', 'more wait')}.")


def _running(desk: Desk, person: Identity, job: JobView) -> None:
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.markdown(
            f"**{words.plain(job.title)}**, asked for by {words.plain(job.asked_by)}",
            width="stretch",
        )
        buttons(desk, person, job, key=f"live_{job.job_id}")
    st.progress(min(max(job.share, 0.0), 1.0), text=step(job))
    st.caption(facts(job))
    if job.kind == "search" and job.state == "running":
        book = searching.read(desk, job.job_id)
        if book is not None and book.tries:
            models_search.tries(book, key=f"tries_{job.job_id}")
            return
    lines = service.lines(desk, job.job_id)[-LINES:]
    if lines:
        text = "\n".join(f"{words.clock(line.at, desk.zone)}  {line.text}" for line in lines)
        st.code(text, language=None, wrap_lines=True)


def step(job: JobView) -> str:
    """What it does now and how much is done."""
    if job.ending:
        return "Being stopped"
    if job.state == "queued":
        return words.plain(words.sentence(job.step or "Waiting for a worker"))
    return f"{words.plain(words.sentence(job.step or 'At work'))} · {job.share * 100:.0f} %"


def facts(job: JobView) -> str:
    """Since when, how long still, how much memory."""
    now = state.now()
    said = [f"asked for {words.ago(job.asked_at, now)}"]
    if job.started_at is not None:
        spent = (now - job.started_at).total_seconds()
        said.append(f"at work for {words.duration(max(spent, 0))}")
    left = training_jobs.seconds_left(job, now=now)
    if left is not None:
        said.append(f"about {words.duration(left)} left")
    if job.peak_memory_mb is not None:
        said.append(f"{job.peak_memory_mb:,.0f} MB of memory at most")
    return words.sentence(" · ".join(said))


def buttons(desk: Desk, person: Identity, job: JobView, *, key: str) -> None:
    """Cancel, put at the end of the queue, or try again, as far as the person may."""
    again = training_jobs.may_again(desk, person, job)
    with feedback.explain_errors():
        if again == "requeue":
            acts.button(
                "To the end of the queue",
                lambda: _requeue(desk, job.job_id),
                key=f"{key}_requeue",
                icon=":material/low_priority:",
                help="Ends it and asks for the same once more, behind what waits.",
            )
        jobs.cancel_button(desk, person, job, key=key)
        if again == "retry":
            acts.button(
                "Try again",
                lambda: _retry(desk, job.job_id),
                key=f"{key}_retry",
                icon=":material/replay:",
            )


def _requeue(desk: Desk, job_id: str) -> None:
    training_jobs.requeue(desk, state.identity(), job_id)
    feedback.done("It stands at the end of the queue")


def _retry(desk: Desk, job_id: str) -> None:
    service.retry(desk, state.identity(), job_id)
    feedback.done("Asked for once more")
