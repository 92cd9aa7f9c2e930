"""UCI Online Retail and Online Retail II: invoice lines of a British gift wholesaler.

Cancellations become refunds (`cancellations.py` says of which purchase); what is no sale of a
product is set aside, counted and summed by reason (`retail_lines.PARTS`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

import pandas as pd
import sqlalchemy as sa

from data_access.shop.tables import order_items, order_status_changes, orders, products, refunds
from data_access.sources.imports import cancellations
from data_access.sources.imports.cells import to_utc
from data_access.sources.imports.countries import iso_country
from data_access.sources.imports.mapped import Mapped, exact_sum
from data_access.sources.imports.prices import observed_prices
from data_access.sources.imports.reading import RawTable, read_tables
from data_access.sources.imports.refusal import ImportRefused
from data_access.sources.imports.report import Ledger, Note, Part
from data_access.sources.imports.retail_lines import (
    PARTS,
    bears_cancelled_number,
    classify,
    read_lines,
)

CURRENCY = "GBP"
ZONE = "Europe/London"


def prepare(
    path: Path,
    tables: list[RawTable] | None,
    *,
    zone: str,
    progress: Callable[[str, float], None],
) -> Callable[[sa.Connection | None], Mapped]:
    """Read the file; the result maps it, knowing what an earlier import left in the shop.

    ``tables`` are the file's, where they were read before.
    """
    tables = tables or read_tables(path)
    progress("Reading cells", 0.2)
    read = [read_lines(table) for table in tables]
    lines = pd.concat(read, ignore_index=True)
    if lines.empty:
        raise ImportRefused(f"{path.name} has no records", remedy="Export the file again.")
    encodings = {table.encoding for table in tables if table.encoding}
    return lambda connection: map_lines(
        lines, file=path.name, zone=zone, connection=connection, encodings=encodings
    )


def map_lines(
    lines: pd.DataFrame,
    *,
    file: str,
    zone: str,
    connection: sa.Connection | None,
    encodings: Collection[str] = (),
) -> Mapped:
    """Canonical rows of the file's lines.

    Parameters
    ----------
    lines : `retail_lines.read_lines` of every sheet, one after the other.
    file : name of the file, for the report.
    zone : of the file's instants.
    connection : on a shop that an earlier import filled; ``None`` for an empty one.
    encodings : that the file was decoded with, for the report.
    """
    lines = lines.reset_index(drop=True)
    lines = lines.assign(part=classify(lines), instant=to_utc(lines["local"], zone))
    lines["local"] = lines["instant"].dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None)
    fresh = lines[lines["part"] != "repeated"]
    lines["line"] = fresh.groupby("invoice").cumcount() + 1  # of file order; stable over files
    earlier = _Earlier(connection, set(lines["invoice"]))
    refund_rows = _match_refunds(lines, earlier)
    sold = lines[lines["part"] == "sale"]
    lone = lines[lines["part"] == "lone_refund"]
    tables = {
        "customers": _customers(lines),
        "products": _products(pd.concat([sold, lone]), earlier),
        "price_history": observed_prices(sold, zone),
        "orders": _orders(lines),
        "order_status_changes": _cancelled_orders(lone),
        "order_items": _items(sold, lone),
        "refunds": refund_rows,
    }
    return Mapped(
        tables=tables,
        ledgers=(_ledger(lines, file),),
        notes=(*_notes(lines, zone), *(_encoding_note(name) for name in encodings)),
        obsolete=earlier.obsolete(tables),
    )


class _Earlier:
    """What an earlier import left in the shop."""

    def __init__(self, connection: sa.Connection | None, invoices: set[str]) -> None:
        self._connection = connection
        self._invoices = invoices

    def _read(self, statement: sa.Select[tuple[object, ...]]) -> pd.DataFrame:
        names = [column.name for column in statement.selected_columns]
        if self._connection is None:
            return pd.DataFrame(columns=pd.Index(names), dtype=object)
        found = self._connection.execute(statement).all()
        return pd.DataFrame([tuple(row) for row in found], columns=pd.Index(names), dtype=object)

    def names(self) -> dict[str, str]:
        """Product → name."""
        found = self._read(sa.select(products.c.product_id, products.c.name))
        return dict(zip(found["product_id"], found["name"], strict=True))

    def purchases(self) -> pd.DataFrame:
        """Lines sold on invoices that the new file does not hold."""
        found = self._read(
            sa.select(
                orders.c.customer_id.label("customer"),
                order_items.c.product_id.label("product"),
                orders.c.placed_at.label("instant"),
                order_items.c.units,
                order_items.c.unit_price.label("price"),
                order_items.c.order_id.label("invoice"),
                order_items.c.line,
            )
            .join_from(order_items, orders, orders.c.order_id == order_items.c.order_id)
            .where(orders.c.customer_id.is_not(None))
        )
        cancelled = bears_cancelled_number(found["invoice"])
        return found[~found["invoice"].isin(self._invoices) & ~cancelled]

    def taken_back(self) -> dict[tuple[str, int], int]:
        """Order and line → units that refunds of other invoices took back."""
        found = self._read(
            sa.select(refunds.c.refund_id, refunds.c.order_id, refunds.c.line, refunds.c.units)
        )
        others = found[~_origin(found["refund_id"]).isin(self._invoices)]
        taken: dict[tuple[str, int], int] = {}
        for order, line, units in zip(
            others["order_id"], others["line"], others["units"], strict=True
        ):
            taken[order, int(line)] = taken.get((order, int(line)), 0) + int(units)
        return taken

    def obsolete(self, tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        """Rows that stem from the file's invoices and are no longer what they become."""
        if self._connection is None:
            return {}
        result = {}
        for table in (order_items, order_status_changes, orders, refunds):
            keys = [column.name for column in table.primary_key]
            found = self._read(sa.select(*table.primary_key))
            origin = _origin(found[keys[0]])
            mine = found[origin.isin(self._invoices)]
            now = pd.MultiIndex.from_frame(tables[table.name][keys])
            result[table.name] = mine[~pd.MultiIndex.from_frame(mine).isin(now)]
        return result


