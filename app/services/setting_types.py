"""What a setting is: its type, its bounds, and who may change it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from app.access.roles import Permission

Value = int | float | str | bool | None
Kind = Literal["int", "float", "choice", "text", "bool", "secret"]


WEB = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9.:/_-]{0,230}")
"""Address of a page or a server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One setting, from which its form is drawn."""

    key: str
    label: str
    group: str  # heading on the page
    kind: Kind
    default: Value
    help: str
    needs: frozenset[Permission]  # any of them may change it
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    unit: str = ""
    choices: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None
    example: str = ""

    @property
    def secret(self) -> bool:
        """Written, never shown and never logged."""
        return self.kind == "secret"
