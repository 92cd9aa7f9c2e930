"""A file that cannot be used is refused whole, with the rows and a remedy; nothing is written."""

from __future__ import annotations

import io
import os
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from data_access.errors import DataError
from data_access.shop.engines import make_engine
from data_access.shop.tables import products, shop_mark
from data_access.sources.imports import ImportRefused, recognise, run_import
from data_access.sources.imports.reading import read_tables
from data_access.sources.imports.retail_lines import read_lines
from tests.data_access.sources.imports.conftest import RETAIL, SECOND, line, rows, write_csv

Retail = Callable[..., Path]


def refused(path: Path, shop: sa.Engine) -> ImportRefused:
    with pytest.raises(ImportRefused) as error:
        run_import(path, shop)
    assert error.value.remedy
    assert sa.inspect(shop).get_table_names() == []
    return error.value


def test_a_missing_column_is_named(tmp_path: Path, shop: sa.Engine) -> None:
    path = write_csv(tmp_path / "a.csv", [line()[:-1]], columns=RETAIL[:-1])

    assert "lacks the column country" in str(refused(path, shop))


def test_columns_of_nothing_known_are_listed(tmp_path: Path, shop: sa.Engine) -> None:
    path = write_csv(tmp_path / "a.csv", [("1", "2")], columns=("alpha", "beta"))

    error = refused(path, shop)

    assert "“alpha”, “beta”" in str(error)
    assert "Online Retail" in error.remedy


def test_a_column_that_is_there_twice_is_refused(tmp_path: Path, shop: sa.Engine) -> None:
    path = write_csv(tmp_path / "a.csv", [(*line(), "x")], columns=(*RETAIL, "Country"))

    assert "“Country” is there twice" in str(refused(path, shop))


def test_wrong_cells_are_named_with_row_column_and_value(retail: Retail, shop: sa.Engine) -> None:
    path = retail(line(), line(units="six"), line(price="2,55"), line(at="2010-02-30 10:00"))

    error = refused(path, shop)

    assert [(o.row, o.column, o.value) for o in error.offences] == [
        (3, "Quantity", "“six”"),
        (4, "UnitPrice", "“2,55”"),
        (5, "InvoiceDate", "“2010-02-30 10:00”"),
    ]


@pytest.mark.parametrize("field", ["invoice", "product", "units", "price", "at"])
def test_a_needed_cell_that_is_empty_is_refused(
    retail: Retail, shop: sa.Engine, field: str
) -> None:
    error = refused(retail(line(), line(**{field: None})), shop)  # type: ignore[arg-type]

    assert "row 3" in str(error)
    assert "is needed" in str(error)


def test_an_amount_beyond_belief_is_refused(retail: Retail, shop: sa.Engine) -> None:
    assert "beyond belief" in str(refused(retail(line(units=2_000_000, price="900000")), shop))


def test_a_record_with_too_many_cells_is_named(tmp_path: Path, shop: sa.Engine) -> None:
    path = write_csv(tmp_path / "a.csv", [line(), (*line(), "more"), line()])

    error = refused(path, shop)

    assert "row 3" in str(error)
    assert "has 9 cells, not 8" in str(error)


def test_an_empty_file_and_one_with_only_a_header_are_refused(
    tmp_path: Path, shop: sa.Engine, retail: Retail
) -> None:
    empty = tmp_path / "empty.csv"
    empty.touch()

    assert "is empty" in str(refused(empty, shop))
    assert "has no records" in str(refused(retail(), shop))


@pytest.mark.parametrize("name", ["gone.csv", "notes.txt", "fifo.csv"])
def test_what_is_no_file_of_data_is_refused(tmp_path: Path, shop: sa.Engine, name: str) -> None:
    path = tmp_path / name
    if name == "notes.txt":
        path.write_text("hello")
    if name == "fifo.csv":
        os.mkfifo(path)

    refused(path, shop)


