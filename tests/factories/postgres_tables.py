"""The tables of an app database on PostgreSQL, put back to what the migrations left."""

from __future__ import annotations

from sqlalchemy import create_engine, text
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

_SEND_AWAY = text("""
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()
""")


class Tables:
    """All tables of the app database, newly made in an empty database.

    Parameters
    ----------
    url : of the empty database.
    """

    def __init__(self, url: str) -> None:
        state = StateDatabase(url)
        state.upgrade()
        state.close()
        self._engine = create_engine(
            make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
        )
        with self._engine.connect() as connection:
            connection.execute(_REMEMBER)
            self._shape = connection.execute(_SHAPE).scalar_one()

    def as_at_first(self) -> bool:
        """Empty the tables; false if a test left others, or changed one."""
        with self._engine.connect() as connection:
            connection.execute(_SEND_AWAY)
            if connection.execute(_SHAPE).scalar_one() != self._shape:
                return False
            connection.execute(_EMPTY)
        return True

    def close(self) -> None:
        self._engine.dispose()
