"""What must be true of every answer of the API, whatever was asked, and by whom."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

AS_DESCRIBED: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
PARTS = ("title", "detail", "remedy")
"""Of every refusal."""

INNER = re.compile(
    r"Traceback|File \"|sqlite|psycopg|sqlalchemy|duckdb\.|constraint failed|SELECT .+ FROM"
    r"|INSERT INTO|UPDATE \w+ SET",
)
"""What only the log may say."""


def wrong_with(case: Any, answer: Any, *, way: str, has_key: bool) -> Iterator[str]:
    """Sentences on what is wrong with an answer; none where nothing is."""
    if not has_key and answer.status_code != 401:
        yield "let in without a key"
    if inner := INNER.search(answer.text):
        yield f"says {inner.group()!r}"
    if answer.status_code >= 400 and not _is_whole(answer):
        yield f"lacks one of {', '.join(PARTS)}"
    checks = [*AS_DESCRIBED, negative_data_rejection] if way == "invalid" else AS_DESCRIBED
    try:
        case.validate_response(answer, checks=checks)
    except FailureGroup as group:
        for each in group.exceptions:
            yield f"{each.title}: {each.message}" if isinstance(each, Failure) else repr(each)


def _is_whole(answer: Any) -> bool:
    with contextlib.suppress(ValueError):
        refusal = answer.json()
        return all(isinstance(refusal.get(part), str) and refusal[part] for part in PARTS)
    return False
