"""Open websockets by login, so that the end of a login closes them."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import anyio.to_thread
import structlog
from starlette.types import Message, Receive, Scope, Send

from app.access import endings
from data_access.errors import DataError
from data_access.state import sessions
from data_access.state.engine import StateDatabase, utc_now

LOOK_EVERY = 2.0  # seconds; how late another process's logout, an expiry or a lock-out is noticed
ENDED = 4401  # close code, after HTTP's 401
FORBIDDEN = 4403

Inner = Callable[[Scope, Receive, Send], Awaitable[None]]
_log = structlog.get_logger(__name__)


class OpenSockets:
    """The sockets of this process."""

    def __init__(self, state: StateDatabase) -> None:
        self._state = state
        self._ends: dict[str, set[asyncio.Event]] = defaultdict(set)

    def __len__(self) -> int:
        return sum(len(ends) for ends in self._ends.values())

    @contextmanager
    def hold(self, session_hash: str) -> Iterator[asyncio.Event]:
        """An event that is set when the login behind the socket ends."""
        end = asyncio.Event()
        self._ends[session_hash].add(end)
        try:
            yield end
        finally:
            self._ends[session_hash].discard(end)
            if not self._ends[session_hash]:
                del self._ends[session_hash]

    def close(self, session_hashes: Iterable[str]) -> None:
        for session_hash in session_hashes:
            for end in self._ends.get(session_hash, ()):
                end.set()

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """While the server runs: close at once what ends here, in seconds what ends elsewhere."""
        loop = asyncio.get_running_loop()

        def close_soon(ended: frozenset[str]) -> None:
            loop.call_soon_threadsafe(self.close, ended)

        stop = endings.listen(close_soon)
        watch = asyncio.create_task(self._watch(), name="shopsight-sockets")
        try:
            yield
        finally:
            stop()
            watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watch

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            held = list(self._ends)
            if not held:
                continue
            try:
                live = await anyio.to_thread.run_sync(self._live, held)
            except DataError as error:
                _log.warning("sessions_not_checked", reason=str(error))
            else:
                self.close(set(held) - live)

    def _live(self, session_hashes: list[str]) -> set[str]:
        with self._state.read() as session:
            return sessions.live_among(session, session_hashes, utc_now())


async def serve(
    inner: Inner, scope: Scope, receive: Receive, send: Send, end: asyncio.Event, goodbye: bytes
) -> None:
    """Run a socket until it closes by itself or ``end`` is set; then say ``goodbye`` and close."""
    accepted = closed = False
    arriving: asyncio.Task[Message] | None = None

    async def guarded_receive() -> Message:
        nonlocal arriving, closed
        if closed:
            return {"type": "websocket.disconnect", "code": ENDED}
        arriving = arriving or asyncio.ensure_future(receive())
        waiting = asyncio.ensure_future(end.wait())
        try:
            await asyncio.wait({arriving, waiting}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if not end.is_set():
            done, arriving = arriving, None
            return done.result()
        closed = True
        arriving.cancel()
        await say_goodbye(send, goodbye if accepted else b"", ENDED)
        return {"type": "websocket.disconnect", "code": ENDED}

    async def guarded_send(message: Any) -> None:
        nonlocal accepted
        accepted = accepted or message["type"] == "websocket.accept"
        if not closed:
            await send(message)

    try:
        await inner(scope, guarded_receive, guarded_send)
    finally:
        if arriving is not None:
            arriving.cancel()


async def say_goodbye(send: Send, goodbye: bytes, code: int) -> None:
    """Send the page where to go, then close; a peer that is gone already is no matter."""
    with contextlib.suppress(OSError, RuntimeError):
        if goodbye:
            await send({"type": "websocket.send", "bytes": goodbye})
        await send({"type": "websocket.close", "code": code, "reason": "the login is over"})
