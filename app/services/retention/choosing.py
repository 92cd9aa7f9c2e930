"""Which of several things go, by number and age; what is needed never does."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

Id = TypeVar("Id", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Thing(Generic[Id]):
    """Something that has an age."""

    id: Id
    at: datetime  # naive UTC


@dataclass(frozen=True, slots=True)
class Chosen(Generic[Id]):
    """What goes, and what would but is needed."""

    going: tuple[Id, ...]  # newest first
    held: Mapping[Id, str]  # why each of them stays


def choose(
    things: Sequence[Thing[Id]],
    *,
    keep: int,
    before: datetime | None,
    needed: Mapping[Id, str],
) -> Chosen[Id]:
    """Whatever is not among the newest `keep`, is older than `before`, and is not needed.

    Parameters
    ----------
    things : in any order.
    before : naive UTC; None: age says nothing, the number alone does.
    needed : why, by id.
    """
    newest_first = sorted(things, key=lambda one: one.at, reverse=True)
    old = [one.id for one in newest_first[max(keep, 0) :] if before is None or one.at < before]
    return Chosen(
        going=tuple(one for one in old if one not in needed),
        held={one: needed[one] for one in old if one in needed},
    )
