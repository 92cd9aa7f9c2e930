"""The API called as its own description says, and as it says not to, by every role and by nobody.

Schemathesis makes the requests; what came of them is counted, and whatever is wrong with an answer
is collected, so that one wrong answer does not hide the next one.
"""

from __future__ import annotations

import itertools
import math
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from app.access import COMMAND_LINE, Role
from app.context import Desk
from app.services import keys
from tests.factories.api_answers import wrong_with
from tests.factories.api_cases import Known, cases_of, ways_of

DOCUMENT = "/api/openapi.json"
RAISED = 599  # instead of a status, where the application let an error through

NOBODY, STRANGER = "nobody", "stranger"
CALLERS = (
    *(Role.admin, NOBODY, Role.merchandiser, Role.admin, Role.fraud_analyst),
    *(Role.admin, STRANGER, Role.manager, Role.admin),
)
"""In turn; an admin more often, who gets further."""

TRUSTED = (Role.admin, Role.admin, Role.merchandiser, Role.admin, Role.fraud_analyst)
"""In turn, with what is known to be there: so that everything is done and not refused only."""


@dataclass(slots=True)
class Fuzzed:
    """What came of the calls."""

    operations: list[str]
    statuses: Counter[int] = field(default_factory=Counter)
    beyond: Counter[str] = field(default_factory=Counter)
    """By operation: calls that passed the gate, the role and the limits."""

    done: Counter[str] = field(default_factory=Counter)
    """By operation: calls that were answered with 2xx."""

    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def calls(self) -> int:
        return self.statuses.total()

    def by_class(self) -> dict[str, int]:
        classes = Counter(f"{status // 100}xx" for status in self.statuses.elements())
        return dict(sorted(classes.items()))


class _Keys:
    """A key for each role; another one where it was revoked, or has asked too much for a while."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._numbers = itertools.count()
        self._keys: dict[str, str] = {}

    def headers(self, caller: str) -> dict[str, str]:
        if caller == NOBODY:
            return {}
        if caller == STRANGER:
            return {"X-API-Key": f"shs_{'x' * 43}"}
        if caller not in self._keys:
            role, name = Role(caller), f"fuzz {next(self._numbers)}"
            made = keys.create_key(self._desk, COMMAND_LINE, name=name, role=role)
            self._keys[caller] = made.key
        return {"Authorization": f"Bearer {self._keys[caller]}"}

    def renew(self, caller: str) -> None:
        self._keys.pop(caller, None)


def fuzz(desk: Desk, server: Starlette | str, calls: int, *, known: Known, bodies: Known) -> Fuzzed:
    """Call every operation in every way, at least so many times in all; the same calls each time.

    Parameters
    ----------
    server : the API itself, or the address of an application on the same home.
    known, bodies : what is there (`api_home`).
    """
    began = time.perf_counter()
    held = _Keys(desk)
    headers = held.headers(Role.admin)
    schema = (
        schemathesis.openapi.from_url(f"{server}{DOCUMENT}", headers=headers)
        if isinstance(server, str)
        else schemathesis.openapi.from_asgi(DOCUMENT, server, headers=headers)
    )
    schema.config.generation.update(with_security_parameters=False)
    operations = [each.ok() for each in schema.get_all_operations()]
    result = Fuzzed(operations=[operation.label for operation in operations])
    rounds = [(operation, way) for operation in operations for way in ways_of(operation)]
    anybody, trusted = itertools.cycle(CALLERS), itertools.cycle(TRUSTED)
    for operation, way in rounds:
        cases = cases_of(operation, way, known, bodies)
        callers = trusted if way == "known" else anybody
        _round(cases, math.ceil(calls / len(rounds)), way, callers, held, result)
    result.seconds = time.perf_counter() - began
    return result


def _round(
    cases: Any, times: int, way: str, callers: Iterator[str], held: _Keys, result: Fuzzed
) -> None:
    # The turn makes requests without any choice differ, so that they are sent as often.
    @settings(
        max_examples=times,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, turn=st.integers(0, 2**32))
    def every(case: Any, turn: int) -> None:
        _call(case, way, next(callers), held, result)

    every()


def _call(case: Any, way: str, caller: str, held: _Keys, result: Fuzzed) -> None:
    label = case.operation.label
    request = f"{label}, {way}, by {caller}: {case.formatted_path} {case.query} {case.body!r:.300}"
    try:
        answer = case.call(headers=held.headers(caller))
    except Exception as error:
        result.statuses[RAISED] += 1
        result.failures.append(f"raised {error!r}\n{request}")
        return
    status = answer.status_code
    result.statuses[status] += 1
    result.beyond[label] += status not in (401, 403, 429)
    result.done[label] += status < 300
    if status in (401, 429):
        held.renew(caller)
    result.failures.extend(
        f"{sentence}\n{request}\n→ {status} {answer.text[:300]}"
        for sentence in wrong_with(case, answer, way=way, has_key=caller in set(Role))
    )
