"""The form that begins an experiment: which challenger, in which manner, for how many."""

from __future__ import annotations

import streamlit as st

from app.access import Identity, Permission
from app.context import Desk
from app.services import activation
from app.services.activation.choices import Offered, offered
from app.services.experiments import kept, telling
from app.services.experiments.beginning import LEAST_SHARE, MOST_SHARE, start
from app.services.switches import switch
from app.ui import acts, feedback, judged, reversal, state, words

SPLIT, SHADOW = "Split decisions", "In shadow"
USUAL_SHARE = 20  # per cent


def show(desk: Desk, person: Identity, capability: str, may: bool) -> None:
    """The form, for who may; in words why there is none where there is none."""
    st.caption(
        "None runs. A challenger can answer beside the champion in shadow and decide nothing, or "
        "decide for a share that chance draws; both are compared by what came."
    )
    if not may:
        st.caption(f"{judged.who_may(Permission.manage_models)} begin experiments.")
        return
    if not switch(desk, capability).active:
        st.caption("It is switched off: switch it on again first.")
        return
    found = offered(desk, capability)
    if not found:
        st.caption("There is no other version. Train one, then try it here.")
        return
    one, two, three = st.columns([1.6, 1, 1.2], vertical_alignment="bottom")
    with one:
        chosen = st.selectbox("Challenger", found, format_func=_name, key="trial_version")
    with two:
        manner = st.segmented_control(
            "Manner", [SHADOW, SPLIT], default=SHADOW, required=True, key="trial_mode"
        )
    split = manner == SPLIT
    with three:
        percent = st.slider(
            "It decides for",
            min_value=round(LEAST_SHARE * 100),
            max_value=round(MOST_SHARE * 100),
            value=USUAL_SHARE,
            format="%d %%",
            key="trial_share",
            disabled=not split,
        )
    st.caption(words.plain(chosen.version.verdict))
    plan = kept.planned(desk, capability, percent / 100) if split else None
    if plan is not None:
        st.caption(words.plain(telling.planned(plan, capability)))
    reason = None
    if split and not chosen.version.beats_baseline:
        reason = st.text_input(
            "It did not beat the rule of thumb. Why should it decide all the same?",
            max_chars=300,
            key="trial_reason",
        )
    if acts.pressed("Begin", key="trial_begin", type="primary", icon=":material/science:"):
        with feedback.explain_errors():
            reversal.offer(
                start(
                    desk,
                    state.identity(),
                    capability,
                    chosen.version.number,
                    mode="split" if split else "shadow",
                    share=percent / 100,
                    expected_champion=activation.champion(desk, capability).row_version,
                    reason=reason,
                )
            )
            st.rerun()


def _name(one: Offered) -> str:
    waits = " · challenger" if one.waits else ""
    return f"Version {one.version.number} · {one.label}{waits}"
