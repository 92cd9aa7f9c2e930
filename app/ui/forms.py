"""Form fields drawn from a candidate's parameters: their types, bounds, units and helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from ml.contract import Candidate, Parameter, Value


def parameters(candidate: Candidate, *, key: str) -> dict[str, Value]:
    """One field a parameter; those for the few stand under "More"."""
    plain = [p for p in candidate.parameters if not p.advanced]
    advanced = [p for p in candidate.parameters if p.advanced]
    chosen = {p.name: _field(p, key=f"{key}_{candidate.key}_{p.name}") for p in plain}
    if advanced:
        with st.expander("More"):
            for parameter in advanced:
                chosen[parameter.name] = _field(
                    parameter, key=f"{key}_{candidate.key}_{parameter.name}"
                )
    return chosen


def _field(parameter: Parameter, *, key: str) -> Value:
    label = f"{parameter.label}, {parameter.unit}" if parameter.unit else parameter.label
    about = parameter.help or None
    if parameter.kind == "bool":
        return st.toggle(label, value=bool(parameter.default), help=about, key=key)
    if parameter.kind == "choice":
        options = list(parameter.choices)
        index = options.index(str(parameter.default))
        return st.selectbox(label, options, index=index, help=about, key=key) or options[index]
    if parameter.kind == "int":
        return int(
            st.number_input(
                label,
                min_value=_whole(parameter.minimum),
                max_value=_whole(parameter.maximum),
                value=int(parameter.default),
                step=int(parameter.step or 1),
                help=about,
                key=key,
            )
        )
    return float(
        st.number_input(
            label,
            min_value=parameter.minimum,
            max_value=parameter.maximum,
            value=float(parameter.default),
            step=parameter.step,
            format=f"%.{_decimals(parameter.step)}f",
            help=about,
            key=key,
        )
    )


def _whole(bound: float | None) -> int | None:
    return None if bound is None else int(bound)


def _decimals(step: float | None) -> int:
    text = f"{step or 0.01:g}"
    return len(text.partition(".")[2]) or 1
