"""What was just done, and how it is taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.access import Identity
    from app.context import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A decision that was kept."""

    text: str  # one sentence for staff
    number: int = 0  # of the row, where it has one
    version: int  # that the row has now; hand it back with the next change
    entry_id: int  # in the audit
    back: Callable[[Desk, Identity], Done]  # takes it back; what that gives can be taken back too
