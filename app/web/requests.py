"""A number for every request, and one line about it."""

from __future__ import annotations

import re
import time
import uuid

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.logs import shortened
from app.web import html, paths
from app.web.metrics import LATENCY, REQUESTS
from app.web.origin import address_of
from app.web.problems import problem

_SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_LONGEST_PATH = 300
"""Characters of a path that are logged; the longest of our own has about 120."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET = frozenset({"static", "static-login", "stcore", "healthz", "readyz", "metrics", "media"})
_log = structlog.get_logger(__name__)


class RequestLog:
    """ASGI middleware: request id, log line, metrics. Queries may be personal: not logged."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope))
        path = shortened(scope["path"], _LONGEST_PATH)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        if scope["type"] == "websocket":
            _log.info("socket_opened", path=path, address=address_of(scope))
            try:
                await self._app(scope, receive, send)
            finally:
                _log.info("socket_closed", path=path)
            return
        await self._request(scope, receive, send, request_id)

    async def _request(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        status, begun = 500, False
        path = shortened(scope["path"], _LONGEST_PATH)
        began = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status, begun
            if message["type"] == "http.response.start":
                status, begun = message["status"], True
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception:
            _log.exception("request_failed", path=path)
            if begun:
                raise
            await _sorry(scope, request_id)(scope, receive, send_with_id)
        finally:
            seconds = time.perf_counter() - began
            kind = paths.kind_of(scope["path"])
            method = scope["method"] if scope["method"] in _METHODS else "other"
            REQUESTS.labels(method, kind, str(status)).inc()
            LATENCY.labels(kind).observe(seconds)
            write = _log.debug if kind in _QUIET and status < 400 else _log.info
            write(
                "request",
                method=method,
                path=path,
                status=status,
                ms=round(seconds * 1000, 1),
                address=address_of(scope),
            )


def _sorry(scope: Scope, request_id: str) -> Response:
    """A sentence instead of a traceback, with the number under which the log has it."""
    text, remedy = "Something went wrong here.", f"Tell an admin this number: {request_id}."
    if "text/html" in Headers(scope=scope).get("accept", ""):
        return html.page(
            "Something went wrong", remedy, html.message(text, "Try again."), status=500
        )
    return problem(500, text, remedy=remedy)


def _request_id(headers: Headers) -> str:
    """The caller's id where it is short and plain, so that a log cannot be forged with it."""
    given = headers.get("x-request-id", "")
    return given if _SANE_ID.fullmatch(given) else uuid.uuid4().hex
