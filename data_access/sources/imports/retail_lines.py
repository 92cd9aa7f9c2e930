"""Online Retail: the file's cells read and every line put into exactly one part."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from data_access.sources.imports import cells
from data_access.sources.imports.reading import RawTable
from data_access.sources.imports.refusal import Offences
from data_access.sources.imports.report import Outcome

COLUMNS = {
    "invoice": ("invoiceno", "invoice"),
    "product": ("stockcode",),
    "description": ("description",),
    "units": ("quantity",),
    "local": ("invoicedate",),
    "price": ("unitprice", "price"),
    "customer": ("customerid",),
    "country": ("country",),
}
"""Our name → the names in Online Retail and in Online Retail II, without blanks and capitals."""

_CANCELLED = r"[Cc]\d+"
"""Number of an invoice that takes back: the letter before the digits of an ordinary one. Many a
shop's own numbers begin with C (CA-2018-152156, CH1044)."""

CARRIAGE = frozenset({"POST", "DOT", "C2", "C3"})
CODES = {
    "discount": frozenset({"D"}),
    "manual": frozenset({"M"}),
    "sample": frozenset({"S"}),
    "bad_debt": frozenset({"B"}),
    "fee": frozenset({"BANK CHARGES", "AMAZONFEE", "CRUK"}),
    "other_code": frozenset({"PADS", "ADJUST", "ADJUST2", "TEST001", "TEST002", "GIFT"}),
}
"""Stock codes that are no products, compared without regard to case."""
VOUCHER = "GIFT_"

PARTS: dict[str, tuple[Outcome, str | None, str]] = {
    "sale": ("mapped", "order_items", "sold: positive quantity and price"),
    "shipping": ("mapped", "orders.shipping_fee", "postage and carriage on an invoice with goods"),
    "refund": (
        "mapped",
        "refunds",
        "cancelled (invoice C and digits): refund of the customer's latest earlier line of the "
        "product that covers it",
    ),
    "lone_refund": (
        "mapped",
        "refunds",
        "cancelled, and no single earlier line of the customer covers it: refund on a cancelled "
        "order of its own, which counts as no sale",
    ),
    "repeated": ("set aside", None, "exact repetition of an earlier line"),
    "lone_carriage": (
        "set aside",
        None,
        "postage and carriage that was taken back, is free, or stands on an invoice without goods",
    ),
    "discount": ("set aside", None, "code D: discounts on no product"),
    "manual": ("set aside", None, "code M: entries by hand on no product"),
    "sample": ("set aside", None, "code S: samples"),
    "bad_debt": ("set aside", None, "code B: bad debt, book-keeping"),
    "fee": ("set aside", None, "bank charges, marketplace fees and commissions"),
    "voucher": ("set aside", None, "gift vouchers: money, not goods"),
    "other_code": ("set aside", None, "further codes that are no products (PADS, ADJUST, TEST)"),
    "odd_cancellation": ("set aside", None, "cancelled invoice, but quantity or price not as such"),
    "stock_correction": (
        "set aside",
        None,
        "negative quantity without price: corrections of the stock, whose level the file lacks",
    ),
    "negative_quantity": ("set aside", None, "negative quantity with a price, yet no cancellation"),
    "no_quantity": ("set aside", None, "quantity 0"),
    "no_price": ("set aside", None, "price 0: given away, found in stock, or a remark"),
    "negative_price": ("set aside", None, "negative price"),
}
"""Part → outcome, table, reason; a line belongs to the first that applies, see `classify`."""


def column_names(columns: tuple[str, ...]) -> dict[str, str]:
    """Our name → the file's column name, for those that the file has."""
    found = {"".join(column.split()).lower(): column for column in columns}
    return {
        ours: found[theirs]
        for ours, choices in COLUMNS.items()
        for theirs in choices
        if theirs in found
    }


def read_lines(table: RawTable) -> pd.DataFrame:
    """The lines of one sheet, typed: COLUMNS, units int, price in ten-thousandths, local naive.

    ``local`` holds ``datetime``; one with an offset is UTC already.

    Raises
    ------
    ImportRefused : cells that cannot be read, or required ones that are missing.
    """
    names = column_names(tuple(table.frame.columns))
    raw = {ours: table.frame[theirs] for ours, theirs in names.items()}
    offences = Offences(table.name)

    def read(ours: str, parse: cells.Parse, *, required: bool = True) -> pd.Series[Any]:
        return cells.parsed(raw[ours], parse, offences, column=names[ours], required=required)

    lines = pd.DataFrame(
        {
            "invoice": read("invoice", cells.code),
            "product": read("product", cells.code),
            "description": read("description", cells.text, required=False),
            "units": read("units", cells.whole),
            "local": read("local", cells.instant_reader(raw["local"])),
            "price": read("price", cells.money),
            "customer": read("customer", _customer, required=False),
            "country": read("country", cells.text, required=False),
        }
    )
    offences.refuse_if_any()
    lines["units"] = lines["units"].astype("int64")
    lines["price"] = lines["price"].astype("int64")
    too_much = lines["units"].abs() * (lines["price"].abs() / 10_000) > cells.MOST_MONEY
    for row in lines.index[too_much]:
        line = lines.loc[row]
        product = f"{line['units']} × {line['price'] / 10_000}"
        offences.add(row + cells.FIRST_DATA_ROW, names["price"], product, "is beyond belief")
    offences.refuse_if_any()
    return lines


def _customer(value: Any) -> str | None:
    """Customer number; a CSV written from a number column says 13085.0."""
    return cells.code(value.strip().removesuffix(".0") if isinstance(value, str) else value)


def bears_cancelled_number(invoices: pd.Series[str]) -> pd.Series[bool]:
    """Which invoices have the number of one that takes back."""
    return invoices.astype(str).str.fullmatch(_CANCELLED)


def classify(lines: pd.DataFrame) -> pd.Series[str]:
    """The part of each line (keys of PARTS, with refunds not yet matched to purchases)."""
    code = lines["product"].str.upper()
    units, price = lines["units"], lines["price"]
    cancelled = bears_cancelled_number(lines["invoice"])
    if cancelled.any() and not lines["invoice"].str.fullmatch(r"\d+").any():
        # Where no number is of digits alone, C is the shop's own letter: an invoice takes back
        # only if nothing on it is sold.
        cancelled &= ~lines["invoice"].isin(lines.loc[units > 0, "invoice"])
    carriage = code.isin(CARRIAGE)
    charged = carriage & ~cancelled & (units > 0) & (price > 0)
    tests: list[tuple[str, pd.Series[bool]]] = [
        ("repeated", lines.duplicated()),
        ("shipping", charged),
        ("lone_carriage", carriage),
        ("voucher", code.str.startswith(VOUCHER)),
        *((key, code.isin(codes)) for key, codes in CODES.items()),
        ("no_quantity", units == 0),
        ("lone_refund", cancelled & (units < 0) & (price > 0)),
        ("odd_cancellation", cancelled),
        ("stock_correction", (units < 0) & (price == 0)),
        ("negative_quantity", units < 0),
        ("no_price", price == 0),
        ("negative_price", price < 0),
    ]
    part = pd.Series(
        np.select([test.to_numpy() for _, test in tests], [key for key, _ in tests], "sale"),
        index=lines.index,
        dtype=object,
    )
    with_goods = set(lines.loc[part == "sale", "invoice"])
    part[(part == "shipping") & ~lines["invoice"].isin(with_goods)] = "lone_carriage"
    return part