def test_latin_1_is_recognised_and_said_in_the_report(tmp_path: Path, shop: sa.Engine) -> None:
    path = write_csv(tmp_path / "a.csv", [line(description="CAFÉ £5 SET")], encoding="latin-1")

    report = run_import(path, shop)

    assert rows(shop, products, "name") == [("CAFÉ £5 SET",)]
    assert any("Windows-1252" in note.text for note in report.notes)


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path, shop: sa.Engine) -> None:
    path = write_csv(tmp_path / "a.csv", [line(description="CAFÉ")], encoding="utf-8-sig")

    run_import(path, shop)

    assert rows(shop, products, "name") == [("CAFÉ",)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"caf\xc3\xa9 caf\xc3\xa9 caf\xff", "neither UTF-8 nor Windows-1252; line 2"),
        (b"caf\x81", "neither UTF-8 nor Windows-1252; line 2"),
        (b"ca\x00fe", "line 2 holds a NUL byte"),
    ],
)
def test_what_cannot_be_decoded_is_refused_with_the_line(
    tmp_path: Path, shop: sa.Engine, content: bytes, said: str
) -> None:
    path = tmp_path / "a.csv"
    cells = b"536365,85123A," + content + b",6,2010-12-01 08:26:00,2.55,17850,France"
    path.write_bytes(",".join(RETAIL).encode() + b"\n" + cells + b"\n")

    assert said in str(refused(path, shop))


def test_utf_16_is_refused_by_name(tmp_path: Path, shop: sa.Engine) -> None:
    path = write_csv(tmp_path / "a.csv", [line()], encoding="utf-16")

    assert "is UTF-16" in str(refused(path, shop))


def test_formulas_and_markup_in_text_are_kept_as_text(retail: Retail, shop: sa.Engine) -> None:
    evil = "=cmd|'/c calc'!A1 <script>alert(1)</script> '; DROP TABLE orders; --"

    run_import(retail(line(product="../../etc/passwd", description=evil)), shop)

    assert rows(shop, products, "product_id", "name") == [("../../etc/passwd", evil)]


def test_a_broken_parquet_file_and_one_with_lists_are_refused(
    tmp_path: Path, shop: sa.Engine
) -> None:
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 and nothing else")
    lists = tmp_path / "lists.parquet"
    pd.DataFrame({name: [["x"]] for name in RETAIL}).to_parquet(lists)

    assert "no readable Parquet" in str(refused(broken, shop))
    assert "not plain values" in str(refused(lists, shop))


def test_a_quote_that_never_closes_is_refused(tmp_path: Path, shop: sa.Engine) -> None:
    path = write_csv(tmp_path / "a.csv", [line() for _ in range(3)])
    path.write_bytes(path.read_bytes().replace(b"WHITE", b'"WHITE', 1))

    refused(path, shop)


@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx"])
def test_a_file_with_damaged_bytes_is_read_or_refused_and_nothing_else(
    tmp_path: Path, retail: Retail, kind: str
) -> None:
    lines = [line(str(n), units=str(n - 3), description="CAFÉ") for n in range(6)]
    whole = (
        workbook(tmp_path / "whole.xlsx", sheet_of(RETAIL, *lines))
        if kind == "xlsx"
        else retail(*lines, name=f"whole.{kind}")
    ).read_bytes()
    dice = random.Random(7)
    path = tmp_path / f"damaged.{kind}"
    outcomes = set()
    for _ in range(30 if kind == "xlsx" else 150):  # each workbook is read by its own process
        damaged = bytearray(whole)
        for _ in range(dice.randint(1, 3)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        path.write_bytes(damaged)
        try:
            recognise(path)
            outcomes.add(len([read_lines(table) for table in read_tables(path)]))
        except ImportRefused:
            outcomes.add(0)

    assert 0 in outcomes


def test_two_sheets_are_read_as_one_and_what_they_share_is_set_aside(
    tmp_path: Path, shop: sa.Engine
) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        sheet_of(SECOND, line("1"), line("2")),
        second=sheet_of(SECOND, line("2"), line("3")),
    )

    (ledger,) = run_import(path, shop).ledgers

    assert {part.key: part.lines for part in ledger.parts} == {"sale": 3, "repeated": 1}


def test_a_wrong_cell_in_the_second_sheet_names_the_sheet(tmp_path: Path, shop: sa.Engine) -> None:
    path = workbook(
        tmp_path / "a.xlsx", sheet_of(SECOND, line()), second=sheet_of(SECOND, line(units="six"))
    )

    assert "a.xlsx [Second]: 1 cell cannot be used" in str(refused(path, shop))


