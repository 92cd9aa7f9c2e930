"""Stock files in, order lists out: every bad file has its answer, nothing is half stored."""

from __future__ import annotations

import io
from datetime import date

import pandas as pd
import pytest
import python_calamine
import xlsxwriter

from app.access import AccessDenied
from app.context import Desk
from app.services.ordering import Filter, exporting, filtered, uploading
from app.ui.tables import csv_with_facts
from data_access.errors import DataError
from tests.app.services.ordering.conftest import ADA, MIA, listed

COUNTED = date(2026, 3, 30)


def check(desk: Desk, text: str | bytes, name: str = "stock.csv"):
    raw = text.encode() if isinstance(text, str) else text
    return uploading.check_file(io.BytesIO(raw), size=len(raw), name=name, found=listed(desk))


def reasons(checked) -> dict[str, int]:
    return {each.reason: each.rows for each in checked.set_aside}


def test_rows_that_cannot_be_used_are_set_aside_with_examples(desk: Desk):
    checked = check(
        desk,
        "Product number,Stock,On order,Lead time days,Pack size,Unit cost,Supplier\n"
        "mug,7,0,10,12,4.5,East\n"
        "kettle,−4,,,,,\n"
        "board,many,,,,,\n"
        "lamp,5,,,,,\n"
        ",5,,,,,\n",
    )
    assert [row["product_id"] for row in checked.rows] == ["mug"]
    assert checked.rows[0]["unit_cost"] == 45_000
    assert reasons(checked)["unknown product"] == 1
    assert reasons(checked)["no product number"] == 1
    assert any("is no number" in reason for reason in reasons(checked))
    assert "row 5: lamp" in [each for aside in checked.set_aside for each in aside.examples]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("mug,-4", "stock is negative"),
        ("mug,2.5", "stock is not whole"),
        ("mug,", "stock is missing"),
        ("mug,5\nmug,6", "named more than once"),
    ],
)
def test_a_row_of_each_kind(desk: Desk, line: str, reason: str):
    checked = check(desk, f"product,stock\nboard,3\n{line}\n")
    assert [row["product_id"] for row in checked.rows] == ["board"]
    assert reasons(checked) == {reason: line.count("mug")}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("product number,stock\n", "no rows"),
        ("article name,count\nmug,5\n", "lacks the columns product number and stock"),
        ("product,stock\nlamp,5\n", "No row"),
        (b"\x00\x01\x02", "no text"),
    ],
)
def test_a_file_of_no_use_is_refused_whole(desk: Desk, text, said: str):
    with pytest.raises(DataError, match=said):
        check(desk, text)


def test_a_huge_file_is_refused_before_a_byte_is_read(desk: Desk):
    class Unread(io.BytesIO):
        def read(self, *_):
            raise AssertionError("it was read")

    with pytest.raises(DataError, match="200 MB"):
        uploading.check_file(Unread(), size=200 * 1024**2, name="all.csv", found=listed(desk))


def test_semicolons_and_workbooks_are_read_too(desk: Desk):
    assert check(desk, "SKU;In stock\nmug;9\n").rows[0]["on_hand"] == 9
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet()
    for line, row in enumerate((("Product number", "Stock", "Colour"), ("mug", 11, "green"))):
        sheet.write_row(line, 0, row)
    book.close()
    checked = check(desk, buffer.getvalue(), "stock.xlsx")
    assert (checked.rows[0]["on_hand"], checked.ignored) == (11, ("Colour",))
    with pytest.raises(DataError, match="no readable xlsx"):
        check(desk, b"PK nonsense", "stock.xlsx")
    with pytest.raises(DataError, match="1,000,001 columns"):  # no row is filled up to as many
        check(desk, b"SKU," * 1_000_000 + b"\n" + b"1\n" * 10, "stock.csv")
    with pytest.raises(DataError, match="neither CSV nor xlsx"):
        check(desk, "x", "stock.pdf")


