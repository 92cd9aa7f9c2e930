"""Compare and train, for any capability: the versions beside the rule of thumb, and a new one."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import metrics
from app.access import Identity
from app.context import Desk
from app.services import models as service
from app.services.models import Comparison, Standing
from app.ui import activation, charts, feedback, forms, jobs, skeleton, state, tables, words

MOST_BARS = 7  # versions in the chart


def show(desk: Desk, person: Identity, capability: str) -> None:
    """Job under way, versions with the chosen one's activation beside, form, time line."""
    jobs.latest(desk, person, "train", "first_models", "publish", key="train")
    with st.spinner("Reading the models"):  # the first time loads the learning libraries
        comparison = service.compare(desk, capability)
    wide, narrow = st.columns([2.15, 1])
    with wide, skeleton.card("Versions, the smallest error first"):
        chosen = _versions(desk, comparison, capability)
    with narrow:
        if chosen is not None:
            with skeleton.card(f"Version {chosen.number}"):
                activation.show(desk, person, capability, comparison, chosen)
        elif person.may(service.train_permission(capability)):
            with skeleton.card("Train a new version"):
                _form(desk, capability)
        else:
            with skeleton.card("Train a new version"):
                st.caption("Merchandisers and admins train models. You see what came of it.")
    activation.time_line(desk, person, capability)


def _versions(desk: Desk, comparison: Comparison, capability: str) -> Standing | None:
    st.caption(f"{words.plain(comparison.measure_about)} {_who(comparison)}")
    if not comparison.standings:
        st.caption("No version has been trained yet. The first one takes about half a minute.")
        return None
    frame = pd.DataFrame([_row(one, desk) for one in comparison.standings])
    chosen = tables.selectable(
        frame,
        {
            "number": tables.count_column("Version"),
            "state": tables.text_column("State", width=105),
            "error": tables.text_column("Error", about=comparison.measure),
            "rule": tables.text_column("Rule of thumb", about=comparison.rule_label),
            "held": tables.text_column("80 % held", about="How often the 80 % range held"),
            "learned_to": tables.day_column("Learned to"),
            "model": tables.text_column("Model"),
            "by": tables.text_column("Asked by"),
        },
        alt=f"Versions of {capability} with their error and the rule of thumb's",
        key=f"{capability}_versions",
        id_column="number",
    )
    _bars(comparison)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Choose a row to see what it would change, and to activate it.", width="stretch")
        tables.download(
            "Export",
            lambda: frame,
            name=f"{capability}-versions",
            facts=[("Decides", _who(comparison)), ("Measure", comparison.measure_about)],
            key=f"{capability}_versions_csv",
        )
    return comparison.standing(int(chosen)) if chosen is not None else None


def _bars(comparison: Comparison) -> None:
    """The errors side by side, the rule of thumb's among them."""
    best = [one for one in comparison.standings if one.error is not None][:MOST_BARS]
    rule = next((one.rule for one in best if one.rule is not None), None)
    bars = [(f"Version {one.number}", one.error or 0.0, "primary") for one in best]
    if rule is not None:
        bars.append(("Rule of thumb", rule, "muted"))
    bars.sort(key=lambda bar: bar[1])
    figure = charts.bars(
        names=[name for name, _, _ in bars],
        values=[value for _, value, _ in bars],
        texts=[metrics.share(value) for _, value, _ in bars],
        shades=[shade for _, _, shade in bars],
    )
    charts.show(figure, key="errors", alt=f"{comparison.measure} of each version and of the rule")


def _row(one: Standing, desk: Desk) -> dict[str, object]:
    return {
        "number": one.number,
        "state": "Decides now" if one.decides else "Beats the rule" if one.beats else "Does not",
        "error": _share(one.error),
        "rule": _share(one.rule),
        "held": _share(one.held),
        "learned_to": one.learned_to,
        "model": one.label,
        "by": one.asked_by,
        "trained": words.local(one.created_at, desk.zone),
        "verdict": one.verdict,
    }


def _who(comparison: Comparison) -> str:
    now = comparison.champion
    if now.version is None:
        return "The rule of thumb decides now."
    return f"Version {now.version} decides now."


def _share(value: float | None) -> str:
    return "–" if value is None else metrics.share(value)


def _form(desk: Desk, capability: str) -> None:
    offered = service.candidates(capability)
    candidate = st.selectbox(
        "Model", offered, format_func=lambda one: one.label, key=f"{capability}_candidate"
    )
    st.caption(f"{candidate.about} Takes {candidate.cost_note}.")
    with st.form(f"{capability}_train", border=False):
        chosen = forms.parameters(candidate, key=capability)
        if st.form_submit_button("Train", type="primary", icon=":material/model_training:"):
            with feedback.explain_errors():
                service.train(desk, state.identity(), capability, candidate.key, chosen)
                st.rerun()
