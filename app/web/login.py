"""Login, logout and the change of one's password."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qs

import anyio
import anyio.to_thread
import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from app.access import (
    AccessError,
    Identity,
    LoginRefused,
    Role,
    change_own_password,
    log_in,
    log_in_by_click,
    log_out,
)
from app.access.logins import Login
from app.settings import Settings
from app.web import html, paths
from app.web.identity import IDENTITY
from app.web.metrics import LOGINS
from app.web.origin import address_of, from_this_machine, same_origin
from data_access.state.engine import StateDatabase

LONGEST_BODY = 16_384  # bytes; a form of ours has a few hundred
AT_ONCE = 8  # logins being checked; more of them wait and leave threads for everybody else
ROLE_NOTES = {
    Role.merchandiser: "Forecasts, what to order",
    Role.fraud_analyst: "Orders under suspicion",
    Role.manager: "Key figures and targets",
    Role.admin: "Users, data, settings",
}
T = TypeVar("T")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Entrance:
    """The pages of the entrance, for one application."""

    settings: Settings
    state: StateDatabase
    cookie_name: str
    is_demo: Callable[[], bool]  # whether the shop bears the demo's mark

    def routes(self, files: Path) -> list[BaseRoute]:
        return [
            Route(paths.LOGIN, self.show_login, methods=["GET"]),
            Route(paths.LOGIN, self.log_in, methods=["POST"]),
            Route(paths.LOGIN_BY_CLICK, self.log_in_by_click, methods=["POST"]),
            Route(paths.LOGOUT, self.show_logout, methods=["GET"]),
            Route(paths.LOGOUT, self.log_out, methods=["POST"]),
            Route(paths.PASSWORD, self.show_password, methods=["GET"]),
            Route(paths.PASSWORD, self.change_password, methods=["POST"]),
            Mount(paths.LOGIN_FILES, StaticFiles(directory=files)),
        ]

    async def offers_click(self, request: Request) -> bool:
        """Only on this machine, and only where the shop bears the demo's mark."""
        if not from_this_machine(request.scope, self.settings.host):
            return False
        return await anyio.to_thread.run_sync(self.is_demo)

    async def show_login(self, request: Request) -> Response:
        target = paths.local_path(request.query_params.get("next"))
        if IDENTITY in request.scope:
            return _go(target)
        return await self._login_page(request, target)

    async def log_in(self, request: Request) -> Response:
        if not same_origin(request.headers):
            return _foreign()
        fields = await _fields(request)
        target = paths.local_path(fields.get("next"))
        name = fields.get("name", "")
        try:
            login = await _in_thread(
                lambda: log_in(
                    self.state,
                    name=name,
                    password=fields.get("password", ""),
                    address=address_of(request.scope),
                    lasts=timedelta(hours=self.settings.session_hours),
                    browser=request.headers.get("user-agent", ""),
                )
            )
        except LoginRefused as refusal:
            return await self._refused(request, target, refusal, name)
        return self._enter(login, target)

    async def log_in_by_click(self, request: Request) -> Response:
        if not same_origin(request.headers):
            return _foreign()
        fields = await _fields(request)
        target = paths.local_path(fields.get("next"))
        if not await self.offers_click(request) or fields.get("role") not in set(Role):
            LOGINS.labels("refused").inc()
            return await self._login_page(
                request,
                target,
                html.message(
                    "Nobody enters this shop by a click.", "Log in with name and password."
                ),
                status=403,
            )
        try:
            login = await _in_thread(
                lambda: log_in_by_click(
                    self.state,
                    role=Role(fields["role"]),
                    address=address_of(request.scope),
                    lasts=timedelta(hours=self.settings.session_hours),
                    browser=request.headers.get("user-agent", ""),
                )
            )
        except LoginRefused as refusal:
            return await self._refused(request, target, refusal)
        return self._enter(login, target)

    async def show_logout(self, request: Request) -> Response:
        identity: Identity = request.scope[IDENTITY]
        return html.page(
            "Log out",
            f"{identity.name} is logged out on every device.",
            html.form(paths.LOGOUT, "Log out"),
        )

    async def log_out(self, request: Request) -> Response:
        identity: Identity = request.scope[IDENTITY]
        await _in_thread(lambda: log_out(self.state, identity))
        answer = _go(paths.LOGIN)
        answer.delete_cookie(self.cookie_name, path="/")
        answer.headers["Clear-Site-Data"] = '"cache"'
        return answer

    async def show_password(self, request: Request) -> Response:
        return _password_page(request.scope[IDENTITY])

    async def change_password(self, request: Request) -> Response:
        identity: Identity = request.scope[IDENTITY]
        fields = await _fields(request)
        if fields.get("new", "") != fields.get("again", ""):
            problem = html.message("The two new passwords differ.", "Type the same one twice.")
            return _password_page(identity, problem, status=422)
        try:
            await _in_thread(
                lambda: change_own_password(
                    self.state,
                    identity,
                    current=fields.get("current", ""),
                    new=fields.get("new", ""),
                    address=address_of(request.scope),
                )
            )
        except AccessError as refusal:
            return _password_page(identity, html.message(str(refusal), refusal.remedy), status=422)
        return _go("/")

    def _enter(self, login: Login, target: str) -> Response:
        LOGINS.labels("let_in").inc()
        _log.info("logged_in", user=login.identity.name, role=login.identity.role.value)
        answer = _go(paths.PASSWORD if login.identity.must_change_password else target)
        answer.set_cookie(
            self.cookie_name,
            login.token,
            max_age=int(self.settings.session_hours * 3600),
            path="/",
            secure=self.settings.secure_cookie,
            httponly=True,
            # Not "strict": a link in a colleague's message would lead to the login page.
            samesite="lax",
        )
        return answer

    async def _refused(
        self, request: Request, target: str, refusal: LoginRefused, name: str = ""
    ) -> Response:
        LOGINS.labels("locked" if refusal.wait else "refused").inc()
        _log.warning("login_refused", address=address_of(request.scope), locked=bool(refusal.wait))
        shown = await self._login_page(
            request,
            target,
            html.message(str(refusal), refusal.remedy),
            name=name,
            status=429 if refusal.wait else 401,
        )
        if refusal.wait:
            shown.headers["Retry-After"] = str(int(refusal.wait.total_seconds()) + 1)
        return shown

    async def _login_page(
        self, request: Request, target: str, above: str = "", *, name: str = "", status: int = 200
    ) -> Response:
        kept = (("next", target),)
        by_click = await self.offers_click(request)
        fields = (
            html.Field(
                name="name",
                label="Name",
                autocomplete="username",
                value=name[:120],
                autofocus=not name and not by_click,
            ),
            html.Field(
                name="password",
                label="Password",
                kind="password",
                autocomplete="current-password",
                autofocus=bool(name),
            ),
        )
        body = above
        lead = "The analytics desk of your shop."
        if by_click:
            lead = "This is a demo shop on your own machine: enter as any of the four roles."
            body += _roles(kept) + '<p class="or">Or with a name and password:</p>'
        body += html.form(paths.LOGIN, "Log in", fields=fields, hidden=kept)
        body += '<p class="foot">Forgotten the password? An admin can give you a new one.</p>'
        return html.page("Log in", lead, body, status=status)


