"""Small handmade shops' files, an empty database, and the sample data where it is present."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from data_access.shop.engines import make_engine
from tests.factories.sample_data import sample_data_folder

RETAIL = (
    "InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice",
    "CustomerID", "Country",
)  # fmt: skip
SECOND = (
    "Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID",
    "Country",
)  # fmt: skip


def line(
    invoice: str = "536365",
    product: str = "85123A",
    units: object = 6,
    price: object = "2.55",
    *,
    at: object = "2010-12-01 08:26:00",
    customer: object = "17850",
    description: object = "WHITE HANGING HEART",
    country: object = "United Kingdom",
) -> tuple[object, ...]:
    """One line of Online Retail, in the order of its columns."""
    return (invoice, product, description, units, at, price, customer, country)


def write_csv(
    path: Path,
    rows: Sequence[Sequence[object]],
    *,
    columns: Sequence[str] = RETAIL,
    encoding: str = "utf-8",
) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(["" if cell is None else cell for cell in row] for row in rows)
    return path


def rows(engine: sa.Engine, table: sa.Table, *names: str) -> list[tuple[Any, ...]]:
    """The table's rows, sorted; all columns but ``updated_at`` unless named."""
    wanted = names or tuple(c.name for c in table.columns if c.name != "updated_at")
    with engine.connect() as connection:
        found = connection.execute(sa.select(*(table.c[name] for name in wanted)))
        return sorted((tuple(row) for row in found), key=repr)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = make_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def retail(tmp_path: Path) -> Any:
    """Write lines as an Online Retail file: ``retail(line(…), line(…), name="a.csv")``."""

    def write(*lines: Sequence[object], name: str = "retail.csv") -> Path:
        path = tmp_path / name
        if name.endswith(".csv"):
            return write_csv(path, lines)
        pd.DataFrame(list(lines), columns=list(RETAIL)).to_parquet(path)
        return path

    return write


@pytest.fixture(scope="session")
def sample_data() -> Path:
    folder = sample_data_folder()
    if folder is None:
        pytest.skip("the sample data is not on this machine")
    return folder
