"""The list of trainings, filtered, and one of them with its log."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.access import Identity
from app.context import Desk
from app.services import capabilities, searching, training_jobs
from app.services import jobs as service
from app.services.training_jobs import KINDS, STATES, TRAINING, JobFilter
from app.ui import feedback, models_search, models_training, skeleton, tables, words
from data_access.state.jobs import JobView

ANY = "any"
STATE_WORDS = {
    "queued": "waiting",
    "running": "at work",
    "done": "done",
    "failed": "failed",
    "cancelled": "cancelled",
}
LONGEST_WHAT = 36
LONGEST = 34  # characters of an outcome in the list: more is cut at 1280 px


def show(desk: Desk, person: Identity, capability: str) -> None:
    """Filters, a page of jobs, and the chosen one."""
    with skeleton.card("Trainings and searches"):
        wanted = _filters(desk, capability)
        number = training_jobs.total(desk, wanted)
        if not number:
            st.caption(_none(wanted))
            return
        offset = (min(_page(), -(-number // tables.PAGE)) - 1) * tables.PAGE
        found = training_jobs.listed(desk, wanted, limit=tables.PAGE, offset=offset)
        chosen = tables.selectable(
            pd.DataFrame([_row(desk, job) for job in found]),
            _columns(),
            alt="Trainings and searches, the newest first, with what came of each",
            key="training_list",
            id_column="job_id",
        )
        more = "At least " if number >= training_jobs.MOST_COUNTED else ""
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            st.caption(
                f"{more}{words.counted(number, 'job')}. Choose one to see its log, and to cancel "
                "it or ask for it again."
            )
            tables.pages(number, key=PAGE_KEY)
    if chosen is not None:
        one = desk.jobs.get(chosen)
        if one is not None:
            detail(desk, person, one)


PAGE_KEY = "training_page"


def _page() -> int:
    said = st.session_state.get(PAGE_KEY) or st.query_params.get(PAGE_KEY) or 1
    return max(int(said), 1) if str(said).isdigit() else 1


def _filters(desk: Desk, capability: str) -> JobFilter:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        about = st.selectbox(
            "About",
            [capability, ANY],
            format_func=lambda key: "Every capability" if key == ANY else capabilities.name_of(key),
            key=f"training_about_{capability}",
            width=190,
        )
        how = st.selectbox(
            "State",
            [ANY, *STATES],
            format_func=lambda key: "Any state" if key == ANY else key,
            key="training_state",
            width=190,
        )
        kind = st.selectbox(
            "Kind",
            [ANY, *TRAINING],
            format_func=lambda key: "Any kind" if key == ANY else KINDS[key],
            key="training_kind",
            width=170,
        )
        who = st.selectbox(
            "Asked for by",
            [ANY, *training_jobs.askers(desk)],
            format_func=lambda key: "Anybody" if key == ANY else key,
            key="training_who",
            width=190,
        )
    return JobFilter(
        state=None if how == ANY else how,
        kind=None if kind == ANY else kind,
        capability=None if about == ANY else about,
        asked_by=None if who == ANY else who,
    )


def _none(wanted: JobFilter) -> str:
    if wanted.state or wanted.kind or wanted.asked_by:
        return "No job fits these filters. Choose wider ones."
    if wanted.capability:
        return (
            "Nothing has been trained for this capability by itself; the very first models stand "
            "under “Every capability”."
        )
    return "Nothing has been trained yet. The form above trains some models."


def _row(desk: Desk, job: JobView) -> dict[str, object]:
    return {
        "job_id": job.job_id,
        "asked": words.local(job.asked_at, desk.zone),
        "what": _what(job),
        "state": "being stopped" if job.ending else STATE_WORDS[job.state],
        "took": words.duration(job.seconds) if job.seconds is not None else "",
        "by": job.asked_by,
        "came": words.shortened(_came(job), LONGEST),
    }


def _what(job: JobView) -> str:
    """ "Training: lightgbm, theta and 3 more"; where jobs of all are listed, of which one."""
    told = f"{KINDS.get(job.kind, job.kind)}: {_candidates(job)}"
    return words.shortened(told, LONGEST_WHAT)


def _candidates(job: JobView) -> str:
    rows = job.parameters.get("candidates") or [job.parameters]
    names = [str(row.get("candidate") or "").replace("_", " ") for row in rows]
    names = [name for name in names if name]
    if not names:
        return str(job.parameters.get("why") or "what suits the shop")
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return ", ".join(names[:2]) + more


def _came(job: JobView) -> str:
    if job.state == "running":
        return f"{job.step or 'At work'}, {job.share * 100:.0f} %"
    return job.outcome or ""


def _columns() -> dict[str, object]:
    return {
        "asked": st.column_config.DatetimeColumn("Asked for", format="D MMM, HH:mm", width=105),
        "what": tables.text_column("What", width=228),
        "state": tables.text_column("State", width=78),
        "took": tables.text_column("Took", width=60),
        "by": tables.text_column("By", width=95),
        "came": tables.text_column("What came of it", width=240),
    }


def detail(desk: Desk, person: Identity, job: JobView) -> None:
    """One job: what came of it, why it failed and what to do, its tries, its log."""
    with skeleton.card(words.plain(job.title)):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            st.caption(words.plain(_facts(desk, job)), width="stretch")
            models_training.buttons(desk, person, job, key=f"one_{job.job_id}")
        if job.state == "failed":
            st.error(
                words.plain(job.remedy or "Try it again."),
                title=words.plain(job.outcome or "It ended without a word."),
                icon=":material/error:",
            )
        elif job.outcome:
            feedback.sentence(job.outcome)
        book = searching.read(desk, job.job_id) if job.kind == "search" else None
        if book is not None and book.tries:
            models_search.tries(book, key=f"one_tries_{job.job_id}")
        lines = service.lines(desk, job.job_id)
        if lines:
            text = "\n".join(f"{words.clock(line.at, desk.zone)}  {line.text}" for line in lines)
            st.code(text, language=None, wrap_lines=True, height=240 if len(lines) > 8 else None)
        elif not job.active:
            st.caption("Its log is empty, or older than logs are kept.")


def _facts(desk: Desk, job: JobView) -> str:
    said = [
        f"{STATE_WORDS[job.state]}, asked for by {job.asked_by} on "
        f"{words.instant(job.asked_at, desk.zone)}"
    ]
    if job.seconds is not None:
        said.append(f"took {words.duration(job.seconds)}")
    if job.peak_memory_mb is not None:
        said.append(f"{job.peak_memory_mb:,.0f} MB of memory at most")
    made = training_jobs.versions_of(job)
    if made:
        said.append(f"version{'s' if len(made) > 1 else ''} {', '.join(map(str, made))}")
    if job.retry_of:
        said.append("asked for once more")
    return words.sentence(" · ".join(said))
