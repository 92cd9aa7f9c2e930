"""For which series a model is trained and decides: all of them, one category, or one product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Self

Level = Literal["all", "category", "product"]
LEVELS: tuple[Level, ...] = ("all", "category", "product")


@dataclass(frozen=True, slots=True)
class Scope:
    """Part of a capability; `series_id` names the category or the product."""

    level: Level = "all"
    series_id: str | None = None

    def __post_init__(self) -> None:
        if self.level not in LEVELS or (self.level == "all") != (self.series_id is None):
            raise ValueError(f"no such scope: {self.level} {self.series_id!r}")

    @property
    def whole(self) -> bool:
        return self.level == "all"

    def key(self, capability: str) -> str:
        """Under which its champion is kept: "forecasting", "forecasting/product:P000012"."""
        return capability if self.whole else f"{capability}/{self.level}:{self.series_id}"

    def to_json(self) -> dict[str, str | None]:
        return {"level": self.level, "series_id": self.series_id}

    @classmethod
    def of(cls, kept: dict[str, Any] | None) -> Self:
        """From JSON; nothing, or what was kept before there were scopes, is the whole."""
        if not kept or kept.get("level", "all") == "all":
            return cls()
        return cls(kept["level"], str(kept["series_id"]))


WHOLE = Scope()


def split(key: str) -> tuple[str, Scope]:
    """Capability and scope of a champion's key.

    >>> split("forecasting/product:P:1")
    ('forecasting', Scope(level='product', series_id='P:1'))
    """
    capability, slash, rest = key.partition("/")
    if not slash:
        return capability, WHOLE
    level, _, series_id = rest.partition(":")
    return capability, Scope.of({"level": level, "series_id": series_id})
