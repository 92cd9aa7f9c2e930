"""What staff decide about ordering stock: edits of proposals, orders placed, stock uploaded.

Money is an integer of ten-thousandths of the currency; days are local days of the shop.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from data_access.state.base import Base, Json


class OrderEdit(Base):
    """A quantity that a person put in place of the proposed one; holds for that week's list."""

    __tablename__ = "order_edits"
    week: Mapped[date] = mapped_column(primary_key=True)  # Monday of the order list
    product_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    proposed: Mapped[int]  # units that the page proposed
    units: Mapped[int]  # units that the person wants; 0: do not order
    note: Mapped[str | None] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class PlacedOrder(Base):
    """An order to one supplier, marked as ordered; undone while `undone_at` is set."""

    __tablename__ = "placed_orders"
    order_id: Mapped[int] = mapped_column(primary_key=True)
    week: Mapped[date]  # Monday of the order list that it came from
    supplier_id: Mapped[str | None] = mapped_column(String(64))  # null: supplier not known
    by: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]
    known_until: Mapped[datetime]  # instant up to which the shop's own orders were known then
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None] = mapped_column(String(120))
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class PlacedLine(Base):
    __tablename__ = "placed_lines"
    order_id: Mapped[int] = mapped_column(ForeignKey("placed_orders.order_id"), primary_key=True)
    product_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    proposed: Mapped[int]
    units: Mapped[int]
    unit_cost: Mapped[int | None] = mapped_column(BigInteger)
    expected_on: Mapped[date]  # day by which it should be in stock
    __table_args__ = (Index("ix_placed_lines_product_id", "product_id"),)


class StockUpload(Base):
    """A file of stock figures, for a shop whose database has none (or older ones)."""

    __tablename__ = "stock_uploads"
    upload_id: Mapped[int] = mapped_column(primary_key=True)
    file_name: Mapped[str] = mapped_column(String(200))
    counted_on: Mapped[date]  # day whose evening the figures describe
    rows: Mapped[int]
    report: Mapped[Json]  # what was taken and what was set aside, and why
    by: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class UploadedStock(Base):
    __tablename__ = "uploaded_stock"
    upload_id: Mapped[int] = mapped_column(ForeignKey("stock_uploads.upload_id"), primary_key=True)
    product_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    on_hand: Mapped[int]
    on_order: Mapped[int | None]
    lead_time_days: Mapped[float | None]
    pack_size: Mapped[int | None]
    unit_cost: Mapped[int | None] = mapped_column(BigInteger)
    supplier: Mapped[str | None] = mapped_column(String(120))