def _origin(keys: pd.Series[str]) -> pd.Series[str]:
    """Invoice that a row stems from: refunds are named INVOICE/LINE, the rest by the invoice."""
    return keys.astype(str).str.split("/").str[0]


def _match_refunds(lines: pd.DataFrame, earlier: _Earlier) -> pd.DataFrame:
    """Match cancelled lines; sets ``part`` to refund where a purchase was found."""
    cancelled = lines[lines["part"] == "lone_refund"]
    taken = earlier.taken_back()
    wanted = ["customer", "product", "instant", "units", "price", "invoice", "line"]
    sold = lines.loc[lines["part"] == "sale", wanted]
    former = earlier.purchases()
    pool = pd.concat([sold, former[wanted]]) if len(former) else sold
    pool = pool.reset_index(drop=True)
    keys = zip(pool["invoice"], pool["line"], strict=True)
    pool["taken_back"] = [taken.get((invoice, int(line)), 0) for invoice, line in keys]
    pool["instant"] = pd.to_datetime(pool["instant"])
    found = cancellations.match(cancelled.assign(units=-cancelled["units"]), pool)
    known = found >= 0
    lines.loc[cancelled.index[known], "part"] = "refund"
    invoice, line = pool["invoice"].to_numpy(), pool["line"].to_numpy()
    number = cancelled["line"].astype("int64")
    own = cancelled["invoice"].to_numpy(dtype=object), number.to_numpy()
    return pd.DataFrame(
        {
            "refund_id": cancelled["invoice"].astype(str) + "/" + number.astype(str),
            "order_id": [invoice[f] if f >= 0 else own[0][i] for i, f in enumerate(found)],
            "line": [int(line[f]) if f >= 0 else int(own[1][i]) for i, f in enumerate(found)],
            "product_id": cancelled["product"],
            "units": -cancelled["units"],
            "amount": -cancelled["units"] * cancelled["price"],
            "reason": "cancelled",
            "happened_at": cancelled["instant"],
            "known_at": cancelled["instant"],
        }
    )


def _customers(lines: pd.DataFrame) -> pd.DataFrame:
    known = lines[lines["customer"].notna()].sort_values("instant", kind="stable")
    last = known.drop_duplicates("customer", keep="last").sort_values("customer")
    return pd.DataFrame(
        {
            "customer_id": last["customer"],
            "country": last["country"].map(iso_country),
            "kind": "private",
        }
    )


def _products(lines: pd.DataFrame, earlier: _Earlier) -> pd.DataFrame:
    """Every product sold or cancelled, under its most frequent description."""
    named = lines[lines["description"].notna()]
    counted = (
        named.groupby(["product", "description"], sort=True).size().rename("n").reset_index()
    ).sort_values(["product", "n"], kind="stable")
    usual = counted.drop_duplicates("product", keep="last").set_index("product")["description"]
    codes = pd.Series(sorted(set(lines["product"])), dtype=object)
    former = earlier.names()
    names = [usual.get(code) or former.get(code) or code for code in codes]
    return pd.DataFrame({"product_id": codes, "name": names})