def test_uploaded_figures_hold_until_they_are_taken_back(desk: Desk):
    before = listed(desk).rows.set_index("product_id")
    checked = check(desk, "product,stock,on order,pack,unit cost,supplier\nmug,77,6,4,3.5,East\n")
    with pytest.raises(AccessDenied):
        uploading.store_file(desk, MIA, checked, counted_on=COUNTED)
    uploading.store_file(desk, ADA, checked, counted_on=COUNTED)
    found = listed(desk)
    mug = found.rows.set_index("product_id").loc["mug"]
    told = mug[["on_hand", "on_order", "pack", "unit_cost", "supplier"]].tolist()
    assert told == [77, 6, 4, 3.5, "East"]
    assert found.stock_from == "stock file of 30 Mar 2026"
    number = uploading.files(desk)[0][0]
    uploading.undo_file(desk, ADA, number)
    after = listed(desk).rows.set_index("product_id")
    pd.testing.assert_series_equal(after.loc["mug"], before.loc["mug"])


def test_an_older_count_does_not_stand_before_the_shops_own(desk: Desk):
    checked = check(desk, "product,stock\nmug,77\n")
    uploading.store_file(desk, ADA, checked, counted_on=date(2026, 3, 1))
    assert listed(desk).rows.set_index("product_id").loc["mug", "on_hand"] == 10


def test_the_template_is_a_file_that_can_be_read(desk: Desk):
    with pytest.raises(DataError, match="unknown product"):
        check(desk, uploading.template())


def test_the_workbook_read_back(desk: Desk):
    found = listed(desk)
    rows = filtered(found, Filter())
    facts = [("Service level", "95 %"), ("Snapshot", 1), ("Formula", "=1+1")]
    raw = exporting.workbook(found, rows, facts)
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(raw))
    assert book.sheet_names == ["Facts", "North Ltd"]
    assert book.get_sheet_by_name("Facts").to_python()[2] == ["Formula", "=1+1"]
    lines = book.get_sheet_by_name("North Ltd").to_python()
    head = lines[0]
    mug = next(line for line in lines if line[0] == "mug")
    wanted = rows.set_index("product_id").loc["mug"]
    assert mug[head.index("Product")] == "=Mug, green"  # text, not a formula
    assert mug[head.index("Order, units")] == wanted["order"]
    assert mug[head.index("Sales at risk")] == round(wanted["at_risk"], 2)
    assert isinstance(mug[head.index("Runs out")], date)
    assert lines[-1][head.index("Order, units")] == rows["order"].sum()
    assert b"<f>" not in raw


def test_the_csv_holds_numbers_and_no_formula(desk: Desk):
    found = listed(desk)
    raw = csv_with_facts(exporting.table(filtered(found, Filter())), [("Search", "none")])
    text = raw.decode("utf-8-sig")
    assert text.startswith("# Search: none\n")
    assert "'=Mug, green" in text
    table = pd.read_csv(io.StringIO(text), comment="#")
    assert table["Order, units"].sum() == found.figures.units


def test_a_stock_of_one_point_three_zeros_is_set_aside_with_both_readings(desk: Desk):
    text = "Product number;Stock;Unit cost\nmug;1.000;1.250\nboard;950;3.20\n"

    checked = check(desk, text)

    assert [row["product_id"] for row in checked.rows] == ["board"]
    assert reasons(checked) == {"stock may be 1000 or 1: write one of them": 1}
    cost = check(desk, text.replace("1.000", "1000")).rows[0]["unit_cost"]
    assert cost == 12_500, "3.20 beside it tells what the point means"


def test_a_row_with_more_cells_than_columns_is_refused_instead_of_cut(desk: Desk):
    with pytest.raises(DataError, match="more cells than there are columns, the first is row 3"):
        check(desk, "product,stock\nboard,3,\nmug,1,250\n")
