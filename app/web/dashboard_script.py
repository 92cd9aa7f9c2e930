"""Adds our own script to Streamlit's page, so that it is there before anything is drawn."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.paths import LOGIN_FILES, kind_of

SCRIPT = f'<script src="{LOGIN_FILES}/keys.js"></script>'.encode()
END_OF_HEAD = b"</head>"
ROOT_OF_DASHBOARD = b'id="root"'

WHOLE_AND_PLAIN = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")
"""Headers of a request that are left out, so that the page of 2 kB comes as it is written."""


class DashboardScript:
    """ASGI middleware around the dashboard."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _asks_for_a_page(scope):
            await self._app(scope, receive, send)
            return
        start: Message = {}
        body = b""

        async def send_with_script(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            if ROOT_OF_DASHBOARD in body:
                body = body.replace(END_OF_HEAD, SCRIPT + END_OF_HEAD, 1)
                headers = MutableHeaders(scope=start)
                headers["Content-Length"] = str(len(body))
                for name in ("etag", "last-modified"):  # of the page without it
                    del headers[name]
            await send(start)
            await send({"type": "http.response.body", "body": body})

        headers = [(name, value) for name, value in scope["headers"] if name not in WHOLE_AND_PLAIN]
        await self._app({**scope, "headers": headers, "extensions": {}}, receive, send_with_script)


def _asks_for_a_page(scope: Scope) -> bool:
    """A browser that goes to a page, not to a file, and not a page that asks for its parts."""
    if scope["type"] != "http" or scope["method"] != "GET" or kind_of(scope["path"]) != "page":
        return False
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])