def workbook(path: Path, sheet: str, *, second: str | None = None, **more: bytes) -> Path:
    """A minimal xlsx file with one or two sheets of the given XML."""
    sheets = {1: sheet} if second is None else {1: sheet, 2: second}
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{package}/content-types"></Types>')
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
            f'Type="{relation}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook {space} xmlns:r="{relation}"><sheets>'
            + "".join(
                f'<sheet name="{["First", "Second"][n - 1]}" sheetId="{n}" r:id="r{n}"/>'
                for n in sheets
            )
            + "</sheets></workbook>",
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}/relationships">'
            + "".join(
                f'<Relationship Id="r{n}" Type="{relation}/worksheet" '
                f'Target="worksheets/sheet{n}.xml"/>'
                for n in sheets
            )
            + "</Relationships>",
        )
        for n, xml in sheets.items():
            archive.writestr(
                f"xl/worksheets/sheet{n}.xml",
                f"<worksheet {space}><sheetData>{xml}</sheetData></worksheet>",
            )
        for name, content in more.items():
            archive.writestr(name, content)
    return path


def text_cell(place: str, text: object) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def sheet_of(*records: tuple[object, ...]) -> str:
    return "".join(
        f'<row r="{number}">'
        + "".join(
            text_cell(f"{chr(65 + place)}{number}", cell) for place, cell in enumerate(record)
        )
        + "</row>"
        for number, record in enumerate(records, 1)
    )


def test_a_workbook_is_read(tmp_path: Path, shop: sa.Engine) -> None:
    path = workbook(tmp_path / "a.xlsx", sheet_of(RETAIL, line(), line(product="71053")))

    report = run_import(path, shop)

    assert report.ledgers[0].lines_read == 2
    assert rows(shop, products, "product_id") == [("71053",), ("85123A",)]


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, shop: sa.Engine) -> None:
    path = workbook(
        tmp_path / "a.xlsx", sheet_of(RETAIL, line()), **{"xl/bomb.bin": bytes(64 * 1024**2)}
    )

    assert "would unpack" in str(refused(path, shop))


def test_a_cell_far_outside_is_refused_rather_than_filling_the_memory(
    tmp_path: Path, shop: sa.Engine
) -> None:
    far = sheet_of(RETAIL) + f'<row r="1048576">{text_cell("XFD1048576", "x")}</row>'

    assert "claims 17 billion cells" in str(refused(workbook(tmp_path / "a.xlsx", far), shop))


def test_a_broken_workbook_is_refused(tmp_path: Path, shop: sa.Engine) -> None:
    whole = workbook(tmp_path / "a.xlsx", sheet_of(RETAIL, line())).read_bytes()
    cut = tmp_path / "cut.xlsx"
    cut.write_bytes(whole[: len(whole) // 2])
    no_workbook = tmp_path / "zip.xlsx"
    with zipfile.ZipFile(no_workbook, "w") as archive:
        archive.writestr("a.txt", "hello")
    lying = tmp_path / "lying.xlsx"
    lying.write_bytes(whole.replace(b"sheetData", b"sheetdata"))

    for path in (cut, no_workbook):
        assert "no readable xlsx" in str(refused(path, shop))


def test_a_shop_of_somebody_else_and_the_demo_shop_are_never_written_to(
    retail: Retail, tmp_path: Path
) -> None:
    path = retail(line())
    own = make_engine(f"sqlite:///{tmp_path / 'own.db'}")
    with own.begin() as connection:
        connection.execute(sa.schema.CreateTable(products))
    demo = make_engine(f"sqlite:///{tmp_path / 'demo.db'}")
    with demo.begin() as connection:
        connection.execute(sa.schema.CreateTable(shop_mark))
        connection.execute(
            sa.insert(shop_mark).values(
                made_by="demo", details="{}", made_at=pd.Timestamp("2026-01-01").to_pydatetime()
            )
        )

    for engine in (own, demo):
        before = sa.inspect(engine).get_table_names()
        with pytest.raises(DataError) as error:
            run_import(path, engine)
        assert error.value.remedy
        assert sa.inspect(engine).get_table_names() == before
        engine.dispose()


def test_an_unknown_time_zone_is_refused(retail: Retail, shop: sa.Engine) -> None:
    with pytest.raises(ImportRefused, match="is no time zone"):
        run_import(retail(line()), shop, zone="Mars/Olympus")


def test_online_retail_two_is_recognised_by_its_own_names(tmp_path: Path) -> None:
    source = recognise(write_csv(tmp_path / "a.csv", [line()], columns=SECOND))

    assert (source.kind, source.label) == ("online_retail", "UCI Online Retail II")
    assert (source.currency, source.zone) == ("GBP", "Europe/London")


def test_an_empty_buffer_is_no_workbook(tmp_path: Path, shop: sa.Engine) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(io.BytesIO(b"PK\x05\x06" + bytes(18)).getvalue())

    assert "no readable xlsx" in str(refused(path, shop))