def _roles(kept: tuple[tuple[str, str], ...]) -> str:
    forms = (
        html.form(
            paths.LOGIN_BY_CLICK,
            f"Enter as {role.label}",
            hidden=(("role", role.value), *kept),
            note=ROLE_NOTES[role],
            quiet=True,
        )
        for role in Role
    )
    return f'<div class="roles">{"".join(forms)}</div>'


def _password_page(identity: Identity, above: str = "", *, status: int = 200) -> Response:
    until_now = "One-time password" if identity.must_change_password else "Password until now"
    fields = (
        html.Field(
            name="current",
            label=until_now,
            kind="password",
            autocomplete="current-password",
            autofocus=True,
        ),
        *(
            html.Field(name=name, label=label, kind="password", autocomplete="new-password")
            for name, label in (
                ("new", "New password, at least 12 characters"),
                ("again", "New password again"),
            )
        ),
    )
    return html.page(
        "Choose a password",
        f"For {identity.name}. Several words in a row are easy to keep and hard to guess.",
        above + html.form(paths.PASSWORD, "Change the password", fields=fields),
        status=status,
    )


def _foreign() -> Response:
    return html.page(
        "Not from here",
        "This form was sent by another site.",
        html.message("Nothing was done.", "Open Shopsight itself and log in there."),
        status=403,
    )


def _go(target: str) -> Response:
    return RedirectResponse(target, 303, headers={"Cache-Control": "no-store"})


async def _fields(request: Request) -> dict[str, str]:
    """The fields of a form, each once; more than a form of ours can hold is not read."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY:
            return {}
    parsed = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20)
    return {name: values[0] for name, values in parsed.items()}


async def _in_thread(work: Callable[[], T]) -> T:
    return await anyio.to_thread.run_sync(work, limiter=_limiter())


@lru_cache(maxsize=1)
def _limiter() -> anyio.CapacityLimiter:
    return anyio.CapacityLimiter(AT_ONCE)
