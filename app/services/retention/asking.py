"""Ask for a removal by hand: what goes cannot come back, so a reason is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.access import Identity, Permission, require
from app.services import jobs
from data_access.errors import DataError

if TYPE_CHECKING:
    from app.context import Desk

LONGEST = 500


class RetentionError(DataError):
    """A removal that cannot be asked for like that."""


def ask(desk: Desk, person: Identity, reason: str) -> str:
    """Let a worker remove what the dry run names; gives the job's id.

    Raises
    ------
    AccessDenied : the role may not.
    RetentionError : the reason is missing or too long.
    """
    require(person, Permission.manage_data)
    why = reason.strip()
    if not why or len(why) > LONGEST:
        raise RetentionError(
            "Nothing was removed: no reason was given."
            if not why
            else f"The reason has {len(why):,} characters.",
            remedy="Say in a sentence why it should go now; it stands in the audit.",
        )
    return jobs.start(desk, person, "retain", {"reason": why})
