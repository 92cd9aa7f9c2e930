"""The gate: every request and every socket passes it, and only it says who somebody is.

Identity headers that a client sends are dropped, in whatever spelling. The cookie is looked up in
the database, each time. What comes behind the gate (Streamlit, the API) is told by headers and by
the scope, and by nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import anyio.to_thread
import structlog
from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.access import Identity, SessionEnded, identity_from_key, identity_from_token
from app.web import paths, sockets
from app.web.origin import same_origin
from app.web.problems import TRY_AGAIN, UNREACHABLE, problem
from data_access.errors import DataError
from data_access.state.engine import StateDatabase

HEADER_PREFIX = "x-shopsight-"
TRUSTED_HEADERS = {  # header → key of st.user (`server.trustedUserHeaders`)
    "X-Shopsight-Session": "session",
    "X-Shopsight-User-Id": "user_id",
    "X-Shopsight-Name": "name",
    "X-Shopsight-Role": "role",
}
IDENTITY = "shopsight.identity"  # key of the scope
LONGEST_TOKEN = 200  # characters; a real one has 43
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

RawHeaders = list[tuple[bytes, bytes]]


class IdentityGate:
    """ASGI middleware.

    Parameters
    ----------
    app : what lies behind.
    state : the app database.
    cookie_name : of the session cookie.
    open_sockets : where sockets are kept to be closed at a logout.
    goodbye : bytes that lead an open page to an address; sent before its socket is closed.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        state: StateDatabase,
        cookie_name: str,
        open_sockets: sockets.OpenSockets,
        goodbye: Callable[[str], bytes],
    ) -> None:
        self._app = app
        self._state = state
        self._cookie_name = cookie_name
        self._open_sockets = open_sockets
        self._goodbye = goodbye

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        scope = {**scope, "headers": without_identity(scope["headers"])}
        scope.pop(IDENTITY, None)
        headers = Headers(scope=scope)
        try:
            identity = await self._identify(scope["path"], headers)
        except DataError as error:
            await self._unavailable(scope, receive, send, error)
            return
        if identity is not None:
            scope[IDENTITY] = identity
            scope["headers"] = scope["headers"] + identity_headers(identity)
            structlog.contextvars.bind_contextvars(user=identity.name)
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send, headers, identity)
        else:
            await self._request(scope, receive, send, headers, identity)

    async def _identify(self, path: str, headers: Headers) -> Identity | None:
        try:
            if (key := presented_key(headers)) and (paths.is_api(path) or path == paths.METRICS):
                return await anyio.to_thread.run_sync(identity_from_key, self._state, key)
            if path.startswith(paths.OPEN_FOLDERS):
                return None
            token = presented_token(headers, self._cookie_name)
            if token is None:
                return None
            browser = headers.get("user-agent", "")
            return await anyio.to_thread.run_sync(
                lambda: identity_from_token(self._state, token, browser=browser)
            )
        except SessionEnded:
            return None

    async def _request(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        headers: Headers,
        identity: Identity | None,
    ) -> None:
        refusal: Response | None = None
        path = scope["path"]
        by_cookie = identity is not None and identity.session_hash is not None
        if by_cookie and scope["method"] not in SAFE_METHODS and not same_origin(headers):
            refusal = problem(
                403,
                "The request came from another site.",
                remedy="Open Shopsight itself and do it there.",
            )
        elif identity is None and not paths.needs_no_login(path):
            refusal = _to_login(scope, headers)
        elif (
            identity is not None
            and identity.must_change_password
            and path not in paths.WITHOUT_OWN_PASSWORD
            and not paths.needs_no_login(path)
        ):
            refusal = _to_password(scope, headers)
        elif paths.is_api(path) and paths.has_control_signs(path):
            refusal = problem(
                400,
                "The address holds a line break or another sign that cannot be seen.",
                remedy="See /api/openapi.json for the addresses that there are.",
            )
        await (refusal or self._app)(scope, receive, send)

    async def _socket(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        headers: Headers,
        identity: Identity | None,
    ) -> None:
        had_cookie = presented_token(headers, self._cookie_name) is not None
        if not same_origin(headers) or (identity is None and not had_cookie):
            await receive()
            await send({"type": "websocket.close", "code": 1008})  # before accepting: HTTP 403
        elif identity is None:
            await self._lead_away(receive, send, headers, paths.LOGIN, sockets.ENDED)
        elif identity.must_change_password or identity.session_hash is None:
            await self._lead_away(receive, send, headers, paths.PASSWORD, sockets.FORBIDDEN)
        else:
            with self._open_sockets.hold(identity.session_hash) as end:
                goodbye = self._goodbye(paths.LOGIN)
                await sockets.serve(self._app, scope, receive, send, end, goodbye)

    async def _lead_away(
        self, receive: Receive, send: Send, headers: Headers, address: str, code: int
    ) -> None:
        """A page whose login is over tries to connect again: tell it where to go, nothing else."""
        await receive()
        offered = headers.get("sec-websocket-protocol", "").split(",")[0].strip()
        await send({"type": "websocket.accept", "subprotocol": offered or None})
        await sockets.say_goodbye(send, self._goodbye(address), code)

    async def _unavailable(
        self, scope: Scope, receive: Receive, send: Send, error: DataError
    ) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1013})
            return
        if scope["path"] in (paths.HEALTH, paths.READY):
            await self._app(scope, receive, send)
            return
        answer = problem(503, UNREACHABLE, remedy=TRY_AGAIN)
        structlog.get_logger(__name__).error("app_database_unreachable", reason=str(error))
        await answer(scope, receive, send)


