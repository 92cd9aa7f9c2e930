"""The login page: name and password, or on a demo shop a click."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import anyio.to_thread
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from app.access import (
    LoginRefused,
    Role,
    log_in,
    log_in_by_click,
)
from app.access.logins import Login
from app.settings import Settings
from app.web import html, paths
from app.web.forms import foreign, go, in_thread, read_fields
from app.web.identity import IDENTITY
from app.web.metrics import LOGINS
from app.web.origin import address_of, from_this_machine, same_origin
from data_access.state.engine import StateDatabase

ROLE_NOTES = {
    Role.merchandiser: "Forecasts, what to order",
    Role.fraud_analyst: "Orders under suspicion",
    Role.manager: "Key figures and targets",
    Role.admin: "Users, data, settings",
}
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
            return go(target)
        return await self._login_page(request, target)

    async def log_in(self, request: Request) -> Response:
        if not same_origin(request.headers):
            return foreign()
        fields = await read_fields(request)
        target = paths.local_path(fields.get("next"))
        name = fields.get("name", "")
        try:
            login = await in_thread(
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
            return foreign()
        fields = await read_fields(request)
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
            login = await in_thread(
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

    def _enter(self, login: Login, target: str) -> Response:
        LOGINS.labels("let_in").inc()
        _log.info("logged_in", user=login.identity.name, role=login.identity.role.value)
        answer = go(paths.PASSWORD if login.identity.must_change_password else target)
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
