"""Form fields drawn from a candidate's parameters: their types, bounds, units and helps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import streamlit as st

if TYPE_CHECKING:
    from app.services.settings import Setting
    from ml.contract import Parameter, Value


def setting(one: Setting) -> Value | None:
    """The field of a setting; a secret's is empty, and empty means unchanged."""
    which = one.definition
    unit = "%" if which.unit == "share" else which.unit
    label = _labelled(which.label, unit)
    key = f"setting_{which.key}"
    if which.kind == "bool":
        return st.toggle(label, value=bool(one.value), help=which.help, key=key)
    if which.kind == "choice":
        at = which.choices.index(str(one.value))
        return st.selectbox(label, which.choices, index=at, help=which.help, key=key)
    if which.kind in ("int", "float"):
        return _number(one, label, key)
    return st.text_input(
        label,
        value="" if which.secret else str(one.value or ""),
        type="password" if which.secret else "default",
        max_chars=250,
        placeholder="Set; type to replace it" if which.secret and one.is_set else which.example,
        help=which.help,
        key=key,
    )


def differs(one: Setting, wanted: Value | None) -> bool:
    """Whether the form asks for a change."""
    return bool(wanted) if one.definition.secret else wanted != one.value


def _number(one: Setting, label: str, key: str) -> Value | None:
    which, value = one.definition, one.value
    if which.kind == "int":
        return st.number_input(
            label,
            min_value=_whole(which.minimum),
            max_value=_whole(which.maximum),
            value=int(value or 0),
            step=int(which.step or 1),
            help=which.help,
            key=key,
        )
    scale = 100.0 if which.unit == "share" else 1.0
    step = (which.step or 0.01) * scale
    given = st.number_input(
        label,
        min_value=None if which.minimum is None else which.minimum * scale,
        max_value=None if which.maximum is None else which.maximum * scale,
        value=None if value is None else round(float(value) * scale, 6),
        step=step,
        format=f"%.{_decimals(step)}f",
        help=which.help,
        key=key,
    )
    return None if given is None else round(given / scale, 8)


def field(parameter: Parameter, *, key: str, width: int | Literal["stretch"] = "stretch") -> Value:
    """The field of one parameter of a candidate."""
    label = _labelled(parameter.label, parameter.unit)
    about = parameter.help or None
    if parameter.kind == "bool":
        return st.toggle(label, value=bool(parameter.default), help=about, key=key)
    if parameter.kind == "choice":
        options = list(parameter.choices)
        index = options.index(str(parameter.default))
        picked = st.selectbox(label, options, index=index, help=about, key=key, width=width)
        return picked or options[index]
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
                width=width,
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
            width=width,
        )
    )


def _labelled(label: str, unit: str) -> str:
    """The label with its unit, unless it says the unit itself."""
    said = any(word in label.lower() for word in unit.lower().split())
    return label if said or not unit else f"{label}, {unit}"


def _whole(bound: float | None) -> int | None:
    return None if bound is None else int(bound)


def _decimals(step: float | None) -> int:
    text = f"{step or 0.01:g}"
    return len(text.partition(".")[2]) or 1
