"""Refusing a file whole: which cells cannot be used, and what to do about them."""

from __future__ import annotations

from dataclasses import dataclass

from data_access.errors import DataError

SHOWN_ROWS = 10
"""Offending cells that a refusal names; staff mend a pattern, not a list of thousands."""
CORRECT = "Correct these cells and import the file again."
SHOWN_CHARACTERS = 80
"""Longest piece of a foreign value in a message; the rest says nothing more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offence:
    """One cell that cannot be used."""

    row: int
    """Row in the file; the header is row 1."""
    column: str
    value: str
    """The value as found, cut and made printable."""
    reason: str

    def __str__(self) -> str:
        return f"row {self.row}, {self.column}: {self.value} {self.reason}"


class ImportRefused(DataError):  # noqa: N818 - it says what became of the import
    """Nothing was written: the source cannot be used as it is.

    Parameters
    ----------
    message : what is wrong, with the file's name.
    remedy : what to do next.
    offences : the first offending cells, in the file's order.
    """

    def __init__(self, message: str, *, remedy: str, offences: tuple[Offence, ...] = ()) -> None:
        super().__init__(message, remedy=remedy)
        self.offences = offences


class Offences:
    """Collects offending cells of one file until it is clear whether to refuse it."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.count = 0
        self._kept: list[Offence] = []

    def add(self, row: int, column: str, value: object, reason: str, *, times: int = 1) -> None:
        """Note a cell (or ``times`` cells with the same value, the first at ``row``)."""
        self.count += times
        self._kept.append(Offence(row=row, column=column, value=shown(value), reason=reason))

    def refuse_if_any(
        self, *, remedy: str = "Correct these cells and import the file again."
    ) -> None:
        """Raise :class:`ImportRefused` naming the first offending cells."""
        if not self.count:
            return
        first = tuple(sorted(self._kept, key=lambda offence: offence.row)[:SHOWN_ROWS])
        cells = "cell" if self.count == 1 else "cells"
        raise ImportRefused(
            f"{self.file}: {self.count:,} {cells} cannot be used, nothing was imported. First: "
            + "; ".join(str(offence) for offence in first),
            remedy=remedy,
            offences=first,
        )


def shown(value: object) -> str:
    """A foreign value in quotes, cut and free of control characters."""
    text = value if isinstance(value, str) else str(value)
    cut = text[:SHOWN_CHARACTERS] + ("…" if len(text) > SHOWN_CHARACTERS else "")
    printable = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)
    return f"“{printable}”" if text else "empty"
