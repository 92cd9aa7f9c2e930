"""Refusals for programs: RFC 9457 problem details, with a remedy."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import JSONResponse

UNREACHABLE = "The app database does not answer."
TRY_AGAIN = "Try again in a minute; tell an admin."


def problem(
    status: int, detail: str, *, remedy: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    return JSONResponse(
        {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            # It may quote what was sent, such as half a character, which has no UTF-8.
            "detail": detail.encode(errors="backslashreplace").decode(),
            "remedy": remedy,
        },
        status_code=status,
        headers={"Cache-Control": "no-store", **(headers or {})},
        media_type="application/problem+json",
    )
