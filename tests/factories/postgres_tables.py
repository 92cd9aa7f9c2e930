"""The tables of an app database on PostgreSQL, put back to what the migrations left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url

from data_access.state.engine import StateDatabase

FIRST_ROWS = "first_rows"
"""Schema with a copy of the tables in which the migrations leave rows."""

_SHAPE = text("""
    SELECT md5(string_agg(thing, ',' ORDER BY thing)) FROM (
        SELECT format('%s %s %s %s', c.oid, n.nspname, c.relname, c.relnatts) AS thing
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        UNION ALL SELECT format('trigger %s %s', oid, tgenabled) FROM pg_trigger
        UNION ALL SELECT format('constraint %s', oid) FROM pg_constraint
        UNION ALL SELECT format('schema %s', nspname) FROM pg_namespace WHERE nspname !~ '^pg_'
    ) AS things
""")

_REMEMBER = text(f"""
    DO $$ DECLARE one record; filled boolean; BEGIN
        CREATE SCHEMA {FIRST_ROWS};
        FOR one IN SELECT tablename AS t FROM pg_tables WHERE schemaname = 'shopsight' LOOP
            EXECUTE format('SELECT EXISTS (SELECT FROM shopsight.%I)', one.t) INTO filled;
            IF filled THEN
                EXECUTE format('CREATE TABLE {FIRST_ROWS}.%I AS TABLE shopsight.%I', one.t, one.t);
            END IF;
        END LOOP;
    END $$
""")

# What was written for ever goes, too, and in any order: triggers and foreign keys do not look.
# Row by row, since TRUNCATE makes new files for each table and index, which takes half a second.
_EMPTY = text(f"""
    DO $$ DECLARE one record; BEGIN
        SET LOCAL session_replication_role = replica;
        FOR one IN SELECT tablename AS t FROM pg_tables WHERE schemaname = 'shopsight' LOOP
            EXECUTE format('DELETE FROM shopsight.%I', one.t);
        END LOOP;
        FOR one IN SELECT tablename AS t FROM pg_tables WHERE schemaname = '{FIRST_ROWS}' LOOP
            EXECUTE format('INSERT INTO shopsight.%I SELECT * FROM {FIRST_ROWS}.%I', one.t, one.t);
        END LOOP;
        FOR one IN SELECT sequencename AS t FROM pg_sequences
                    WHERE schemaname = 'shopsight' AND last_value IS NOT NULL LOOP
            EXECUTE format('ALTER SEQUENCE shopsight.%I RESTART', one.t);
        END LOOP;
    END $$
""")


def make(url: str) -> str:
    """Make all tables of the app database in an empty one; returns the shape that it has then."""
    state = StateDatabase(url)
    state.upgrade()
    state.close()
    with _connected(url) as connection:
        connection.execute(_REMEMBER)
        return str(connection.execute(_SHAPE).scalar_one())


def empty(url: str, shape: str) -> bool:
    """Empty the tables, unless a test has changed their shape."""
    with _connected(url) as connection:
        same = connection.execute(_SHAPE).scalar_one() == shape
        if same:
            connection.execute(_EMPTY)
        return same


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
