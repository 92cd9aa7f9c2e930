"""Scores, risks, states and time left in words, the same on every view of Fraud review."""

from __future__ import annotations

import re

import streamlit as st

from app.services.fraud.explaining import Level
from app.services.fraud.views import CaseRow
from app.ui import words

_LINKED = re.compile(r"(?i)(https?|www|@)")

RISKS = {
    "low": ":green[:material/check_circle: Low]",
    "review": ":orange[:material/flag: Review]",
    "block": ":red[:material/block: Block]",
}
"""By level; the sign says it too, for those who do not tell the colours apart."""

RISK_SIGNS = {"low": "Low", "review": "Review", "block": "Block"}

OUTCOMES = {
    "charged back": ":red[:material/undo: charged back]",
    "declined": ":red[:material/block: declined]",
    "in review": ":orange[:material/hourglass_empty: in review]",
    "delivered": ":green[:material/check: delivered]",
    "shipped": ":material/local_shipping: shipped",
    "cancelled": ":material/close: cancelled",
    "placed": ":material/schedule: placed",
}

STATES = {
    "open": "Open",
    "waiting": "Waiting for the customer",
    "snoozed": "Snoozed",
    "escalated": "Escalated",
    "closed": "Closed",
}


def score(value: float) -> str:
    """62 %, or what is near an end without claiming it: under 1 %, over 99 %."""
    if value < 0.01:
        return "under 1 %"
    if value > 0.99:
        return "over 99 %"
    return f"{value * 100:.0f} %"


def left(hours: float) -> str:
    """Time until shipping: 5 hours, 12 min, late by 3 hours."""
    told = words.duration(abs(hours) * 3600)
    return told if hours >= 0 else f"late by {told}"


def left_short(hours: float) -> str:
    """The same for a narrow column: 5 h, 12 min, −3 h."""
    sign, size = ("−" if hours < 0 else ""), abs(hours)
    if size < 1:
        return f"{sign}{size * 60:.0f} min"
    return f"{sign}{size:.0f} h" if size < 72 else f"{sign}{size / 24:.0f} days"


def standing(row: CaseRow) -> str:
    """How a case stands: its verdict once closed, else its state."""
    if row.state == "closed":
        return {"approve": "Approved", "decline": "Declined"}.get(row.verdict or "", "Closed")
    return STATES.get(row.state, row.state)


def said(text: str) -> str:
    """Words of a customer or of staff on one line, safe in Markdown; an address in them is no link.

    Markdown makes links of addresses by itself, however they are escaped, and a link in an answer
    of a fraudster is the last thing to click: an invisible sign breaks them up.
    """
    return words.plain(_LINKED.sub("\\1\u2060", " ".join(text.split())))


def level(of: str, found: Level) -> None:
    """The risk of a customer or a payment: how much, and the strongest reason."""
    why = f"  \n:gray[{said(found.sentences[0])}]" if found.sentences else ""
    sign = RISKS.get(found.level, found.level)
    st.markdown(f"Risk of the {of}: {sign}, {score(found.score)}{why}")
