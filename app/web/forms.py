"""Reading a form and answering it: what the pages of the shell share."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar
from urllib.parse import parse_qs

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.web import html

LONGEST_BODY = 16_384  # bytes; a form of ours has a few hundred
AT_ONCE = 8  # logins being checked; more of them wait and leave threads for everybody else

T = TypeVar("T")


def foreign() -> Response:
    return html.page(
        "Not from here",
        "This form was sent by another site.",
        html.message("Nothing was done.", "Open Shopsight itself and log in there."),
        status=403,
    )


def go(target: str) -> Response:
    return RedirectResponse(target, 303, headers={"Cache-Control": "no-store"})


async def read_fields(request: Request) -> dict[str, str]:
    """The fields of a form, each once; more than a form of ours can hold is not read."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY:
            return {}
    parsed = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20)
    return {name: values[0] for name, values in parsed.items()}


async def in_thread(work: Callable[[], T]) -> T:
    return await anyio.to_thread.run_sync(work, limiter=_limiter())


@lru_cache(maxsize=1)
def _limiter() -> anyio.CapacityLimiter:
    return anyio.CapacityLimiter(AT_ONCE)
