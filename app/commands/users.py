"""Commands about who may enter: users and API keys."""

from __future__ import annotations

from typing import Annotated

import typer

from app.commands.speech import plain_errors, say
from app.context import Desk, open_desk
from app.settings import get_settings

users = typer.Typer(help="Create, list and change users.", no_args_is_help=True)
keys = typer.Typer(help="Create, list and revoke API keys.", no_args_is_help=True)


def _desk() -> Desk:
    desk = open_desk(get_settings())
    desk.state.upgrade()
    return desk
