"""Who calls the API, and the desk that it works on."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from app.access import Identity, SessionEnded
from app.context import Desk
from app.web.identity import IDENTITY


def _identity(request: Request) -> Identity:
    """Set by the gate, from a cookie or an API key; services ask it for each permission."""
    identity = request.scope.get(IDENTITY)
    if not isinstance(identity, Identity):
        raise SessionEnded("Nobody is logged in.", remedy="Send an API key.")
    return identity


def _desk(request: Request) -> Desk:
    desk = request.app.state.desk
    assert isinstance(desk, Desk)
    return desk


AskedBy = Annotated[Identity, Depends(_identity)]
OnDesk = Annotated[Desk, Depends(_desk)]
