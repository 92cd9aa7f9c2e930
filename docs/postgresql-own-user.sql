-- Shopsight on PostgreSQL: a user of its own that can add to the audit, and neither change nor
-- delete what stands there.
--
-- Triggers refuse UPDATE, DELETE and TRUNCATE on the audit and on the time line of champions for
-- everybody. But whoever owns a table can take its triggers away. So let one user own the tables
-- and another one run the application:
--
--   1. As the owner, with its name in APP_DATABASE_URL:     python -m app upgrade
--   2. As the owner, in the same database:                  psql -f docs/postgresql-own-user.sql
--      (create the user before: CREATE ROLE shopsight_app LOGIN PASSWORD '…';
--      another name: replace shopsight_app below)
--   3. Start web and workers with APP_DATABASE_URL naming shopsight_app.
--
-- Run steps 1 and 2 again with every new version of Shopsight. The queue (schema dbos) and the
-- model store (schema mlflow) are made by the application's user itself and are its own.

BEGIN;

-- The queue and the model store make their schemas.
DO $$ BEGIN EXECUTE format('GRANT CREATE, CONNECT ON DATABASE %I TO shopsight_app', current_database()); END $$;

-- Everything the application reads and writes.
GRANT USAGE ON SCHEMA shopsight TO shopsight_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA shopsight TO shopsight_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA shopsight TO shopsight_app;

-- What is written once, for ever.
REVOKE UPDATE, DELETE, TRUNCATE ON shopsight.audit FROM shopsight_app;
REVOKE UPDATE, DELETE, TRUNCATE ON shopsight.champion_changes FROM shopsight_app;

-- Which migrations have run is the owner's word.
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON shopsight.alembic_version FROM shopsight_app;

COMMIT;
