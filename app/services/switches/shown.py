"""What is still shown of a model although its capability is off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_access.state.publications import newest_publication

if TYPE_CHECKING:
    from app.context import Desk


def still_shown(desk: Desk, capability: str) -> int | None:
    """The version whose stored results are shown until they are made anew; None: none is."""
    with desk.state.read() as session:
        newest = newest_publication(session, capability)
    return newest.model_version if newest is not None else None
