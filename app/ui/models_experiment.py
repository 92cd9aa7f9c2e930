"""A challenger beside the champion: what came of each, and how it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pandas as pd
import streamlit as st

from app.access import Identity, Permission
from app.context import Desk
from app.services.activation import name_of
from app.services.experiments import ending, kept, reading, telling
from app.services.experiments.beginning import LEAST_SHARE, MOST_SHARE, set_share
from app.services.experiments.views import ExperimentView
from app.ui import (
    acts,
    charts,
    dialogs,
    feedback,
    models_arms,
    models_trial,
    reversal,
    skeleton,
    state,
    tables,
    words,
)

if TYPE_CHECKING:
    from app.services.experiments.outcomes import Outcomes

OTHER = "Another reason"
ENDINGS = {"promoted": "Promoted", "dropped": "Dropped", "overtaken": "Overtaken"}
MODES = {"split": "Decisions split", "shadow": "In shadow"}


def show(desk: Desk, person: Identity, capability: str) -> None:
    """The running experiment, or the form that begins one; then those that ended."""
    now = reading.current(desk, capability)
    may = person.may(Permission.manage_models)
    title = "A challenger beside the champion"
    with skeleton.card(
        title,
        about="Split: chance gives the challenger a share of all decisions, and what came of both "
        "is compared. Shadow: the challenger answers everything and decides nothing.",
    ):
        if now is None:
            models_trial.show(desk, person, capability, may)
        else:
            _running(desk, now, may)
        _past(desk, capability)


def _running(desk: Desk, now: ExperimentView, may: bool) -> None:
    found = kept.outcomes(desk, now.experiment_id)
    since = words.instant(now.started_at, desk.zone)
    feedback.sentence(f"{_what(now)} Since {since}, begun by {now.started_by}.")
    _told(found)
    left, right = st.columns([1, 1.3])
    with left:
        if found.compared is not None:
            charts.show(
                models_arms.intervals(found),
                key="arms",
                alt=f"{found.measure.label} of champion and challenger with their 95 % ranges",
            )
        else:
            st.caption("The figures of both stand here as soon as it is known what came.")
    with right:
        models_arms.table(found)
    if may:
        _acts(now)
    else:
        st.caption("Admins end experiments.")


def _what(now: ExperimentView) -> str:
    champion = name_of(now.champion).lower()
    if now.mode == "shadow":
        return f"Version {now.challenger} answers everything beside {champion}, which decides."
    _, several = telling.UNITS.get(now.capability, telling.OTHERWISE)
    return (
        f"Version {now.challenger} decides for {now.share * 100:.0f} % of the {several}, "
        f"{champion} for the others."
    )


def _told(found: Outcomes) -> None:
    text = words.plain(telling.verdict(found))
    state_ = found.compared.state if found.compared is not None else "too early"
    if state_ == "better":
        st.success(text, icon=":material/trending_up:")
    elif state_ == "worse":
        st.warning(text, icon=":material/trending_down:")
    else:
        st.info(text, icon=":material/hourglass_empty:")
    for more in (telling.uneven(found), telling.few_units(found)):
        if more is not None:
            feedback.watch(more)
    long = telling.how_long(found)
    if long is not None:
        st.caption(words.plain(long))
    if found.experiment.capability == "fraud" and found.experiment.mode == "split":
        st.caption(
            "An order that was refused never shows what it would have been, on either side; "
            "those that chance released stand in for them."
        )


def _acts(now: ExperimentView) -> None:
    with st.container(horizontal=True):
        if acts.pressed(
            f"Promote version {now.challenger}", key="promote", type="primary",
            icon=":material/check:",
        ):  # fmt: skip
            _end(now.experiment_id, now.row_version, now.challenger, "promote")
        if acts.pressed("Drop the challenger", key="drop", icon=":material/close:"):
            _end(now.experiment_id, now.row_version, now.challenger, "drop")
        if now.mode == "split" and acts.pressed(
            "Change the share", key="share", icon=":material/tune:"
        ):
            _share(now.experiment_id, now.row_version, now.share)


@dialogs.dialog("End the experiment")
def _end(
    experiment_id: int, expected: int, challenger: int, how: Literal["promote", "drop"]
) -> None:
    end(experiment_id, expected, challenger, how)


def end(
    experiment_id: int, expected: int, challenger: int, how: Literal["promote", "drop"]
) -> None:
    """What the dialog holds: what it means, a reason, the button."""
    what = (
        f"Version {challenger} becomes champion and decides everything from now on."
        if how == "promote"
        else f"Version {challenger} decides nothing any more; the champion decides everything."
    )
    st.markdown(f"{what} You can take it back afterwards.")
    picked = st.selectbox("Why?", [*ending.REASONS[how], OTHER], key="end_reason")
    reason = picked
    if picked == OTHER:
        reason = st.text_input("Which?", max_chars=300, key="end_other")
    label = f"Promote version {challenger}" if how == "promote" else "Drop the challenger"
    if acts.pressed(label, type="primary", key="end_sure", icon=":material/check:"):
        with feedback.explain_errors():
            reversal.offer(
                ending.end(
                    state.desk(), state.identity(), experiment_id, how, reason or "",
                    expected=expected,
                )
            )  # fmt: skip
            st.rerun()


@dialogs.dialog("Change the share")
def _share(experiment_id: int, expected: int, share: float) -> None:
    percent = st.slider(
        "The challenger decides for",
        min_value=round(LEAST_SHARE * 100),
        max_value=round(MOST_SHARE * 100),
        value=round(share * 100),
        format="%d %%",
        key="share_percent",
    )
    if percent / 100 < share:
        st.caption("Some that the challenger decides now go back to the champion.")
    else:
        st.caption("What the challenger decides now stays with it.")
    if acts.pressed("Change", type="primary", key="share_sure", disabled=percent / 100 == share):
        with feedback.explain_errors():
            reversal.offer(
                set_share(
                    state.desk(), state.identity(), experiment_id, percent / 100, expected=expected
                )
            )
            st.rerun()


def _past(desk: Desk, capability: str) -> None:
    found = reading.ended(desk, capability)
    if not found:
        return
    with st.expander(f"{words.counted(len(found), 'experiment')} ended before"):
        frame = pd.DataFrame(
            [
                {
                    "number": one.experiment_id,
                    "what": f"{MODES[one.mode]}: version {one.challenger} beside "
                    f"{name_of(one.champion).lower()}",
                    "from": words.instant(one.started_at, desk.zone),
                    "lasted": words.duration(
                        ((one.ended_at or one.started_at) - one.started_at).total_seconds()
                    ),
                    "ending": ENDINGS.get(one.ending or "", one.ending or ""),
                    "by": one.ended_by or "",
                    "why": one.reason or "",
                }
                for one in found
            ]
        )
        tables.show(
            frame,
            {
                "number": tables.text_column("No.", width=40),
                "what": tables.text_column("What", width=262),
                "from": tables.text_column("From", width=128),
                "lasted": tables.text_column("For", width=66),
                "ending": tables.text_column("Ended", width=76),
                "by": tables.text_column("By", width=90),
                "why": tables.text_column("Why"),
            },
            alt="Experiments that ended, newest first",
            scroll=True,
        )
