"""What was found, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping

from ml.drift.checking import Check, Row


def sentence(found: Check, labels: Mapping[str, str]) -> str:
    """The day in one sentence; `labels` are the names of inputs as staff know them."""
    if found.why_not:
        return found.why_not
    if not found.alarm:
        return (
            f"{found.day:%d %b} looks like the data learned from: nothing is beyond what differs "
            f"between ordinary days."
        )
    told = [of_row(row, labels.get(row.name, row.name)) for row in found.alarms[:3]]
    more = len(found.alarms) - len(told)
    if more > 0:
        told.append("One more input differs." if more == 1 else f"{more} more inputs differ.")
    return f"{found.day:%d %b} differs from the data learned from. {' '.join(told)}"


def of_row(row: Row, label: str) -> str:
    """What changed of one input: "Amount: mean 93.10, was 71.20." """
    if row.test == "missing":
        return f"{label}: {_percent(row.missing_now)} missing, was {_percent(row.missing_was)}."
    if row.kind == "number" and row.now is not None and row.was is not None:
        return f"{label}: mean {_number(row.now)}, was {_number(row.was)}."
    if row.moved is not None and row.moved_now is not None and row.moved_was is not None:
        return f"{label}: {row.moved} {_percent(row.moved_now)}, was {_percent(row.moved_was)}."
    return f"{label} differs."


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %" if share >= 0.1 or share == 0 else f"{share * 100:.1f} %"


def _number(value: float) -> str:
    size = abs(value)
    return f"{value:,.0f}" if size >= 1000 else f"{value:,.1f}" if size >= 10 else f"{value:,.2f}"
