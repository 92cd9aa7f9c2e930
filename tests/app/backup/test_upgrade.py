"""Upgrades that go well or are taken back, and the app database on PostgreSQL."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from app.backup import BackupError, backup, restore, upgrade
from app.settings import Settings
from data_access.state.engine import StateDatabase
from tests.app.backup.conftest import contents, furnish, settings_of
from tests.factories.postgres import fresh_database


@pytest.fixture
def on_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A home whose app, jobs and models are on PostgreSQL, migrated."""
    with fresh_database("imp") as url:
        settings = settings_of(tmp_path / "home", monkeypatch, APP_DATABASE_URL=url)
        furnish(settings)
        upgrade(settings)
        yield settings


def shape(url: str) -> list[tuple[object, ...]]:
    """Columns, constraints, indexes and triggers of our schemas."""
    from app.backup import catalogue

    asked = {"schemas": ["shopsight", "dbos", "mlflow"]}
    plain = make_url(url).render_as_string(hide_password=False)
    with closing(psycopg.connect(plain)) as connection:
        connection.execute("SET search_path = ''")
        return [
            # PostgreSQL writes some conditions differently once it has read its own words.
            tuple(str(cell).partition(" CHECK ")[0] for cell in row)
            for query in (*catalogue.BEFORE_DATA, *catalogue.AFTER_DATA)
            for row in connection.execute(query, asked).fetchall()
        ]


def test_the_app_database_on_postgresql_comes_back_with_rows_tables_and_triggers(
    on_server: Settings, tmp_path: Path
) -> None:
    state = StateDatabase(on_server.app_url)
    with state.decide("ada", "thing.made", "thing:1", after={"text": "tab\tquote'\nline\\ ü €"}):
        pass
    before, entries = shape(on_server.app_url), audit(state)
    archive = backup(on_server, tmp_path / "kept.tar.gz")
    with state.engine.begin() as connection:
        connection.execute(text("DROP TABLE shopsight.audit"))
        connection.execute(text("DROP SCHEMA mlflow CASCADE"))
        connection.execute(text("CREATE TABLE public.own (n int)"))
    state.close()

    with pytest.raises(BackupError, match="is not empty"):
        restore(on_server, archive)
    restore(on_server, archive, force=True)

    state = StateDatabase(on_server.app_url)
    assert shape(on_server.app_url) == before
    assert audit(state) == entries
    with state.decide("ada", "thing.made", "thing:2"):
        pass  # the sequences go on where they were
    assert len(audit(state)) == len(entries) + 1
    with state.engine.connect() as connection:  # what is not ours was left alone
        assert connection.execute(text("SELECT count(*) FROM public.own")).scalar_one() == 0
    state.close()
    upgrade(on_server)


def audit(state: StateDatabase) -> list[tuple[object, ...]]:
    with state.engine.connect() as connection:
        found = connection.execute(text("SELECT * FROM shopsight.audit ORDER BY entry_id"))
        return [tuple(json.dumps(v, default=str) for v in row) for row in found]


def test_an_archive_of_another_kind_of_database_is_refused(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = backup(settings, tmp_path / "kept.tar.gz")
    with fresh_database("imp") as url:
        other = settings_of(tmp_path / "other", monkeypatch, APP_DATABASE_URL=url)

        with pytest.raises(BackupError, match="app database of sqlite"):
            restore(other, archive)

    assert not (tmp_path / "other").exists()


def test_a_server_that_does_not_answer_is_said_in_one_sentence(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = "postgresql://nobody:secret@127.0.0.1:1/none"
    away = settings_of(settings.home, monkeypatch, APP_DATABASE_URL=gone)

    with pytest.raises(BackupError) as refused:
        backup(away, tmp_path / "kept.tar.gz")

    assert "secret" not in str(refused.value)
    assert not (tmp_path / "kept.tar.gz").exists()


def test_an_upgrade_that_fails_puts_everything_back(settings: Settings) -> None:
    before = contents(settings)

    def half(settings: Settings) -> None:
        with closing(sqlite3.connect(settings.home / "app.db")) as connection:
            connection.execute("DELETE FROM things")
            connection.commit()
        raise RuntimeError("column is missing")

    with pytest.raises(BackupError, match="The app database failed: column is missing") as failed:
        upgrade(settings, steps=(("The app database", half),))

    after = contents(settings)
    kept = [name for name in after if name.startswith("backups/")]
    assert len(kept) == 1
    assert kept[0].removeprefix("backups/") in failed.value.remedy
    assert {name: content for name, content in after.items() if name not in kept} == before


def test_an_upgrade_runs_all_migrations_on_an_empty_home_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(tmp_path / "home", monkeypatch)
    steps: list[str] = []

    assert upgrade(settings, progress=lambda step, _share: steps.append(step)) is None
    kept = upgrade(settings)

    assert steps[-1] == "Up to date"
    assert kept is not None
    assert kept.parent == settings.home.resolve() / "backups"
    assert {"app.db", "jobs.db", "models.db"} <= {path.name for path in settings.home.iterdir()}
