"""Olist: a Brazilian marketplace, 2016 to 2018. Sellers become suppliers, persons customers.

Rules where the files leave something open
------------------------------------------
- A person (``customer_unique_id``) is the customer; ``customer_id`` is new with each order.
- Statuses: shipped and delivered at their own instants. "canceled" and "unavailable" become
  cancelled one second after the last instant that the order bears, since the files do not say
  when; so does a status whose own instant is missing.
- A payment succeeded if its order was approved or went on to be shipped.
- A review's key is its id with its order's, since ids are missing and repeat; it happened when
  it was asked for and was known when answered. It names the product where the order has one only.
- Products have no names: category and the first eight characters of the id stand for one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import sqlalchemy as sa

from data_access.sources.imports import olist_orders
from data_access.sources.imports.mapped import Mapped
from data_access.sources.imports.olist_files import FILES, read_file
from data_access.sources.imports.olist_ledgers import Accounts
from data_access.sources.imports.prices import observed_prices
from data_access.sources.imports.report import Note

CURRENCY = "BRL"
ZONE = "America/Sao_Paulo"
COUNTRY = "BR"
LANGUAGE = "pt"
SHORT_ID = 8
"""Characters of an id that tell products and sellers apart for the eye."""


def prepare(
    files: dict[str, Path], others: list[Path], *, zone: str, progress: Callable[[str, float], None]
) -> Callable[[sa.Connection | None], Mapped]:
    """Read the files; the result maps them, whatever the shop holds (rows merge by key)."""
    frames = {}
    for number, (kind, path) in enumerate(files.items()):
        progress(f"Reading {path.name}", 0.05 + 0.25 * number / len(files))
        frames[kind] = read_file(kind, path)
    names = {kind: path.name for kind, path in files.items()}
    return lambda _connection: map_frames(frames, names, others, zone=zone)


def map_frames(
    frames: dict[str, pd.DataFrame], names: dict[str, str], others: list[Path], *, zone: str
) -> Mapped:
    """Canonical rows of the typed files; ``names`` are their file names."""
    accounts = Accounts(names)
    orders = accounts.unique("orders", frames["orders"], ["order_id"], into="orders")
    orders = olist_orders.with_instants(orders, zone)
    known = set(orders["order_id"])
    items = accounts.of_orders("items", frames["items"], known, ["order_id", "order_item_id"])
    payments = accounts.of_orders(
        "payments", frames.get("payments"), known, ["order_id", "payment_sequential"]
    )
    reviews = accounts.of_orders("reviews", frames.get("reviews"), known, None)
    persons = accounts.persons(frames.get("customers"))
    orders["person"] = orders["customer_id"].map(persons) if len(persons) else None
    catalogue = accounts.unique("products", frames.get("products"), ["product_id"], into="products")
    sellers = accounts.unique("sellers", frames.get("sellers"), ["seller_id"], into="suppliers")
    english = frames.get("translation")
    if english is not None:
        english = accounts.unique(
            "translation", english, ["product_category_name"], into="categories"
        )
    placed = orders.set_index("order_id")["placed_at"]
    local = placed.dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None)
    tables = {
        "customers": _customers(frames.get("customers")),
        "categories": _categories(catalogue, english),
        "suppliers": _suppliers(sellers, items),
        "products": _products(catalogue, items),
        "price_history": observed_prices(
            pd.DataFrame(
                {
                    "product": items["product_id"],
                    "local": items["order_id"].map(local),
                    "units": 1,
                    "price": items["price"],
                }
            ),
            zone,
        ),
        "orders": olist_orders.orders(orders, items, country=COUNTRY),
        "order_status_changes": olist_orders.status_changes(orders),
        "order_items": olist_orders.order_items(items),
        "payments": olist_orders.payments(payments, orders),
        "reviews": olist_orders.reviews(reviews, orders, items, zone=zone, language=LANGUAGE),
    }
    return Mapped(
        tables=tables,
        ledgers=accounts.ledgers(),
        notes=(
            *olist_orders.notes(orders, items, frames.get("reviews")),
            *_file_notes(frames, others),
        ),
    )


def _customers(customers: pd.DataFrame | None) -> pd.DataFrame:
    if customers is None:
        return pd.DataFrame()
    last = customers.drop_duplicates("customer_unique_id", keep="last")
    return pd.DataFrame(
        {
            "customer_id": last["customer_unique_id"],
            "city": last["customer_city"],
            "postcode": last["customer_zip_code_prefix"],
            "country": COUNTRY,
            "kind": "private",
        }
    )


def _categories(catalogue: pd.DataFrame, english: pd.DataFrame | None) -> pd.DataFrame:
    codes = pd.Series(
        sorted(set(catalogue.get("product_category_name", pd.Series(dtype=object)).dropna())),
        dtype=object,
    )
    names = codes.str.replace("_", " ")
    if english is not None:
        translated = english.set_index("product_category_name")["product_category_name_english"]
        names = codes.map(translated).str.replace("_", " ").fillna(names)
    return pd.DataFrame({"category_id": codes, "name": names})


def _suppliers(sellers: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Every seller of the file, and those that only items name."""
    city = (
        sellers.set_index("seller_id")["seller_city"] if len(sellers) else pd.Series(dtype=object)
    )
    codes = pd.Series(sorted({*city.index, *items["seller_id"]}), dtype=object)
    place = codes.map(city).fillna("seller")
    return pd.DataFrame(
        {
            "supplier_id": codes,
            "name": place.str.title() + " " + codes.str[:SHORT_ID],
            "country": COUNTRY,
        }
    )


def _products(catalogue: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Every product of the file, and those that only items name; supplied by who sold most."""
    sold = items.groupby(["product_id", "seller_id"]).size().rename("n").reset_index()
    most = sold.sort_values(["product_id", "n", "seller_id"]).drop_duplicates(
        "product_id", keep="last"
    )
    category = (
        catalogue.set_index("product_id")["product_category_name"]
        if len(catalogue)
        else pd.Series(dtype=object)
    )
    codes = pd.Series(sorted({*category.index, *items["product_id"]}), dtype=object)
    own = codes.map(category)
    supplier = codes.map(most.set_index("product_id")["seller_id"])
    return pd.DataFrame(
        {
            "product_id": codes,
            "name": own.fillna("product").str.replace("_", " ") + " " + codes.str[:SHORT_ID],
            "category_id": own,
            "supplier_id": supplier,
        }
    )


def _file_notes(frames: dict[str, pd.DataFrame], others: list[Path]) -> list[Note]:
    missing = [file.name for kind, file in FILES.items() if kind not in frames]
    unmapped = [column for kind in frames for column in FILES[kind].unmapped]
    notes = [
        Note(
            key="unmapped",
            text="columns that the shop has no place for: " + ", ".join(unmapped),
            lines=0,
        )
    ]
    if missing:
        notes.append(
            Note(key="missing", text="files that are not there: " + ", ".join(missing), lines=0)
        )
    if others:
        unknown = ", ".join(path.name for path in others)
        notes.append(Note(key="others", text=f"files that were not read: {unknown}", lines=0))
    return notes
