"""A process killed at any of the import's places leaves the shop before or after, never between."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from data_access.shop.engines import make_engine, read_mark
from data_access.shop.tables import order_items, orders
from data_access.sources.imports import run_import
from tests.data_access.sources.imports.conftest import line, rows
from tests.factories import warm

Retail = Callable[..., Path]
ROOT = Path(__file__).parents[4]
SCRIPT = """
import sys
from pathlib import Path
from data_access.shop.engines import make_engine
from data_access.sources.imports import run_import
run_import(Path(sys.argv[1]), make_engine(sys.argv[2]))
"""


def import_and_die(path: Path, url: str, place: str) -> None:
    warm.dies_at(place, "-c", SCRIPT, str(path), url)


@pytest.mark.parametrize(
    "place",
    ["import-read", "import-tables-made", "import-written-order_items", "import-before-commit"],
)
def test_killed_while_filling_an_empty_database_it_stays_empty(
    retail: Retail, tmp_path: Path, place: str
) -> None:
    path, url = retail(line("1"), line("2")), f"sqlite:///{tmp_path / 'shop.db'}"

    import_and_die(path, url, place)

    engine = make_engine(url)
    assert sa.inspect(engine).get_table_names() == []
    run_import(path, engine)
    assert rows(engine, orders, "order_id") == [("1",), ("2",)]
    engine.dispose()


@pytest.mark.parametrize("place", ["import-merged-orders", "import-before-commit"])
def test_killed_while_merging_the_former_shop_stays(
    retail: Retail, tmp_path: Path, place: str
) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    engine = make_engine(url)
    run_import(retail(line("1", units=6)), engine)
    before = rows(engine, order_items)
    engine.dispose()
    path = retail(line("1", units=5), line("2"), name="b.csv")

    import_and_die(path, url, place)

    engine = make_engine(url)
    assert rows(engine, order_items) == before
    run_import(path, engine)
    assert rows(engine, order_items, "order_id", "units") == [("1", 5), ("2", 6)]
    engine.dispose()


def test_killed_after_the_commit_the_import_is_there_and_is_not_repeated(
    retail: Retail, tmp_path: Path
) -> None:
    path, url = retail(line("1")), f"sqlite:///{tmp_path / 'shop.db'}"

    import_and_die(path, url, "import-committed")

    engine = make_engine(url)
    assert read_mark(engine) is not None
    assert run_import(path, engine).already_there
    assert rows(engine, orders, "order_id") == [("1",)]
    engine.dispose()
