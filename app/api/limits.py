"""How much one caller may ask: the size of a request, and how many of them a minute."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.problems import problem

LARGEST_BODY = 4 * 1024 * 1024
"""Bytes: a thousand orders with every field take about one million."""

CALLERS = 10_000
"""Remembered at once; the longest silent one is forgotten first."""


class BodyLimit:
    """ASGI middleware: a request that is too large is refused before it is read whole."""

    def __init__(self, app: ASGIApp, largest: int = LARGEST_BODY) -> None:
        self._app = app
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        parts: list[Message] = []
        size = 0
        while True:  # read here, so that a length that was not told cannot be larger either
            message = await receive()
            parts.append(message)
            size += len(message.get("body", b""))
            if size > self._largest:
                answer = problem(
                    413,
                    f"The request is larger than {self._largest // 1024**2} MiB.",
                    remedy="Send fewer orders at once.",
                    headers={"Connection": "close"},
                )
                await answer(scope, receive, send)
                return
            if message["type"] != "http.request" or not message.get("more_body"):
                break
        waiting = iter(parts)

        async def replay() -> Message:
            return next(waiting, None) or await receive()

        await self._app(scope, replay, send)


class Allowance:
    """So much a minute for each caller, some of it at once; kept by this process.

    Parameters
    ----------
    a_minute : how much comes back within a minute.
    at_once : how much can be used in one go after a pause.
    """

    def __init__(
        self, a_minute: float, at_once: float, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = a_minute / 60
        self._most = at_once
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, caller: str, amount: float = 1.0) -> int:
        """Use some; 0 where it was there, else after how many seconds to ask again."""
        now = self._clock()
        with self._lock:
            left, then = self._left.pop(caller, (self._most, now))
            left = min(self._most, left + (now - then) * self._rate)
            enough = left >= amount
            self._left[caller] = (left - amount if enough else left, now)
            if len(self._left) > CALLERS:
                self._left.popitem(last=False)
        return 0 if enough else max(math.ceil((amount - left) / self._rate), 1)


def hold(allowance: Allowance, caller: str, amount: float = 1.0) -> None:
    """Go on only within the allowance.

    Raises
    ------
    HTTPException : 429 with the seconds to wait.
    """
    wait = allowance.take(caller, amount)
    if wait:
        raise HTTPException(
            429,
            f"Too many requests with this key; ask again in {wait} s.",
            headers={"Retry-After": str(wait)},
        )
