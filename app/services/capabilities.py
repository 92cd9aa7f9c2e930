"""The capabilities as staff know them; one that is listed in `ml.contract` appears everywhere."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityName:
    key: str
    label: str
    question: str


def listed() -> tuple[CapabilityName, ...]:
    """All of them, in the order in which pages list them."""
    # Loads what declares the candidates: only pages about models pay for it.
    from ml.contract import capabilities

    return tuple(
        CapabilityName(key=one.key, label=one.label, question=one.question)
        for one in capabilities()
    )


def name_of(key: str) -> str:
    """Its label; the key where it is no longer listed."""
    return next((one.label for one in listed() if one.key == key), key)
