from __future__ import annotations

import multiprocessing
from collections.abc import Iterator

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import delete, inspect, text, update
from sqlalchemy.exc import DBAPIError

from data_access.errors import DataError
from data_access.state.engine import StateDatabase
from data_access.state.tables import AuditEntry, Base, ChampionChange
from data_access.state.upgrades import alembic_config


@pytest.fixture
def state(url: str) -> Iterator[StateDatabase]:
    """A database that the migrations themselves have just made its tables in."""
    database = StateDatabase(url)
    database.upgrade()
    yield database
    database.close()


def upgrade_in_a_process(url: str) -> None:
    StateDatabase(url).upgrade()


def test_the_migrations_make_exactly_the_tables_of_the_metadata(state: StateDatabase):
    with state.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_the_tables_lie_in_a_schema_of_their_own_on_postgresql(state: StateDatabase):
    found = inspect(state.engine)
    assert "users" in found.get_table_names(schema="shopsight")
    assert "alembic_version" in found.get_table_names(schema="shopsight")
    assert found.get_table_names(schema="public") == []


def test_four_processes_that_start_at_once_upgrade_once(url: str):
    context = multiprocessing.get_context("spawn")
    with context.Pool(4) as pool:
        pool.map(upgrade_in_a_process, [url] * 4)
    database = StateDatabase(url)
    assert database.revision() == 0
    database.close()


def test_upgrading_again_changes_nothing(state: StateDatabase):
    with state.decide("ada", "thing.done", "thing:1"):
        pass
    state.upgrade()
    assert state.revision() == 1


def test_down_and_up_again_leads_to_the_same_tables(state: StateDatabase):
    with state.engine.execution_options(shopsight_writes=True).begin() as connection:
        command.downgrade(alembic_config(connection), "base")
    assert set(inspect(state.engine).get_table_names()) <= {"alembic_version"}
    state.upgrade()
    with state.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, Base.metadata) == []


@pytest.mark.parametrize("table", [AuditEntry, ChampionChange])
def test_what_is_append_only_can_neither_be_changed_nor_deleted(state: StateDatabase, table):
    from datetime import datetime

    with state.decide("ada", "thing.done", "thing:1") as session:
        session.add(
            ChampionChange(
                capability="forecasting",
                at=datetime(2026, 1, 1),
                by="ada",
                passed_check=True,
            )
        )
    column = "actor" if table is AuditEntry else "by"
    for statement in (delete(table), update(table).values({column: "eve"})):
        with pytest.raises((DBAPIError, DataError)) as refused, state.write() as session:
            session.execute(statement)
        assert "append-only" in f"{refused.value} {refused.value.__cause__}"
    with state.read() as session:
        assert session.query(table).count() == 1


def test_a_database_of_a_newer_version_is_refused_with_a_sentence(state: StateDatabase):
    with state.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DataError, match="newer version") as refused:
        state.upgrade()
    assert "backup" in refused.value.remedy
