"""The Olist folder's files, recognised by their columns and read into typed frames."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from data_access.sources.imports import cells
from data_access.sources.imports.reading import read_tables
from data_access.sources.imports.refusal import ImportRefused, Offences, shown

_ID, _TEXT, _MONEY, _WHOLE, _AT = "code", "text", "money", "whole", "instant"


@dataclass(frozen=True, slots=True, kw_only=True)
class OlistFile:
    """One of the files: how its name looks and which columns are read."""

    name: str
    """Part of the original file name."""
    required: dict[str, str]
    """Column → what its cells are; every cell must be there."""
    optional: dict[str, str]
    """Column → what its cells are; cells may be missing, not the column."""
    unmapped: tuple[str, ...] = ()
    """Columns that the canonical shop has no place for."""

    @property
    def columns(self) -> set[str]:
        return {*self.required, *self.optional}


FILES: dict[str, OlistFile] = {
    "orders": OlistFile(
        name="olist_orders",
        required={
            "order_id": _ID,
            "customer_id": _ID,
            "order_status": _ID,
            "order_purchase_timestamp": _AT,
        },
        optional={
            "order_approved_at": _AT,
            "order_delivered_carrier_date": _AT,
            "order_delivered_customer_date": _AT,
        },
        unmapped=("order_estimated_delivery_date",),
    ),
    "items": OlistFile(
        name="olist_order_items",
        required={
            "order_id": _ID,
            "order_item_id": _WHOLE,
            "product_id": _ID,
            "seller_id": _ID,
            "price": _MONEY,
            "freight_value": _MONEY,
        },
        optional={},
        unmapped=("shipping_limit_date",),
    ),
    "payments": OlistFile(
        name="olist_order_payments",
        required={
            "order_id": _ID,
            "payment_sequential": _WHOLE,
            "payment_type": _ID,
            "payment_value": _MONEY,
        },
        optional={},
        unmapped=("payment_installments",),
    ),
    "reviews": OlistFile(
        name="olist_order_reviews",
        required={
            "order_id": _ID,
            "review_score": _WHOLE,
            "review_creation_date": _AT,
            "review_answer_timestamp": _AT,
        },
        optional={
            "review_id": _ID,
            "review_comment_title": _TEXT,
            "review_comment_message": _TEXT,
        },
    ),
    "customers": OlistFile(
        name="olist_customers",
        required={"customer_id": _ID, "customer_unique_id": _ID},
        optional={"customer_zip_code_prefix": _TEXT, "customer_city": _TEXT},
        unmapped=("customer_state",),
    ),
    "products": OlistFile(
        name="olist_products",
        required={"product_id": _ID},
        optional={"product_category_name": _ID},
        unmapped=("product_name_lenght", "product_weight_g", "product_length_cm", "…"),
    ),
    "sellers": OlistFile(
        name="olist_sellers",
        required={"seller_id": _ID},
        optional={"seller_zip_code_prefix": _TEXT, "seller_city": _TEXT},
        unmapped=("seller_state",),
    ),
    "translation": OlistFile(
        name="product_category_name_translation",
        required={"product_category_name": _ID, "product_category_name_english": _TEXT},
        optional={},
    ),
}
"""The files that are read; geolocation has no place in the canonical shop."""

NEEDED = ("orders", "items")
"""Without these there is no shop."""


def sort_files(columns: dict[Path, tuple[str, ...]]) -> tuple[dict[str, Path], list[Path]]:
    """Which file is which, and the files that are none of them.

    Raises
    ------
    ImportRefused : a file is named as one of Olist's but lacks columns, or two are the same.
    """
    found: dict[str, Path] = {}
    others: list[Path] = []
    for path, names in columns.items():
        kinds = [kind for kind, file in FILES.items() if file.columns <= set(names)]
        if not kinds:
            _refuse_lacking(path, names)
            others.append(path)
            continue
        kind = max(kinds, key=lambda kind: len(FILES[kind].columns))
        if kind in found:
            raise ImportRefused(
                f"{path.name} and {found[kind].name} have the same columns ({kind})",
                remedy="Leave one of them in the folder.",
            )
        found[kind] = path
    return found, others


def _refuse_lacking(path: Path, names: tuple[str, ...]) -> None:
    for file in FILES.values():
        if path.stem.removesuffix("_dataset") == file.name:
            lacking = ", ".join(sorted(file.columns - set(names)))
            raise ImportRefused(
                f"{path.name} lacks the columns {lacking}; "
                f"it has {', '.join(map(shown, names[:20]))}",
                remedy="Download the file again; the columns keep their original names.",
            )


def read_file(kind: str, path: Path) -> pd.DataFrame:
    """The file's typed columns in file order; missing cells are ``None``.

    Raises
    ------
    ImportRefused : cells that cannot be read.
    """
    file = FILES[kind]
    (table,) = read_tables(path)
    offences = Offences(path.name)
    typed = {}
    for column, meaning in {**file.required, **file.optional}.items():
        raw = table.frame[column]
        parse = {
            _ID: cells.code,
            _TEXT: cells.text,
            _MONEY: cells.money,
            _WHOLE: cells.whole,
        }.get(meaning) or cells.instant_reader(raw)
        typed[column] = cells.parsed(
            raw, parse, offences, column=column, required=column in file.required
        )
    frame = pd.DataFrame(typed)
    if kind == "reviews":
        _check_range(frame, "review_score", 1, 5, offences)
    for column in ("price", "freight_value", "payment_value"):
        if column in frame:
            _check_range(frame, column, 0, None, offences)
    offences.refuse_if_any()
    for column, meaning in file.required.items():
        if meaning in (_MONEY, _WHOLE):
            frame[column] = frame[column].astype("int64")
    return frame


def _check_range(
    frame: pd.DataFrame, column: str, low: int, high: int | None, offences: Offences
) -> None:
    for position, value in enumerate(frame[column]):
        if value is not None and (value < low or (high is not None and value > high)):
            limits = f"below {low}" if value < low else f"above {high}"
            offences.add(position + cells.FIRST_DATA_ROW, column, value, f"is {limits}")
