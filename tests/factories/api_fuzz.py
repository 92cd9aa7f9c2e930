"""The API called as its own description says, and as it says not to, by every role and by nobody.

Schemathesis makes the requests; what came of them is counted, and whatever is wrong with an answer
is collected, so that one wrong answer does not hide the next one.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.applications import Starlette

from app.access import COMMAND_LINE, Role
from app.context import Desk
from app.services import keys

NOBODY, STRANGER = "nobody", "stranger"
CALLERS = (
    *(Role.admin, NOBODY, Role.merchandiser, Role.admin, Role.fraud_analyst),
    *(Role.admin, STRANGER, Role.manager, Role.admin),
)
"""In turn; an admin more often, who gets further. Their number shares no factor with that of the
ways, so that everybody comes by every way."""

WAYS = ("valid", "known", "invalid")
"""As described; the same with what this home has; not as described."""

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
PARTS = ("title", "detail", "remedy")
INNER = re.compile(
    r"Traceback|File \"|sqlite3|psycopg|sqlalchemy|duckdb\.|constraint failed|SELECT .+ FROM"
    r"|INSERT INTO|UPDATE \w+ SET",
)
"""What only the log may say."""


@dataclass(slots=True)
class Fuzzed:
    """What came of the calls."""

    statuses: Counter[int] = field(default_factory=Counter)
    beyond: Counter[str] = field(default_factory=Counter)
    """By operation: calls that passed the gate, the role and the limits."""

    done: Counter[str] = field(default_factory=Counter)
    """By operation: calls that were answered with 2xx."""

    failures: list[str] = field(default_factory=list)
    operations: list[str] = field(default_factory=list)
    seconds: float = 0.0
    processor_s: float = 0.0

    @property
    def calls(self) -> int:
        return self.statuses.total()

    def by_class(self) -> dict[str, int]:
        found = Counter(f"{status // 100}xx" for status in self.statuses.elements())
        return dict(sorted(found.items()))


class _Keys:
    """A key for each role; another one where it was revoked, or has asked too much for a while."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._numbers = itertools.count()
        self._keys: dict[Role, str] = {}

    def headers(self, caller: str) -> dict[str, str]:
        if caller == NOBODY:
            return {}
        if caller == STRANGER:
            return {"X-API-Key": f"shs_{'x' * 43}"}
        role = Role(caller)
        if role not in self._keys:
            name = f"fuzz {role.value} {next(self._numbers)}"
            self._keys[role] = keys.create_key(self._desk, COMMAND_LINE, name=name, role=role).key
        return {"Authorization": f"Bearer {self._keys[role]}"}

    def renew(self, caller: str) -> None:
        if caller not in (NOBODY, STRANGER):
            self._keys.pop(Role(caller), None)


def fuzz(
    desk: Desk,
    server: Starlette,
    calls: int,
    *,
    known: dict[str, list[Any]],
    bodies: dict[str, list[Any]],
) -> Fuzzed:
    """Call every operation in every way, about so many times in all; the same calls each time."""
    began, used = time.perf_counter(), time.process_time()
    found, callers, held = Fuzzed(), itertools.cycle(CALLERS), _Keys(desk)
    document = "/api/openapi.json"
    schema = schemathesis.openapi.from_asgi(document, server, headers=held.headers(Role.admin))
    schema.config.generation.update(with_security_parameters=False)
    operations = [each.ok() for each in schema.get_all_operations()]
    found.operations = [one.label for one in operations]
    ways = [(one, way) for one in operations for way in WAYS if way != "invalid" or _asks(one)]
    each = math.ceil(calls / len(ways))
    for operation, way in ways:
        mode = GenerationMode.NEGATIVE if way == "invalid" else GenerationMode.POSITIVE
        cases = operation.as_strategy(generation_mode=mode)
        if way == "known":
            cases = _with_known(cases, known, bodies.get(operation.label))

        _drive(cases, each, partial(_call, way=way, callers=callers, held=held, found=found))
    found.seconds = time.perf_counter() - began
    found.processor_s = time.process_time() - used
    return found


def _asks(operation: Any) -> bool:
    """Whether it has inputs, which can be wrong."""
    return bool(operation.body or list(operation.iter_parameters()))


def _drive(cases: Any, times: int, call: Callable[..., None]) -> None:
    """Call with so many cases, the same each time."""

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
        call(case)

    every()


@st.composite
def _with_known(draw: Any, cases: Any, known: dict[str, list[Any]], bodies: Any) -> Any:
    case = draw(cases)
    if bodies:
        case.body = draw(st.sampled_from(bodies))
    for part in (case.path_parameters, case.query, case.body):
        for name in sorted(part.keys() & known.keys()) if isinstance(part, dict) else ():
            part[name] = draw(st.sampled_from(known[name]))
    return case


def _call(case: Any, *, way: str, callers: Iterator[str], held: _Keys, found: Fuzzed) -> None:
    label, caller = case.operation.label, next(callers)
    asked = f"{label}, {way}, by {caller}"
    try:
        answer = case.call(headers=held.headers(caller))
    except Exception as error:  # the application let it through
        found.statuses[599] += 1
        found.failures.append(f"{asked}: raised {error!r}\n{case.as_curl_command()}")
        return
    status = answer.status_code
    found.statuses[status] += 1
    found.beyond[label] += status not in (401, 403, 429)
    found.done[label] += status < 300
    if status in (401, 429):
        held.renew(caller)
    wrong = [*_own_checks(answer, caller), *_their_checks(case, answer)]
    found.failures.extend(
        f"{asked}: {one}\n{case.as_curl_command()}\n→ {status} {answer.text[:300]}" for one in wrong
    )


def _own_checks(answer: Any, caller: str) -> Iterator[str]:
    if caller in (NOBODY, STRANGER) and answer.status_code != 401:
        yield "let in without a key"
    if inner := INNER.search(answer.text):
        yield f"says {inner.group()!r}"
    if answer.status_code >= 400:
        with contextlib.suppress(ValueError):
            told = answer.json()
            if all(isinstance(told.get(part), str) and told[part] for part in PARTS):
                return
        yield f"lacks one of {', '.join(PARTS)}"


def _their_checks(case: Any, answer: Any) -> Iterator[str]:
    try:
        case.validate_response(answer, checks=CHECKS)
    except FailureGroup as group:
        for each in group.exceptions:
            yield f"{each.title}: {each.message}" if isinstance(each, Failure) else repr(each)
