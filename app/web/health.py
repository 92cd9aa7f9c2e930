"""Whether the process lives, and whether it can do its work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

import anyio
import anyio.to_thread
import structlog
from sqlalchemy import Engine, select
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.web import paths
from data_access.errors import DataError
from data_access.scope import split
from data_access.snapshots.store import SnapshotStore
from data_access.state import model_health, served, workers
from data_access.state.engine import StateDatabase, utc_now

WORKER_SILENT = timedelta(seconds=60)  # a living worker says so far more often
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Health:
    state: StateDatabase
    store: SnapshotStore
    shop: Callable[[], Engine]

    def routes(self) -> list[Route]:
        return [
            Route(paths.HEALTH, self.alive, methods=["GET"]),
            Route(paths.READY, self.ready, methods=["GET"]),
        ]

    async def alive(self, _request: Request) -> Response:
        return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})

    async def ready(self, _request: Request) -> Response:
        """200 where all of it is well, else 503; which part, but not why: that is in the log.

        A model that is unwell is told and leaves the process ready: something answers in its place,
        and taking every process away would leave nothing.
        """
        parts = await anyio.to_thread.run_sync(self._look, limiter=_limiter())
        models = await anyio.to_thread.run_sync(self._models, limiter=_limiter())
        well = all(parts.values())
        return JSONResponse(
            {"status": "ready" if well else "not ready", "parts": parts, "models": models},
            status_code=200 if well else 503,
            headers={"Cache-Control": "no-store"},
        )

    def _look(self) -> dict[str, bool]:
        checks: dict[str, Callable[[], bool]] = {
            "app_database": self._state_answers,
            "shop_database": self._shop_answers,
            "snapshot": lambda: self.store.newest() is not None,
            "worker": self._worker_lives,
        }
        return {name: _holds(name, check) for name, check in checks.items()}

    def _models(self) -> dict[str, str]:
        """By capability good, watch or bad, as the hourly look found it; "bad" too where a
        champion is refused now."""
        try:
            with self.state.read() as session:
                found = {one: row.state for one, row in model_health.list_health(session).items()}
                refused = {split(key)[0] for key in served.list_instead(session)}
        except DataError:
            return {}
        return dict(sorted((found | dict.fromkeys(refused, "bad")).items()))

    def _state_answers(self) -> bool:
        self.state.revision()
        return True

    def _shop_answers(self) -> bool:
        with self.shop().connect() as connection:
            return connection.scalar(select(1)) == 1

    def _worker_lives(self) -> bool:
        with self.state.read() as session:
            seen = workers.last_seen(session)
        return seen is not None and seen + WORKER_SILENT > utc_now()


@lru_cache(maxsize=1)
def _limiter() -> anyio.CapacityLimiter:
    """A database that does not answer holds up those who ask about it, not everybody."""
    return anyio.CapacityLimiter(2)


def _holds(name: str, check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception as error:  # whatever it is, this part is not well
        _log.warning("not_ready", part=name, reason=str(error))
        return False
