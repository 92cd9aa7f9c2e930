"""The REST API under /api: a router a capability, one way to say no."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.access import AccessDenied, AccessError, LoginRefused, SessionEnded
from app.api import fraud, health, keys, models, session, training_jobs, users
from app.api.limits import BodyLimit
from app.api.refusals import ANY, DescribedApi, refuses
from app.jobs.kinds import JobError
from app.services.activation import ActivationRefused, Overtaken
from app.services.model_facts import NotFound
from app.services.registry import VersionRefused
from app.services.training.choices import TrainedBefore
from app.services.training_requests import KeyUsed
from app.web.problems import TRY_AGAIN, UNREACHABLE, problem
from data_access.errors import DataError
from data_access.state.engine import StaleWriteError, StateUnreachableError
from ml.errors import ModelError

if TYPE_CHECKING:
    from app.context import Desk

_log = structlog.get_logger(__name__)

ROUTERS = (
    session.router,
    users.router,
    keys.router,
    fraud.router,
    models.router,
    training_jobs.router,
    health.router,
)

_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (AccessDenied, 403),
    (SessionEnded, 401),
    (LoginRefused, 401),
    (NotFound, 404),
    (StaleWriteError, 409),
    (Overtaken, 409),
    (TrainedBefore, 409),
    (VersionRefused, 409),
    (KeyUsed, 409),
)


def create_api(desk: Desk) -> FastAPI:
    """The API on a desk; whoever calls it has passed the gate (`app/web/identity.py`)."""
    api = DescribedApi(title="Shopsight", docs_url=None, redoc_url=None)
    api.state.desk = desk
    for router in ROUTERS:
        api.include_router(router, responses=refuses(*ANY))
    for kind in (AccessError, DataError, JobError, ModelError, ActivationRefused):
        api.add_exception_handler(kind, _explain)
    api.add_exception_handler(RequestValidationError, _explain_fields)
    api.add_exception_handler(HTTPException, _explain_status)
    api.add_exception_handler(Exception, _explain_nothing)
    api.middleware("http")(_never_store)
    api.add_middleware(BodyLimit)
    return api


async def _explain(_request: Request, error: Exception) -> Response:
    if isinstance(error, StateUnreachableError):
        # In the words of the gate: those of the driver, with the database's address, are the log's.
        _log.error("app_database_unreachable", reason=str(error))
        return problem(503, UNREACHABLE, remedy=TRY_AGAIN)
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 422)
    return problem(status, str(error), remedy=getattr(error, "remedy", ""))


async def _explain_fields(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    wrong = "; ".join(
        f"{'.'.join(str(part) for part in each['loc'][1:]) or 'body'}: {each['msg']}"
        for each in error.errors()[:5]
    )
    return problem(422, f"The request cannot be read: {wrong}.", remedy="See /api/openapi.json.")


async def _explain_status(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(
        error.status_code,
        str(error.detail),
        remedy="See /api/openapi.json for what there is.",
        headers=error.headers,
    )


async def _explain_nothing(_request: Request, _error: Exception) -> Response:
    """An error that nobody thought of: the log has it, since it is raised further all the same."""
    return problem(
        500, "Something went wrong here.", remedy="Tell an admin the X-Request-ID of this answer."
    )


async def _never_store(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    answer = await call_next(request)
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer
