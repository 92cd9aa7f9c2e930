"""What a kept answer depends on, and how it is shared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import streamlit as st

from app.context import get_desk
from data_access.snapshots.manifest import Manifest

if TYPE_CHECKING:
    from app.context import Desk

Level = Literal["shop", "category", "product"]
Grain = Literal["day", "week", "month"]
OrderBy = Literal["units", "share", "revenue", "next"]


shared = st.cache_resource
"""For frozen answers: everybody gets the same object. `cache_data` copies at every read, which
frames need (they can be changed) and which cost a tenth of a page for the others."""


def the_desk() -> Desk:
    """The desk of this process; every kept answer asks for it here."""
    return get_desk()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """What an answer from a snapshot depends on besides the selection."""

    home: str  # of the desk
    snapshot: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """As `Dated`, for answers that staff's decisions change."""

    home: str
    snapshot: int
    revision: int


def dated(snapshot: int) -> Dated:
    return Dated(home=str(the_desk().settings.home), snapshot=snapshot)


def decided(snapshot: int) -> Decided:
    desk = the_desk()
    return Decided(home=str(desk.settings.home), snapshot=snapshot, revision=desk.state.revision())


def manifest(number: int | None = None) -> Manifest | None:
    """The manifest of a snapshot, or of the newest; None before the first."""
    desk = the_desk()
    wanted = desk.store.newest_number() if number is None else number
    return None if wanted is None else desk.store.get(wanted)  # which keeps those it read
