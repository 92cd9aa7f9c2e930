"""Compare and train, for any capability: the versions beside the rule of thumb, and new ones."""

from __future__ import annotations

import streamlit as st

from app.access import Identity
from app.context import Desk
from app.services import models as service
from app.services.models import Comparison
from app.ui import (
    activation,
    beside,
    dialogs,
    jobs,
    judged,
    leaderboard,
    skeleton,
    state,
    train_form,
    words,
)
from data_access.scope import split

LOOK = 2.0  # seconds between two looks for a version that a running job has stored


def show(desk: Desk, person: Identity, capability: str) -> None:
    """Job under way, leaderboard, what was chosen in it, form, time line."""
    jobs.latest(desk, person, "train", "first_models", "publish", key="train")
    with st.spinner("Reading the models"):  # the first time loads what declares the candidates
        scope = leaderboard.scope(service.scopes(desk, capability), key=capability)
        comparison = service.compare(desk, capability, scope)
    if desk.jobs.list(limit=1, kinds=("train", "first_models"), states=("queued", "running")):
        _grow(capability, len(desk.models.versions(capability)))
    with skeleton.card("Leaderboard", about=comparison.measure_about):
        chosen = leaderboard.show(desk, comparison, capability)
    if len(chosen) == 2:
        beside.show(desk, capability, comparison, *chosen)
    elif len(chosen) == 1:
        _one(desk, person, comparison, chosen[0])
    elif len(chosen) > 2:
        st.caption("Choose two versions to see them side by side.")
    if person.may(service.train_permission(capability)):
        train_form.show(desk, capability)
    else:
        with skeleton.card("Train new versions"):
            who = judged.who_may(service.train_permission(capability))
            st.caption(f"{who} train models. You see what came of it.")
    activation.time_line(desk, person, capability)


def _one(desk: Desk, person: Identity, comparison: Comparison, number: int) -> None:
    """One version: what it is and does, and beside it where it errs."""
    one = comparison.standing(number)
    if one is None:
        return
    wide, narrow = st.columns([1, 1.4])
    with wide, skeleton.card(f"Version {number}: {words.plain(one.label)}"):
        activation.show(desk, person, comparison, one)
    with narrow, skeleton.card("Where it errs, beside the rule of thumb"):
        beside.alone(desk, comparison, one, split(comparison.champion.capability)[0])


@st.fragment(run_every=LOOK)
def _grow(capability: str, known: int) -> None:
    """Renew the page as soon as the running job has stored another version."""
    if len(state.desk().models.versions(capability)) != known:
        dialogs.renew_page()
