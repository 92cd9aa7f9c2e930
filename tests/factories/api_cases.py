"""Requests to the API: as it describes them, as it does not, and with what nobody describes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st
from schemathesis.generation import GenerationMode

WAYS = ("valid", "known", "invalid", "hostile")
"""As described; the same with what this home has; not as described; with one value of `HOSTILE`."""

WITHOUT_INPUTS = ("valid", "known")
"""Of an operation that asks for nothing: nothing of it can be wrong."""

HOSTILE: tuple[Any, ...] = (
    *(2**31, 2**63, 10**400, -1, 1e308, float("nan"), float("inf"), True, None),
    *("", "\x00", "a\nb", "\ud800", "\u202e", "x" * 70_000, "'; drop table audit; --", "../../etc"),
    *([], {}, [[[[{"a": float("nan")}]]]]),
)
"""Values that a description can hardly name, and that databases, JSON and addresses trip over."""

LONGEST_ADDRESS = 5_000

Known = Mapping[str, Sequence[Any]]


def ways_of(operation: Any) -> tuple[str, ...]:
    asks = operation.body or list(operation.iter_parameters())
    return WAYS if asks else WITHOUT_INPUTS


def cases_of(operation: Any, way: str, known: Known, bodies: Known) -> st.SearchStrategy[Any]:
    """Requests to one operation.

    Parameters
    ----------
    known : what is there, by the name of the parameter or field that asks for it.
    bodies : whole bodies by operation, where their fields depend on each other.
    """
    mode = GenerationMode.NEGATIVE if way == "invalid" else GenerationMode.POSITIVE
    cases: st.SearchStrategy[Any] = operation.as_strategy(generation_mode=mode)
    if way in ("known", "hostile"):
        cases = _with_known(cases, known, bodies.get(operation.label, ()))
    return _with_hostile(cases) if way == "hostile" else cases


@st.composite
def _with_known(draw: Any, cases: Any, known: Known, bodies: Sequence[Any]) -> Any:
    case = draw(cases)
    if bodies:
        case.body = deepcopy(draw(st.sampled_from(bodies)))
    for part in _parts(case):
        for name in sorted(part.keys() & known.keys()):
            part[name] = deepcopy(draw(st.sampled_from(known[name])))
    return case


@st.composite
def _with_hostile(draw: Any, cases: Any) -> Any:
    """One value of the address, the query or the body, where it may lie deeper."""
    case = draw(cases)
    parts = _parts(case)
    value = draw(st.sampled_from(HOSTILE))
    if not parts:
        return case
    part = draw(st.sampled_from(parts))
    if part is not case.body:
        text = _in_address(value)
        text = quote(text.replace("/", "-"), safe="") if part is case.path_parameters else text
        part[draw(st.sampled_from(sorted(part)))] = text
    else:
        part = draw(st.sampled_from([part, *_inner(part)]))
        part[draw(st.sampled_from(sorted(part)))] = value
    if isinstance(case.body, dict):
        case.body = json.dumps(case.body).encode()  # NaN too, which the client would not send
    return case


def _parts(case: Any) -> list[dict[str, Any]]:
    return [part for part in (case.path_parameters, case.query, case.body) if _has_names(part)]


def _inner(body: dict[str, Any]) -> list[dict[str, Any]]:
    lists = [value if isinstance(value, list) else [value] for value in body.values()]
    return [one for each in lists for one in each if _has_names(one)]


def _has_names(part: Any) -> bool:
    return isinstance(part, dict) and bool(part)


def _in_address(value: Any) -> str:
    """As text, without what UTF-8 cannot hold: that cannot be sent in an address.

    Nor are slashes put into a path, since it would be that of another operation.
    """
    return str(value if value else "-").encode(errors="replace").decode()[:LONGEST_ADDRESS]