def _orders(lines: pd.DataFrame) -> pd.DataFrame:
    """One order an invoice with goods, and one a cancellation whose purchase is unknown."""
    mapped = lines[lines["part"].isin(["sale", "lone_refund"])]
    result = (
        mapped.groupby("invoice", sort=False)
        .agg(
            customer_id=("customer", "first"),
            placed_at=("instant", "min"),
            billing_country=("country", "first"),
        )
        .reset_index(names="order_id")
    )
    result["billing_country"] = result["billing_country"].map(iso_country)
    result["shipping_country"] = result["billing_country"]
    shipping = lines[lines["part"] == "shipping"]
    fees = (shipping["units"] * shipping["price"]).groupby(shipping["invoice"]).sum()
    result["shipping_fee"] = result["order_id"].map(fees).fillna(0).astype("int64")
    result["discount_total"] = 0
    return result


def _cancelled_orders(lone: pd.DataFrame) -> pd.DataFrame:
    first = lone.groupby("invoice", sort=False)["instant"].min()
    return pd.DataFrame(
        {
            "order_id": first.index,
            "status": "cancelled",
            "happened_at": first.to_numpy(),
            "known_at": first.to_numpy(),
        }
    )


def _items(sold: pd.DataFrame, lone: pd.DataFrame) -> pd.DataFrame:
    both = pd.concat([sold, lone])
    return pd.DataFrame(
        {
            "order_id": both["invoice"],
            "line": both["line"].astype("int64"),
            "product_id": both["product"],
            "units": both["units"].abs(),
            "unit_price": both["price"],
        }
    )


def _ledger(lines: pd.DataFrame, file: str) -> Ledger:
    amount = lines["units"] * lines["price"]
    parts = []
    for key, (outcome, into, why) in PARTS.items():
        of_part = lines["part"] == key
        if of_part.any():
            parts.append(
                Part(
                    key=key,
                    outcome=outcome,
                    into=into,
                    why=why,
                    lines=int(of_part.sum()),
                    units=exact_sum(lines.loc[of_part, "units"]),
                    amount=exact_sum(amount[of_part]),
                )
            )
    return Ledger(
        name="Quantity × UnitPrice",
        file=file,
        lines_read=len(lines),
        amount_read=exact_sum(amount),
        parts=tuple(parts),
    )


def _encoding_note(name: str) -> Note:
    shown = "UTF-8" if name == "utf-8-sig" else "Windows-1252 (Latin-1), as it is not UTF-8"
    return Note(key="encoding", text=f"the file was read as {shown}", lines=0)


def _notes(lines: pd.DataFrame, zone: str) -> tuple[Note, ...]:
    amount = lines["units"] * lines["price"]
    codes = pd.Series(lines["product"].unique(), dtype=object)
    by_case = codes.str.upper().duplicated(keep=False)
    instants = lines.groupby("invoice")["instant"].nunique()
    no_country = lines["country"].map(iso_country).isna()
    unknown = sorted(set(lines.loc[no_country, "country"].dropna()))
    found = [
        (
            "without_customer",
            "lines without a customer, kept: the order has no customer",
            lines["customer"].isna(),
        ),
        (
            "without_description",
            "lines without a description; the product keeps the name of its other lines",
            lines["description"].isna(),
        ),
        (
            "without_country",
            f"lines whose country is none, or none alone ({', '.join(unknown)}), left open",
            no_country,
        ),
        (
            "case",
            f"lines of stock codes, {int(codes.str.upper().duplicated().sum())} of which differ "
            "from another only by case; they are products of their own",
            lines["product"].isin(set(codes[by_case])),
        ),
        (
            "two_instants",
            f"lines of {int((instants > 1).sum())} invoices that bear several instants; "
            "the order has the first",
            lines["invoice"].isin(set(instants.index[instants > 1])),
        ),
    ]
    notes = [
        Note(key=key, text=text, lines=int(mask.sum()), amount=exact_sum(amount[mask]))
        for key, text, mask in found
        if mask.any()
    ]
    notes.append(
        Note(
            key="zone",
            text=f"instants were read as local time of {zone}",
            lines=len(lines),
        )
    )
    return tuple(notes)