def without_identity(headers: RawHeaders) -> RawHeaders:
    """The headers without those that state an identity, in any spelling that a server may fold."""
    prefix = HEADER_PREFIX.encode()
    return [
        (name, value)
        for name, value in headers
        if not name.strip().lower().replace(b"_", b"-").startswith(prefix)
    ]


def identity_headers(identity: Identity) -> RawHeaders:
    values = {
        "session": identity.session_hash or "",
        "user_id": "" if identity.user_id is None else str(identity.user_id),
        "name": quote(identity.name, safe=" @._-+:"),  # headers are ASCII
        "role": identity.role.value,
    }
    return [
        (header.lower().encode(), values[key].encode()) for header, key in TRUSTED_HEADERS.items()
    ]


def presented_token(headers: Headers, cookie_name: str) -> str | None:
    """The session cookie; none where it is missing, absurd, or there twice with two values."""
    found = set()
    for line in headers.getlist("cookie"):
        for part in line.split(";"):
            name, _, value = part.strip().partition("=")
            if name == cookie_name:
                found.add(value.strip('"'))
    if len(found) != 1:
        return None
    token = found.pop()
    return token if 0 < len(token) <= LONGEST_TOKEN and token.isascii() else None


def presented_key(headers: Headers) -> str | None:
    """An API key from ``Authorization: Bearer …`` or ``X-API-Key``."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    key = value.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "").strip()
    return key if 0 < len(key) <= LONGEST_TOKEN and key.isascii() else None


def _wants_page(scope: Scope, headers: Headers) -> bool:
    return scope["method"] in ("GET", "HEAD") and "text/html" in headers.get("accept", "")


def _to_login(scope: Scope, headers: Headers) -> Response:
    path = scope["path"]
    if _wants_page(scope, headers) and not paths.is_api(path):
        query = scope.get("query_string", b"").decode("latin-1")
        target = paths.local_path(quote(path) + (f"?{query}" if query else ""))
        return RedirectResponse(
            paths.login_address(target), 303, headers={"Cache-Control": "no-store"}
        )
    return problem(
        401,
        "Nobody is logged in.",
        remedy="Log in, or send an API key as Authorization: Bearer KEY.",
        headers={"WWW-Authenticate": "Bearer"} if paths.is_api(path) else None,
    )


def _to_password(scope: Scope, headers: Headers) -> Response:
    if _wants_page(scope, headers) and not paths.is_api(scope["path"]):
        return RedirectResponse(paths.PASSWORD, 303, headers={"Cache-Control": "no-store"})
    return problem(
        403,
        "The one-time password has not been changed yet.",
        remedy=f"Choose a password of your own at {paths.PASSWORD}.",
    )
