"""One card a capability: its light, who decides, how good it is, and what happens next."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from app.context import Desk
from app.services.registry import CapabilityRow, Overview
from app.services.registry import figures as figures_in_words
from app.services.registry.live import in_words
from app.ui import kpis, skeleton, words

LIGHTS = {
    "good": (":green[:material/check_circle:]", "Fine"),
    "watch": (":orange[:material/warning:]", "To look at"),
    "bad": (":red[:material/error:]", "Broken"),
    "off": (":gray[:material/pause_circle:]", "Switched off"),
    "unknown": (":gray[:material/help:]", "Not known yet"),
}
"""Sign and word of each light: colour is never the only sign."""

LINKS = (("Versions", "Versions"), ("Who decides", "Who decides"), ("Watch", "Watch"))


def figures(told: Overview) -> None:
    """How many capabilities there are, and how many want somebody."""
    number = len(told.rows)
    kpis.row(
        [
            kpis.Kpi(
                label="Decided by a model",
                value=f"{told.by_model} of {number}",
                note="All of them"
                if told.by_model == number
                else "The others go by their rule of thumb",
            ),
            kpis.Kpi(
                label="To look at",
                value=str(told.to_look_at),
                note="By the hourly check and open alerts",
            ),
            kpis.Kpi(label="Open alerts", value=str(told.alerts), note="On the view Watch"),
            kpis.Kpi(
                label="Trainings under way", value=str(told.jobs), note="On the view Training"
            ),
        ]
    )


def card(desk: Desk, row: CapabilityRow, now: datetime) -> None:
    """One capability."""
    with st.container(border=True, key=f"capability_{row.key}", gap="small"):
        _head(row, now)
        first, second, third, fourth = st.columns(4, gap="medium")
        with first:
            _fact("Decides", *_decides(desk, row))
        with second:
            _fact("Measured before", *_quality(row))
        with third:
            _fact("Since it went live", *_since(desk, row))
        with fourth:
            _fact("Next", *_next(desk, row))


def _head(row: CapabilityRow, now: datetime) -> None:
    sign, word = LIGHTS[row.light]
    checked = f" Checked {words.ago(row.checked_at, now)}." if row.checked_at else ""
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        with st.container(gap=None, width="stretch"):
            st.subheader(f"{sign} {words.plain(row.label)}", anchor=False)
            st.caption(words.plain(row.question))
        with st.container(horizontal=True, width="content", gap="small"):
            for label, view in LINKS:
                st.button(
                    label,
                    key=f"open_{row.key}_{view}",
                    on_click=_open,
                    args=(row.key, view),
                    type="tertiary",
                )
    st.markdown(f"**{word}.** {words.plain(row.reason)}{checked}")


def _fact(title: str, *lines: str) -> None:
    st.caption(title)
    st.markdown("  \n".join(line for line in lines if line))


def _decides(desk: Desk, row: CapabilityRow) -> list[str]:
    since = f"since {words.instant(row.since, desk.zone)}" if row.since else "since the beginning"
    by = f" by {words.plain(row.by)}" if row.by else ""
    told = []
    if row.version is not None:
        told += [
            f"**Version {row.version.number}**, {words.plain(row.model)}",
            f"{since}{by}",
            f"learned up to {words.day(row.version.as_of)} from snapshot {row.version.snapshot}",
        ]
    else:
        told += ["**The rule of thumb**", f"{since}{by}", words.plain(row.rule)]
    if row.scopes:
        told.append(f"{words.counted(row.scopes, 'category or product', 'categories or products')} "
                    "by versions of their own")  # fmt: skip
    return told


def _quality(row: CapabilityRow) -> list[str]:
    if row.version is None:
        return ["Nothing was learned, so there is nothing to measure."]
    version = row.version
    own, rule = (
        figures_in_words.figure(row.primary, found.get(row.primary.slug))
        for found in (version.metrics, version.baseline)
    )
    return [f"**{own}** {words.plain(row.primary.label)}", f"rule of thumb {rule}",
            words.plain(version.verdict)]  # fmt: skip


def _since(desk: Desk, row: CapabilityRow) -> list[str]:
    told = []
    if row.live is not None:
        said = figures_in_words.figure(row.primary, row.live.value)
        told.append(words.plain(in_words(row.live, row.primary, said)))
    else:
        told.append("Nobody has let a model decide yet.")
    if row.drift is None:
        told.append("Drift: not looked at yet.")
    else:
        sign = ":orange[:material/warning:] " if row.drift.alarm else ""
        told.append(f"{sign}Drift: {words.plain(row.drift.sentence)}")
    return told


def _next(desk: Desk, row: CapabilityRow) -> list[str]:
    told = [
        f":material/progress_activity: {words.plain(job.title)}, {job.share:.0%}"
        for job in row.jobs[:2]
    ]
    if row.next_at is not None:
        told.append(f"Learns anew {words.instant(row.next_at, desk.zone)}")
    if row.waits_for:
        told.append("Also when: " + words.plain("; ".join(_lower(one) for one in row.waits_for)))
    if row.next_at is None and not row.waits_for:
        told.append("Learns anew only when somebody asks.")
    if row.experiment is not None:
        told.append(f"Version {row.experiment.challenger} is tried beside it")
    elif row.challengers:
        numbers = ", ".join(str(number) for number in row.challengers[:5])
        told.append(f"Waiting to be promoted: version {numbers}")
    return told


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _open(capability: str, view: str) -> None:
    """As a callback: to another view of this capability."""
    st.session_state["capability"] = capability
    skeleton.open_view("view", view)
