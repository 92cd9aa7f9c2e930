"""Stores of order lists and stock files, on each engine."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from data_access.errors import DataError
from data_access.state import orders, stock_uploads
from data_access.state.engine import StaleWriteError, StateDatabase
from data_access.state.orders import Line

WEEK, NOW = date(2026, 3, 30), datetime(2026, 3, 30, 8)


def edit(state: StateDatabase, units: int | None, version: int | None = None) -> None:
    with state.decide("ada", "order.edited", "order-list:2026-03-30") as session:
        orders.write_edit(
            session,
            week=WEEK,
            product_id="mug",
            proposed=12,
            units=units,
            note=None,
            by="ada",
            now=NOW,
            expected_version=version,
        )


def test_an_edit_has_a_version_and_the_second_writer_is_told(state: StateDatabase):
    edit(state, 6, version=0)
    with pytest.raises(StaleWriteError):
        edit(state, 8, version=0)
    edit(state, 8, version=1)
    with state.read() as session:
        (row,) = orders.read_edits(session, WEEK)
        assert (row.units, row.version) == (8, 2)
        assert orders.read_edits(session, date(2026, 4, 6)) == []
    edit(state, None, version=2)
    with state.read() as session:
        assert orders.get_edits(session, WEEK, ["mug"]) == {}


def test_an_order_holds_until_it_is_undone_once(state: StateDatabase):
    line = Line(
        product_id="mug", proposed=12, units=12, unit_cost=40_000, expected_on=date(2026, 4, 6)
    )
    with state.decide("ada", "order.placed", "order-list:2026-03-30") as session:
        number = orders.place_order(
            session,
            week=WEEK,
            supplier_id=None,
            lines=[line],
            by="ada",
            now=NOW,
            known_until=NOW,
        ).order_id
    with state.read() as session:
        assert orders.newest_order(session) == number
        assert [one.units for _, one in orders.open_lines(session, expected_from=WEEK)] == [12]
        assert orders.open_lines(session, expected_from=date(2026, 4, 7)) == []
        assert len(orders.placed_since(session, number - 1, ["mug", "cup"])) == 1
        assert orders.placed_since(session, number, ["mug"]) == []
        assert [one.order_id for one in orders.orders_of_week(session, WEEK)] == [number]
    with state.write() as session:
        orders.undo_order(session, number, by="bob", now=NOW)
    with pytest.raises(StaleWriteError), state.write() as session:
        orders.undo_order(session, number, by="bob", now=NOW)
    with pytest.raises(DataError, match="no order number"), state.write() as session:
        orders.undo_order(session, 999, by="bob", now=NOW)
    with state.read() as session:
        assert orders.open_lines(session, expected_from=WEEK) == []
        assert [one.product_id for one in orders.lines_of(session, number)] == ["mug"]


def test_a_stock_file_is_stored_whole_and_undone_whole(state: StateDatabase):
    rows = [
        {
            "product_id": f"P{number}",
            "on_hand": number,
            "on_order": None,
            "lead_time_days": 7.5,
            "pack_size": 6,
            "unit_cost": 45_000,
            "supplier": "East",
        }
        for number in range(12_000)
    ]
    with state.decide("ada", "stock.uploaded", "stock:a.csv") as session:
        number = stock_uploads.add_upload(
            session,
            file_name="a.csv",
            counted_on=WEEK,
            rows=rows,
            report={"set_aside": []},
            by="ada",
            now=NOW,
        ).upload_id
    with state.read() as session:
        assert [one.rows for one in stock_uploads.holding_uploads(session)] == [12_000]
        assert len(stock_uploads.rows_of(session, [number])) == 12_000
    with state.write() as session:
        stock_uploads.undo_upload(session, number, now=NOW)
    with state.read() as session:
        assert stock_uploads.holding_uploads(session) == []
    with pytest.raises(StaleWriteError), state.write() as session:
        stock_uploads.undo_upload(session, number, now=NOW)
