"""Files that ask for all the memory or all the time, or are none: workbooks and CSV."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable

ROW = '<row r="1"><c r="A1" t="inlineStr"><is><t>day</t></is></c></row>'


def book(sheet: str, *, strings: str = "") -> bytes:
    """The least that a reader takes for a workbook, around rows of XML."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{relation}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relation}"><sheets>'
        '<sheet name="One" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{relation}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{relation}/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>",
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData>'
        "</worksheet>",
        "xl/sharedStrings.xml": f'<sst xmlns="{main}">{strings}</sst>',
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def far_cell() -> bytes:
    return book(ROW + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')


def far_row_of_cells_without_a_place() -> bytes:
    return book(f'{ROW}<row r="1048576">{"<c><v>1</v></c>" * 16_000}</row>')


def far_cell_that_hides_its_place() -> bytes:
    return book(ROW + '<row r="1"><c r="&#88;FD1048576"><v>1</v></c></row>')


def long_text_in_every_cell() -> bytes:
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 200_000))
    return book(cells, strings=f"<si><t>{'x' * 32_000}</t></si>")


def much_xml() -> bytes:
    return book(ROW + " " * 900_000_000)


def many_cells() -> bytes:
    """As many as are unpacked at all: what differs within 32 KB packs no better than the rest."""
    dice = random.Random(7)
    block = "".join(f"<c><v>{dice.random():.6f}</v></c>" for _ in range(5_000))
    return book(f'<row r="1">{block * 1_250}</row>')


def cut_short() -> bytes:
    content = book(ROW)
    return content[: len(content) // 2]


def of_an_archive_in_an_archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", book(ROW) * 50)
    return buffer.getvalue()


def noise() -> bytes:
    return random.Random(7).randbytes(100_000)


def empty() -> bytes:
    return b""


def one_endless_line() -> bytes:
    return b"day,units\n2026-01-01," + b"9" * 5_000_000


def many_columns() -> bytes:
    names = ",".join(f"c{number}" for number in range(20_000))
    return f"day,{names}\n2026-01-01,{',1' * 20_000}\n".encode()


def open_quote() -> bytes:
    return b'day,units\n"2026-01-01,' + b"1,\n" * 500_000


def zeros() -> bytes:
    return bytes(2_000_000)


def not_text() -> bytes:
    return b"day,units\n2026-01-01,\xff\xfe\xfa\n" * 1_000


def many_rows() -> bytes:
    return b"day,units\n" + b"2026-01-01,1.5\n" * 1_200_000


WORKBOOKS: tuple[Callable[[], bytes], ...] = (
    *(far_cell, far_row_of_cells_without_a_place, far_cell_that_hides_its_place),
    *(long_text_in_every_cell, much_xml, many_cells),
    *(cut_short, of_an_archive_in_an_archive, noise, empty),
)
TEXTS: tuple[Callable[[], bytes], ...] = (
    *(one_endless_line, many_columns, open_quote, zeros, not_text, many_rows, noise, empty),
)
