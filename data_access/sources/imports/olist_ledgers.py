"""Olist's account: which records of each file were mapped, which set aside, and their sums."""

from __future__ import annotations

import pandas as pd

from data_access.sources.imports.cells import FIRST_DATA_ROW
from data_access.sources.imports.mapped import exact_sum
from data_access.sources.imports.olist_files import FILES
from data_access.sources.imports.refusal import Offences
from data_access.sources.imports.report import Ledger, Outcome, Part

INTO = {"items": "order_items", "payments": "payments", "reviews": "reviews"}
AMOUNTS = {
    "items": (("price", "order_items"), ("freight_value", "orders.shipping_fee")),
    "payments": (("payment_value", "payments"),),
}
"""File → money columns and where each goes."""
REPEATED = "exact repetition of an earlier record"
ORPHAN = "the order is not in the orders file"


class Accounts:
    """Keeps the ledgers while records are sorted out."""

    def __init__(self, names: dict[str, str]) -> None:
        self._names = names
        self._ledgers: list[Ledger] = []

    def ledgers(self) -> tuple[Ledger, ...]:
        return tuple(self._ledgers)

    def unique(
        self, kind: str, frame: pd.DataFrame | None, key: list[str], *, into: str
    ) -> pd.DataFrame:
        """Records by key: exact repetitions are set aside, contradictions refused."""
        if frame is None:
            return pd.DataFrame(columns=pd.Index(sorted(FILES[kind].columns)), dtype=object)
        part = self._without_repetitions(kind, frame, key, into)
        self._add(kind, frame, part)
        return frame[part == into].copy()

    def of_orders(
        self, kind: str, frame: pd.DataFrame | None, known: set[str], key: list[str] | None
    ) -> pd.DataFrame:
        """Records of known orders; others are set aside."""
        if frame is None:
            return pd.DataFrame(columns=pd.Index(sorted(FILES[kind].columns)), dtype=object)
        part = self._without_repetitions(kind, frame, key, INTO[kind])
        part[(part == INTO[kind]) & ~frame["order_id"].isin(known)] = "orphan"
        self._add(kind, frame, part)
        return frame[part == INTO[kind]].copy()

    def persons(self, frame: pd.DataFrame | None) -> dict[str, str]:
        """Customer of one order → person."""
        if frame is None:
            return {}
        part = self._without_repetitions("customers", frame, ["customer_id"], "customers")
        again = frame["customer_unique_id"].duplicated(keep="last") & (part == "customers")
        part[again] = "same_person"
        self._add("customers", frame, part)
        return dict(zip(frame["customer_id"], frame["customer_unique_id"], strict=True))

    def _without_repetitions(
        self, kind: str, frame: pd.DataFrame, key: list[str] | None, into: str
    ) -> pd.Series[str]:
        repeated = frame.duplicated()
        part = pd.Series(into, index=frame.index, dtype=object)
        part[repeated] = "repeated"
        if key is not None:
            offences = Offences(self._names[kind])
            twice = frame[~repeated].duplicated(key)
            for row in twice.index[twice]:
                offences.add(
                    row + FIRST_DATA_ROW,
                    " + ".join(key),
                    " ".join(str(frame.at[row, column]) for column in key),
                    "is there twice with different contents",
                )
            offences.refuse_if_any()
        return part

    def _add(self, kind: str, frame: pd.DataFrame, part: pd.Series[str]) -> None:
        for column, target in AMOUNTS.get(kind, ((None, None),)):
            parts = []
            for key in part.unique():
                mask = part == key
                outcome, into, why = _story(str(key), target)
                parts.append(
                    Part(
                        key=str(key),
                        outcome=outcome,
                        into=into,
                        why=why,
                        lines=int(mask.sum()),
                        amount=exact_sum(frame.loc[mask, column]) if column else None,
                    )
                )
            self._ledgers.append(
                Ledger(
                    name=column or "records",
                    file=self._names[kind],
                    lines_read=len(frame),
                    amount_read=exact_sum(frame[column]) if column else None,
                    parts=tuple(parts),
                )
            )


def _story(key: str, target: str | None) -> tuple[Outcome, str | None, str]:
    if key == "repeated":
        return "set aside", None, REPEATED
    if key == "orphan":
        return "set aside", None, ORPHAN
    if key == "same_person":
        return "mapped", "customers", "a further order's record of a person; the last one counts"
    return "mapped", target or key, "as it is"
