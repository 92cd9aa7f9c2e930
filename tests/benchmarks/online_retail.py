"""Online Retail imported and in a snapshot: how long, and whether the sums are the file's.

The file is taken as Parquet, CSV and xlsx, into SQLite, and into PostgreSQL where
``TEST_POSTGRES_URL`` names a server.
"""

from __future__ import annotations

import os
import tempfile
import time
import zipfile
from contextlib import ExitStack
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import sqlalchemy as sa

from data_access.shop.engines import make_engine
from data_access.shop.tables import MONEY_SCALE
from data_access.snapshots.manifest import Manifest
from data_access.snapshots.refresh import refresh
from data_access.snapshots.store import SnapshotStore
from data_access.sources.imports import ImportReport, run_import
from tests.benchmarks.report import Report
from tests.factories.postgres import fresh_database
from tests.factories.sample_data import sample_data_folder

LIMIT_S = 90.0
TOTAL = Decimal("9747747.934")
LINES = 541_909


def run(report: Report) -> None:
    data = sample_data_folder()
    if data is None:
        report.add("Online Retail", measured="not on this machine")
        return
    original = data / "online_retail" / "online_retail.parquet"
    with tempfile.TemporaryDirectory(prefix="online-retail-") as name:
        folder = Path(name)
        for path in (original, as_csv(original, folder), as_xlsx(original, folder)):
            engine = make_engine(f"sqlite:///{folder / path.suffix[1:]}.db")
            measure(report, path, engine, folder / path.suffix[1:], f"{path.suffix[1:]}, SQLite")
            engine.dispose()
        if os.environ.get("TEST_POSTGRES_URL"):
            with ExitStack() as stack:
                engine = make_engine(stack.enter_context(fresh_database("imp")))
                stack.callback(engine.dispose)
                measure(report, original, engine, folder / "server", "parquet, PostgreSQL")


def measure(report: Report, path: Path, engine: sa.Engine, folder: Path, what: str) -> None:
    """One file through import and snapshot, in seconds and in sums."""
    started = time.monotonic()
    imported = run_import(path, engine)
    seconds = time.monotonic() - started
    store = SnapshotStore(folder)
    manifest = refresh(
        engine,
        store,
        zone=ZoneInfo(imported.zone),
        currency=imported.currency,
        hash_key=b"benchmark-key-of-32-bytes-length",
        now=datetime.now(UTC).replace(tzinfo=None),
        made_by="import",
    )
    whole = time.monotonic() - started
    report.add(f"Imported ({what})", measured=seconds, unit="s")
    report.add(
        f"Imported and in a snapshot ({what})",
        measured=whole,
        unit="s",
        asked=f"≤ {LIMIT_S:.0f} s",
        passed=whole <= LIMIT_S,
    )
    (ledger,) = imported.ledgers
    found = Decimal(sum(part.amount or 0 for part in ledger.parts)) / MONEY_SCALE
    report.add(
        f"Sum of what was mapped and set aside ({what})",
        measured=str(found),
        asked=str(TOTAL),
        passed=found == TOTAL and sum(part.lines for part in ledger.parts) == LINES,
    )
    sold, in_snapshot = sale_amount(imported), revenue(store, manifest)
    report.add(
        f"Revenue of the snapshot ({what})",
        measured=str(in_snapshot),
        asked=str(sold),
        passed=in_snapshot == sold,
    )


def sale_amount(imported: ImportReport) -> Decimal:
    """What the report says was sold, in pounds."""
    (amount,) = [p.amount for p in imported.ledgers[0].parts if p.key == "sale"]
    return Decimal(amount or 0) / MONEY_SCALE


def revenue(store: SnapshotStore, manifest: Manifest) -> Decimal:
    """Sum of the snapshot's daily sales, in pounds."""
    files = [str(path) for path in store.paths(manifest, "daily_sales")]
    total = duckdb.connect().read_parquet(files).aggregate("sum(revenue)").fetchall()[0][0]
    return Decimal(int(total)) / MONEY_SCALE


def as_csv(original: Path, folder: Path) -> Path:
    path = folder / "online_retail.csv"
    pd.read_parquet(original).to_csv(path, index=False)
    return path


def as_xlsx(original: Path, folder: Path) -> Path:
    """The file as a spreadsheet program would save it: one sheet, dates as styled numbers."""
    frame = pd.read_parquet(original)
    path = folder / "online_retail.xlsx"
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{package}/content-types"/>')
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
            f'Type="{relation}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook {space} xmlns:r="{relation}"><sheets>'
            '<sheet name="Online Retail" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
            f'Type="{relation}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" '
            f'Type="{relation}/styles" Target="styles.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/styles.xml",
            f'<styleSheet {space}><cellXfs><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs>'
            "</styleSheet>",
        )
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(f"<worksheet {space}><sheetData>".encode())
            sheet.write(_row(1, list(frame.columns)))
            for number, record in enumerate(frame.itertuples(index=False), 2):
                sheet.write(_row(number, list(record)))
            sheet.write(b"</sheetData></worksheet>")
    return path


_FIRST_DAY = pd.Timestamp(1899, 12, 30)
"""Day 0 of spreadsheets."""


def _row(number: int, values: list[object]) -> bytes:
    cells = []
    for place, value in enumerate(values):
        where = f"{chr(65 + place)}{number}"
        if isinstance(value, pd.Timestamp):
            serial = (value - _FIRST_DAY) / pd.Timedelta(days=1)
            cells.append(f'<c r="{where}" s="1"><v>{serial!r}</v></c>')
        elif isinstance(value, str):
            cells.append(f'<c r="{where}" t="inlineStr"><is><t>{escape(value)}</t></is></c>')
        elif value is not None and value == value:
            cells.append(f'<c r="{where}"><v>{value!r}</v></c>')
    return f'<row r="{number}">{"".join(cells)}</row>'.encode()
