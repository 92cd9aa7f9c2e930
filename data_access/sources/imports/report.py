"""What an import read, what became of each line, and that nothing got lost between the two."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from data_access.shop.tables import MONEY_SCALE

Outcome = Literal["mapped", "set aside"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Lines of a file that were treated alike; each line is in exactly one part of a ledger."""

    key: str
    outcome: Outcome
    into: str | None
    """Table that the lines went to; null where they were set aside."""
    why: str
    """One sentence for staff: what these lines are and why they were treated so."""
    lines: int
    units: int | None = None
    """Sum of signed quantities, where the file has them."""
    amount: int | None = None
    """Sum in ten-thousandths of the currency, signed as in the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """One account of the file: everything read equals the sum of its parts."""

    name: str
    """What is counted and summed, e.g. "Quantity × UnitPrice"."""
    file: str
    lines_read: int
    amount_read: int | None
    """Ten-thousandths, summed over the raw lines; null where the lines carry no money."""
    parts: tuple[Part, ...]

    @property
    def lines_difference(self) -> int:
        return self.lines_read - sum(part.lines for part in self.parts)

    @property
    def amount_difference(self) -> int:
        return (self.amount_read or 0) - sum(part.amount or 0 for part in self.parts)

    @property
    def reconciles(self) -> bool:
        """True where neither a line nor a ten-thousandth is missing."""
        return self.lines_difference == 0 and self.amount_difference == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something about the lines that staff should know, whatever part they are in."""

    key: str
    text: str
    lines: int
    amount: int | None = None
    """Ten-thousandths of the currency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableChange:
    """What the import did to one table of the shop."""

    table: str
    added: int
    changed: int = 0
    unchanged: int = 0
    removed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """The whole story of one import."""

    kind: str
    """online_retail | olist | canonical"""
    source: str
    """Name of the file or folder."""
    fingerprint: str
    """SHA-256 over the files' contents."""
    already_there: bool
    """True where this very content was imported before; nothing was written then."""
    currency: str
    zone: str
    first_instant: datetime | None
    """First order, naive UTC."""
    last_instant: datetime | None
    """Last order, naive UTC."""
    ledgers: tuple[Ledger, ...]
    notes: tuple[Note, ...]
    tables: tuple[TableChange, ...]
    seconds: float
    settings: dict[str, str] = field(default_factory=dict)
    """Environment variables that the application should run with on this shop."""

    @property
    def reconciles(self) -> bool:
        """True where every ledger does."""
        return all(ledger.reconciles for ledger in self.ledgers)

    def to_json(self) -> dict[str, Any]:
        """Plain values for the app database and the Data page; amounts stay ten-thousandths."""
        result = asdict(self)
        for name in ("first_instant", "last_instant"):
            moment = result[name]
            result[name] = moment.isoformat() if moment else None
        for ledger, plain in zip(self.ledgers, result["ledgers"], strict=True):
            plain["reconciles"] = ledger.reconciles
        result["reconciles"] = self.reconciles
        result["money_scale"] = MONEY_SCALE
        return result

    def lines(self) -> list[str]:
        """The report as lines of text for a terminal."""
        if self.already_there:
            return [f"{self.source} is in this shop already; nothing was changed."]
        found = [f"{self.source} ({self.kind}), {self.currency}, {self.zone}"]
        for ledger in self.ledgers:
            found.append(f"{ledger.file}: {ledger.name}")
            found.append(_row("read", ledger.lines_read, ledger.amount_read, ""))
            for part in ledger.parts:
                target = f"→ {part.into}" if part.into else "set aside"
                share = "" if part.into else _share(part, ledger)
                found.append(_row(target, part.lines, part.amount, part.why + share))
            verdict = "reconciles to the last digit" if ledger.reconciles else "DOES NOT RECONCILE"
            found.append(f"  {verdict}")
        found += [f"note: {note.text} ({note.lines:,})" for note in self.notes]
        found += [
            f"{change.table}: {change.added:,} added, {change.changed:,} changed, "
            f"{change.unchanged:,} unchanged, {change.removed:,} removed"
            for change in self.tables
        ]
        found += [f"run with {name}={value}" for name, value in self.settings.items()]
        return found


def money_text(amount: int) -> str:
    """Ten-thousandths as an exact decimal number with at least two digits: 97477479340 → …"""
    sign = "-" if amount < 0 else ""
    units, rest = divmod(abs(amount), MONEY_SCALE)
    decimals = f"{rest:04d}".rstrip("0").ljust(2, "0")
    return f"{sign}{units:,}.{decimals}"


def _share(part: Part, ledger: Ledger) -> str:
    """How much of what was read a part is: a sum that agrees says nothing of what it lacks."""
    if part.amount and ledger.amount_read:
        return f" ({abs(part.amount / ledger.amount_read):.1%} of the amount read)"
    return f" ({part.lines / ledger.lines_read:.1%} of the lines)" if ledger.lines_read else ""


def _row(what: str, lines: int, amount: int | None, why: str) -> str:
    shown = money_text(amount) if amount is not None else ""
    return f"  {what:<24} {lines:>11,} {shown:>20}  {why}".rstrip()
