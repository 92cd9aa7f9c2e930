"""Commands about who may enter: users and API keys."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from app.access import COMMAND_LINE, Role
from app.commands.speech import plain_errors, refuse, say
from app.context import Desk, open_desk
from app.services import keys as key_service
from app.services import users as user_service
from app.settings import get_settings

users = typer.Typer(help="Create, list and change users.", no_args_is_help=True)
keys = typer.Typer(help="Create, list and revoke API keys.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _desk() -> Desk:
    desk = open_desk(get_settings())
    desk.state.upgrade()
    return desk


def _user_id(desk: Desk, name: str) -> int:
    for row in user_service.list_users(desk, COMMAND_LINE):
        if row.name == name:
            return row.user_id
    raise refuse(f"there is no user {name}", "List them with python -m app user list.")


@users.command("create")
def create_user(name: str, role: Role) -> None:
    """Create a user; prints the one-time password."""
    with plain_errors():
        made = user_service.create_user(_desk(), COMMAND_LINE, name=name, role=role)
        say(f"{made.user.name} may log in as {role.label} with the password {made.password}")
        say("It is shown only now and must be changed at the first login.")


@users.command("list")
def list_users(as_json: AsJson = False) -> None:
    """Everybody who may or might enter."""
    with plain_errors():
        rows = user_service.list_users(_desk(), COMMAND_LINE)
        if as_json:
            say(json.dumps([asdict(row) for row in rows], default=str, indent=2))
            return
        for row in rows:
            state = "active" if row.active else "deactivated"
            say(f"{row.name:<30} {row.role.label:<14} {state}, {row.open_sessions} open sessions")


@users.command("role")
def change_role(name: str, role: Role) -> None:
    """Give a user another role."""
    with plain_errors():
        desk = _desk()
        user_service.change_role(desk, COMMAND_LINE, user_id=_user_id(desk, name), role=role)
        say(f"{name} is now {role.label}.")


@users.command("reset-password")
def reset_password(name: str) -> None:
    """Print a new one-time password and end the user's sessions."""
    with plain_errors():
        desk = _desk()
        made = user_service.reset_password(desk, COMMAND_LINE, user_id=_user_id(desk, name))
        say(f"{name} may log in with the password {made.password}")
        say("It is shown only now and must be changed at the first login.")


@users.command("deactivate")
def deactivate(name: str) -> None:
    """Shut a user out at once."""
    with plain_errors():
        desk = _desk()
        user_service.deactivate(desk, COMMAND_LINE, user_id=_user_id(desk, name))
        say(f"{name} is shut out.")


@keys.command("create")
def create_key(name: str, role: Role) -> None:
    """Create an API key; prints it once."""
    with plain_errors():
        made = key_service.create_key(_desk(), COMMAND_LINE, name=name, role=role)
        say(f"{made.key}")
        say("It is shown only now: keep it where secrets are kept.")


@keys.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """Every API key with its last use."""
    with plain_errors():
        rows = key_service.list_keys(_desk(), COMMAND_LINE)
        if as_json:
            say(json.dumps([asdict(row) for row in rows], default=str, indent=2))
            return
        for row in rows:
            state = "revoked" if row.revoked_at else "active"
            used = f"{row.last_used_at:%d %b %Y, %H:%M} UTC" if row.last_used_at else "never"
            say(f"{row.key_id:>4} {row.name:<24} {row.role.label:<14} {state}, last used {used}")


@keys.command("revoke")
def revoke_key(key_id: int) -> None:
    """End a key at once."""
    with plain_errors():
        row = key_service.revoke_key(_desk(), COMMAND_LINE, key_id=key_id)
        say(f"The key {row.name} is revoked.")
