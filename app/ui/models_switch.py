"""How far a capability's models may decide: on or off, and how sure a prediction must be."""

from __future__ import annotations

import streamlit as st

from app.access import Identity, Permission
from app.context import Desk
from app.services import capabilities, switches
from app.services.switches import Switch
from app.ui import acts, dialogs, feedback, reversal, skeleton, state, words

OTHER = "Another reason"
UNSURE = {
    "forecasting": "Such a product is shown as “not sure”; the order list proposes nothing for it.",
    "fraud": "Such an order is shown as “not sure”; no case is opened and nothing is held by it.",
}
OTHERWISE = "Such a prediction is shown as “not sure” and nothing is done with it."


def show(
    desk: Desk,
    person: Identity,
    capability: str,
    *,
    title: str = "How far it may decide",
    about: str | None = None,
) -> None:
    """The card: switch, threshold, promotion by itself."""
    now = switches.switch(desk, capability)
    may = person.may(Permission.manage_models)
    with skeleton.card(title, about=about):
        _power(desk, capability, now, may)
        _confidence(desk, capability, now, may)
        _promotion(desk, capability, now, may)


def _power(desk: Desk, capability: str, now: Switch, may: bool) -> None:
    label = capabilities.name_of(capability)
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        if now.active:
            st.markdown(":green[:material/power_settings_new:] **Switched on**", width="stretch")
            if may and acts.pressed("Switch off", key=f"switch_off_{capability}"):
                _off(capability, label, now.row_version)
        else:
            st.markdown(":red[:material/power_off:] **Switched off**", width="stretch")
            if may and acts.pressed(
                "Switch on again", key=f"switch_on_{capability}", type="primary"
            ):
                with feedback.explain_errors():
                    reversal.offer(
                        switches.reactivate(
                            desk, state.identity(), capability, expected=now.row_version
                        )
                    )
                    st.rerun()
    if now.active:
        st.caption("Off, no model decides: the page says so and shows the rule of thumb.")
        return
    since = words.instant(now.changed_at, desk.zone) if now.changed_at else "–"
    back = f" Switched on, version {now.resumes} decides again." if now.resumes else ""
    feedback.sentence(
        f"{now.changed_by} · {since} · {now.reason or 'no reason was given'}. The rule of thumb is "
        f"shown.{back}"
    )


@dialogs.dialog("Switch off")
def _off(capability: str, label: str, expected: int) -> None:
    off(capability, label, expected)


def off(capability: str, label: str, expected: int) -> None:
    """What the dialog holds: what it means, a reason, the button."""
    st.markdown(
        f"No model decides for {words.plain(label)} until it is switched on again: its page says "
        "so and shows the rule of thumb. What decides now decides again afterwards."
    )
    picked = st.selectbox("Why?", [*switches.REASONS, OTHER], key="off_reason")
    reason = picked
    if picked == OTHER:
        reason = st.text_input("Which?", max_chars=300, key="off_other")
    if acts.pressed("Switch off", type="primary", key="off_sure", icon=":material/power_off:"):
        with feedback.explain_errors():
            reversal.offer(
                switches.deactivate(
                    state.desk(), state.identity(), capability, reason or "", expected=expected
                )
            )
            st.rerun()


def _confidence(desk: Desk, capability: str, now: Switch, may: bool) -> None:
    st.markdown("**How sure a prediction must be**")
    told = f"{now.confidence * 100:.0f} %" if now.confidence is not None else "any will do"
    st.caption(
        f"Now: {told}. Below the threshold nothing is done. {UNSURE.get(capability, OTHERWISE)}"
    )
    if not may:
        return
    with st.form(f"confidence_{capability}", border=False):
        left, right = st.columns([2, 1], vertical_alignment="bottom")
        with left:
            percent = st.slider(
                "At least, %",
                min_value=0,
                max_value=100,
                value=round((now.confidence or 0.0) * 100),
                step=1,
                format="%d %%",
                help="0 % means that every prediction counts.",
            )
        with right:
            pressed = acts.submitted(
                "Set", key=f"confidence_{capability}_set", icon=":material/check:", width="stretch"
            )
        if pressed:
            with feedback.explain_errors():
                reversal.offer(
                    switches.set_confidence(
                        desk,
                        state.identity(),
                        capability,
                        percent / 100 if percent else None,
                        expected=now.row_version,
                    )
                )
                st.rerun()


def _promotion(desk: Desk, capability: str, now: Switch, may: bool) -> None:
    """Whether what is trained by itself may also be promoted by itself."""
    wanted = st.toggle(
        "Promote a retrained version by itself",
        value=now.promotes,
        # Of the state that was seen, so that what somebody else set meanwhile is shown.
        key=f"switch_promotes_{capability}_{now.row_version}",
        disabled=not may,
        help="Only where it beats both champion and rule of thumb on the newest data; it goes back "
        "by itself if it then does worse. Else a retrained version waits as challenger.",
    )
    if wanted != now.promotes:
        with feedback.explain_errors():
            reversal.offer(
                switches.set_promotion(
                    desk, state.identity(), capability, wanted, expected=now.row_version
                )
            )
            st.rerun()
