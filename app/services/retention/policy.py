"""The settings of retention, read at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.services.retention.views import Policy
from app.services.retention_preferences import RETENTION
from data_access.state import preferences

if TYPE_CHECKING:
    from app.context import Desk


def policy_of(desk: Desk) -> Policy:
    """What is set; the default where nobody set anything."""
    with desk.state.read() as session:
        given = preferences.read_preferences(session)
    return Policy(
        **{
            one.key.removeprefix("keep_"): int(given.get(one.key) or one.default or 1)
            for one in RETENTION
        }
    )
