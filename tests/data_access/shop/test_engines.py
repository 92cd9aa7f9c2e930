"""Engines refuse what must not be written, and say in words what they cannot reach."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from data_access.errors import DataError
from data_access.shop.engines import make_engine, read_mark, require_writable, safe_url
from data_access.shop.tables import metadata, shop_mark


def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'shop.db'}"


def test_an_empty_database_may_be_written_by_anyone(tmp_path: Path) -> None:
    engine = make_engine(sqlite_url(tmp_path))

    require_writable(engine, "demo")

    assert read_mark(engine) is None


def test_a_database_with_tables_of_its_own_is_refused(tmp_path: Path) -> None:
    engine = make_engine(sqlite_url(tmp_path))
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE invoices (id INTEGER)"))

    with pytest.raises(DataError, match="invoices") as refusal:
        require_writable(engine, "demo")

    assert "never written to" in refusal.value.remedy


def test_a_shop_made_by_import_is_refused_to_demo(tmp_path: Path) -> None:
    engine = make_engine(sqlite_url(tmp_path))
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(
            sa.insert(shop_mark).values(
                made_by="import", details='{"files": ["a.csv"]}', made_at=datetime(2026, 1, 2)
            )
        )

    mark = read_mark(engine)

    assert mark is not None
    assert (mark.made_by, mark.details) == ("import", {"files": ["a.csv"]})
    require_writable(engine, "import")
    with pytest.raises(DataError, match="made by 'import'"):
        require_writable(engine, "demo")


def test_a_read_only_engine_cannot_write(tmp_path: Path) -> None:
    metadata.create_all(make_engine(sqlite_url(tmp_path)))
    engine = make_engine(sqlite_url(tmp_path), read_only=True)

    with pytest.raises(sa.exc.OperationalError), engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE orders"))


def test_a_missing_file_is_named_when_reading(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no shop database") as refusal:
        make_engine(sqlite_url(tmp_path), read_only=True)

    assert refusal.value.remedy


def test_a_server_that_does_not_answer_is_reported_without_its_password() -> None:
    with pytest.raises(DataError, match="does not answer") as refusal:
        make_engine("postgresql://owner:secret@127.0.0.1:1/shop")

    assert "secret" not in f"{refusal.value} {refusal.value.remedy}"


def test_other_engines_are_refused_by_name() -> None:
    with pytest.raises(DataError, match="mysql"):
        make_engine("mysql://root@localhost/shop")
    with pytest.raises(DataError, match="cannot be read"):
        make_engine("no address at all")


def test_a_shown_address_hides_the_password_and_the_options() -> None:
    assert safe_url("postgresql://a:b@host/shop?sslkey=x") == "postgresql://a:***@host/shop"
