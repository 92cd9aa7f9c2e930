"""On PostgreSQL the application can run as a user that only adds to the audit."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, delete, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from data_access.state import champions, preferences
from data_access.state.audit import count_audit
from data_access.state.engine import StateDatabase, utc_now
from data_access.state.tables import AuditEntry, ChampionChange
from tests.factories.postgres import fresh_database

SCRIPT = Path(__file__).parents[3] / "docs" / "postgresql-own-user.sql"


@pytest.fixture
def own_user() -> Iterator[StateDatabase]:
    """The app database as the application's own user sees it; somebody else owns the tables."""
    name = f"shopsight_app_{uuid.uuid4().hex[:8]}"
    with fresh_database("own_user") as url:
        owner = StateDatabase(url)
        owner.upgrade()
        server = create_engine(
            make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
        )
        with server.connect() as connection:
            connection.execute(text(f"CREATE ROLE {name} LOGIN PASSWORD 'x'"))
            script = SCRIPT.read_text(encoding="utf-8").replace("shopsight_app", name)
            connection.exec_driver_sql(script.replace("%", "%%"))
        seen = StateDatabase(
            make_url(url).set(username=name, password="x").render_as_string(hide_password=False)
        )
        yield seen
        seen.close()
        owner.close()
        with server.connect() as connection:
            connection.execute(text(f"DROP OWNED BY {name}"))
            connection.execute(text(f"DROP ROLE {name}"))
        server.dispose()


def test_it_does_its_work_and_finds_nothing_to_upgrade(own_user: StateDatabase) -> None:
    own_user.upgrade()
    with own_user.decide("ada", "preference.changed", "preference:x") as session:
        preferences.write_preference(
            session, key="x", value=1, by="ada", now=utc_now(), expected_version=None
        )
        champions.change_champion(
            session, capability="fraud", to_version=1, by="ada", now=utc_now(), passed_check=True
        )
    with own_user.read() as session:
        assert count_audit(session) == 1


def test_it_cannot_change_delete_or_disarm_what_is_written_for_ever(
    own_user: StateDatabase,
) -> None:
    with own_user.note("ada", "user.created", "user:bob"):
        pass
    refused = (
        update(AuditEntry).values(actor="nobody"),
        delete(AuditEntry),
        update(ChampionChange).values(by="nobody"),
        delete(ChampionChange),
        text("TRUNCATE shopsight.audit"),
        text("ALTER TABLE shopsight.audit DISABLE TRIGGER ALL"),
        text("DROP TRIGGER audit_append_only ON shopsight.audit"),
        text("DROP TABLE shopsight.audit"),
        text("SET session_replication_role = replica"),
        text("UPDATE shopsight.alembic_version SET version_num = '0001'"),
    )
    for act in refused:
        with (
            pytest.raises(DBAPIError, match=r"permission denied|must be owner"),
            own_user.engine.begin() as connection,
        ):
            connection.execute(act)
    with own_user.read() as session:
        assert count_audit(session, actor="ada") == 1
