"""Train new versions: candidates with what each is good for and how long it takes, and for whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import streamlit as st

from app import cached
from app.context import Desk
from app.services import models as service
from app.services.models import Offer
from app.ui import acts, feedback, forms, judged, skeleton, state, words
from data_access.scope import WHOLE, Scope

if TYPE_CHECKING:
    from ml.contract import Parameter, Value

Below = Literal["category", "product"]
LEVELS = {"all": "Whole shop", "category": "One category", "product": "One product"}
SLOW_FORECAST_S = 300.0  # seconds of a forecast of all products from which staff are told
FOUND = 50  # series offered below the search


def show(desk: Desk, capability: str) -> None:
    with skeleton.card("Train new versions"):
        form(capability)


@st.fragment
def form(capability: str) -> None:
    """Renews itself alone, so that choosing candidates does not draw the page anew."""
    desk = state.desk()
    with feedback.explain_errors():
        scope = scope_of(capability)
        if scope is None:
            return
        offers = cached.offers(capability, scope)
        chosen = _choice(offers, capability)
        values = _parameters(chosen, capability)
        seconds = sum(one.seconds for one in chosen)
        why = st.text_input(
            "Why",
            max_chars=300,
            placeholder="Kept with the versions, for whoever asks in a year; may stay empty",
            key=f"{capability}_why",
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            if acts.pressed(
                f"Train {words.counted(len(chosen), 'candidate')} · {about(seconds)}",
                type="primary",
                icon=":material/model_training:",
                disabled=not chosen,
                key=f"{capability}_go",
            ):
                wanted = [(one.candidate.key, values[one.candidate.key]) for one in chosen]
                again = bool(st.session_state.get(f"{capability}_again"))
                service.train(
                    desk, state.identity(), capability, wanted, scope, again=again, why=why or ""
                )
                st.rerun()
            st.checkbox(
                "Also what was trained before",
                key=f"{capability}_again",
                help="The same data and the same parameters make the same version, so they are "
                "not trained twice unless this is ticked.",
            )
            st.caption(
                "Each is measured on past weeks beside the rule of thumb, and stored as soon as it "
                "is done. Nothing is activated by itself.",
                width="stretch",
            )


def about(seconds: float) -> str:
    """A duration as well as it is known beforehand: "about 3 minutes"."""
    if seconds < 50:
        return "less than a minute"
    if seconds < 90:
        return "about a minute"
    if seconds < 5400:
        return f"about {max(round(seconds / 60), 2)} minutes"
    return f"about {words.counted(round(seconds / 3600), 'hour')}"


def scope_of(capability: str) -> Scope | None:
    """For whom; None while no series is chosen."""
    if capability not in judged.WITH_SCOPES:
        return WHOLE
    with st.container(horizontal=True, vertical_alignment="bottom"):
        level = st.segmented_control(
            "Train for",
            list(LEVELS),
            format_func=lambda name: LEVELS[name],
            default="all",
            required=True,
            key=f"{capability}_train_level",
        )
        newest = cached.manifest()
        if newest is None or level not in ("category", "product"):
            return WHOLE
        below: Below = "category" if level == "category" else "product"
        search = st.text_input(
            "Search",
            type="search",
            placeholder="Words of the name",
            max_chars=100,
            key=f"{capability}_train_search_{level}",
            width=220,
        )
        found = cached.series_options(cached.dated(newest.number), below, search or "", FOUND)
        one = st.selectbox(
            LEVELS[level],
            found,
            format_func=lambda option: option.label,
            key=f"{capability}_train_{level}",
            placeholder="Nothing holds all these words",
            width=320,
        )
    return None if one is None else Scope(below, one.series_id)


def _choice(offers: Sequence[Offer], capability: str) -> list[Offer]:
    """Two columns of candidates; what suits the size is chosen beforehand."""
    chosen = []
    columns = st.columns(2)
    half = -(-len(offers) // 2)
    for number, offer in enumerate(offers):
        with columns[number // half], st.container(gap=None):
            picked = st.checkbox(
                f"**{words.plain(offer.candidate.label)}** · {about(offer.seconds)}"
                + (" · usual" if offer.usual else ""),
                value=offer.usual,
                key=f"{capability}_pick_{offer.candidate.key}",
            )
            st.caption(words.plain(offer.candidate.about) + _slow(offer))
        if picked:
            chosen.append(offer)
    return chosen


def _slow(offer: Offer) -> str:
    """What it costs later, where that is much: each publication is a forecast of all products."""
    if offer.forecast_seconds < SLOW_FORECAST_S:
        return ""
    return f" Each later forecast of all products takes {about(offer.forecast_seconds)}."


def _parameters(chosen: Sequence[Offer], capability: str) -> dict[str, dict[str, Value]]:
    """What all of them share once, then those of each; closed, since the defaults are sensible."""
    values: dict[str, dict[str, Value]] = {one.candidate.key: {} for one in chosen}
    if not chosen:
        return values
    shared = _shared(chosen)
    with st.expander("Parameters"):
        for parameter in shared:
            value = forms.field(parameter, key=f"{capability}_all_{parameter.name}", width=220)
            for known in values.values():
                known[parameter.name] = value
        names = {parameter.name for parameter in shared}
        with_own = [o for o in chosen if any(p.name not in names for p in o.candidate.parameters)]
        if with_own:
            tabs = st.tabs([one.candidate.label for one in with_own])
            for tab, one in zip(tabs, with_own, strict=True):
                with tab:
                    values[one.candidate.key] |= _own(one, names, capability)
    return values


def _shared(chosen: Sequence[Offer]) -> list[Parameter]:
    first = chosen[0].candidate.parameters
    others = [{p.name for p in one.candidate.parameters} for one in chosen]
    return [p for p in first if all(p.name in names for names in others) and _common(p.name)]


def _common(name: str) -> bool:
    return name == service.HORIZON


def _own(one: Offer, shared: set[str], capability: str) -> Mapping[str, Value]:
    own = [p for p in one.candidate.parameters if p.name not in shared]
    columns = st.columns(4)
    values: dict[str, Value] = {}
    for number, parameter in enumerate(own):
        with columns[number % 4]:
            key = f"{capability}_{one.candidate.key}_{parameter.name}"
            values[parameter.name] = forms.field(parameter, key=key)
    return values
