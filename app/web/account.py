"""Logout and the change of one's own password; the gate lets nobody here without a login."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.access import AccessError, Identity, change_own_password, log_out
from app.web import html, paths
from app.web.forms import go, in_thread, read_fields
from app.web.identity import IDENTITY
from app.web.origin import address_of
from data_access.state.engine import StateDatabase


@dataclass(frozen=True)
class Account:
    """The pages of a person's own account."""

    state: StateDatabase
    cookie_name: str

    def routes(self) -> list[BaseRoute]:
        return [
            Route(paths.LOGOUT, self.show_logout, methods=["GET"]),
            Route(paths.LOGOUT, self.log_out, methods=["POST"]),
            Route(paths.PASSWORD, self.show_password, methods=["GET"]),
            Route(paths.PASSWORD, self.change_password, methods=["POST"]),
        ]

    async def show_logout(self, request: Request) -> Response:
        identity: Identity = request.scope[IDENTITY]
        return html.page(
            "Log out",
            f"{identity.name} is logged out on every device.",
            html.form(paths.LOGOUT, "Log out"),
        )

    async def log_out(self, request: Request) -> Response:
        identity: Identity = request.scope[IDENTITY]
        await in_thread(lambda: log_out(self.state, identity))
        answer = go(paths.LOGIN)
        answer.delete_cookie(self.cookie_name, path="/")
        answer.headers["Clear-Site-Data"] = '"cache"'
        return answer

    async def show_password(self, request: Request) -> Response:
        return _password_page(request.scope[IDENTITY])

    async def change_password(self, request: Request) -> Response:
        identity: Identity = request.scope[IDENTITY]
        fields = await read_fields(request)
        if fields.get("new", "") != fields.get("again", ""):
            problem = html.message("The two new passwords differ.", "Type the same one twice.")
            return _password_page(identity, problem, status=422)
        try:
            await in_thread(
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
        return go("/")


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
