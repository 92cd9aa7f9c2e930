"""The desk: everything that one process holds open, made once from the settings."""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from app.settings import Settings, get_settings
from data_access.errors import DataError
from data_access.shop.engines import Mark, make_engine, read_mark
from data_access.snapshots.store import SnapshotStore
from data_access.state.engine import StateDatabase

if TYPE_CHECKING:
    from app.jobs.client import JobClient
    from data_access.models import ModelStore
    from data_access.snapshots.analytics import Analytics


@dataclass(frozen=True)
class Desk:
    """Handles of one process; each is opened when it is first asked for and safe between threads.

    The shop engine is read-only: nothing but ``demo`` and ``import`` ever writes to a shop.
    """

    settings: Settings

    @cached_property
    def shop_engine(self) -> Engine:
        return make_engine(self.settings.shop_url, read_only=True)

    @cached_property
    def state(self) -> StateDatabase:
        return StateDatabase(self.settings.app_url)

    @cached_property
    def store(self) -> SnapshotStore:
        return SnapshotStore(self.settings.artifacts / "snapshots")

    @cached_property
    def analytics(self) -> Analytics:
        # DuckDB and pandas take 0.4 s to import, which many a short job does without.
        from data_access.snapshots.analytics import Analytics

        return Analytics(
            self.store,
            memory_mb=self.settings.duckdb_memory_mb,
            threads=self.settings.duckdb_threads,
        )

    @cached_property
    def models(self) -> ModelStore:
        # MLflow takes seconds to import: only what really reads model files pays for it.
        from data_access.models import ModelStore

        return ModelStore(self.settings.models_url, self.settings.artifacts / "models")

    @cached_property
    def jobs(self) -> JobClient:
        from app.jobs.client import JobClient

        return JobClient(self.settings, self.state)

    @cached_property
    def mark(self) -> Mark | None:
        """Who made the shop database: "demo", "import", or nobody (a shop of one's own)."""
        return read_mark(self.shop_engine)

    @property
    def currency(self) -> str:
        return self._from_mark("currency") or self.settings.currency

    @property
    def zone(self) -> ZoneInfo:
        name = self._from_mark("time_zone")
        return ZoneInfo(name) if name else self.settings.zone

    def _from_mark(self, key: str) -> str | None:
        """A shop that demo or import made states its own; the settings speak for all others."""
        try:
            value = self.mark.details.get(key) if self.mark else None
        except DataError:
            # The shop is gone: what was read of it can still be shown as it was.
            if (newest := self.store.newest()) is None:
                raise
            value = {"currency": newest.currency, "time_zone": newest.zone}[key]
        return str(value) if value else None

    @cached_property
    def hash_key(self) -> bytes:
        """Key of the hashes that stand for personal data; made once and kept in the home."""
        given = self.settings.hash_key
        if given is not None:
            return given.get_secret_value().encode()
        return _kept_key(self.settings.home / "hash.key")


def _kept_key(path: Path) -> bytes:
    """Read the key, making it first where there is none; two processes agree on one key."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(32))
        # A link appears whole or not at all, and fails if the other process was first.
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text().strip().encode()


def open_desk(settings: Settings) -> Desk:
    """A desk on these settings; its home is made where it is missing."""
    settings.home.mkdir(parents=True, exist_ok=True)
    return Desk(settings)


@lru_cache(maxsize=1)
def get_desk() -> Desk:
    """The desk of this process."""
    return open_desk(get_settings())
