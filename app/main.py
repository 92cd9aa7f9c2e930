"""The web process: the dashboard behind its gate, the login, the API, health and metrics.

``create_app(settings)`` makes the ASGI application; ``uvicorn app.main:app`` serves it with the
settings of the environment.
"""

from __future__ import annotations

import gc
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Mount
from streamlit import config, file_util, logger
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from app.access import passwords
from app.api.app import create_api
from app.context import Desk, get_desk, open_desk
from app.home_lock import open_in_web
from app.logs import configure_logs, join
from app.services.serving import read_ahead
from app.settings import Settings, get_settings
from app.ui import uploaded
from app.web import paths
from app.web.account import Account
from app.web.dashboard_script import DashboardScript
from app.web.health import Health
from app.web.identity import TRUSTED_HEADERS, IdentityGate
from app.web.login import Entrance
from app.web.metrics import Metrics
from app.web.requests import RequestLog
from app.web.security_headers import SecurityHeaders, dashboard_policy
from app.web.sockets import OpenSockets
from app.web.uploads import LARGEST_MB, Uploads
from data_access.errors import DataError
from data_access.state.connections import safe_url

COLLECT_AFTER = (20_000, 20, 20)
"""Allocations before a collection, and collections before an older generation's: a page allocates
some ten thousand objects, nearly all of which go by themselves."""

ANSWERED_HERE = ("fraud",)
"""Capabilities whose models the web process asks itself: orders are scored while a shop waits."""

STOP_S = 5.0
"""Seconds that the end of the process waits for models that are read ahead."""

HERE = Path(__file__).parent
DASHBOARD = HERE / "dashboard.py"


def create_app(settings: Settings, *, script: Path = DASHBOARD) -> st.App:
    """The application on these settings; brings the app database up to date.

    Parameters
    ----------
    script : the Streamlit script; another one only in tests.
    """
    configure_logs(settings, process="web")
    _join_streamlit_logs()
    desk = get_desk() if settings is get_settings() else open_desk(settings)
    desk.state.upgrade()
    passwords.prepare()
    # Streamlit believes these headers, and the gate is the only one to set them.
    config.set_option("server.trustedUserHeaders", dict(TRUSTED_HEADERS))
    config.set_option("server.maxUploadSize", LARGEST_MB)
    open_sockets = OpenSockets(desk.state)
    entrance = Entrance(
        settings=settings,
        state=desk.state,
        cookie_name=cookie_name(settings),
        is_demo=lambda: _is_demo(desk),
    )

    @asynccontextmanager
    async def lifespan(_app: st.App) -> AsyncIterator[dict[str, Any]]:
        collect_seldom()
        ahead = read_ahead(desk, ANSWERED_HERE)
        with open_in_web(settings.home):
            async with open_sockets.watched():
                yield {}
            ahead.join(STOP_S)
            desk.state.close()

    return st.App(
        script,
        lifespan=lifespan,
        routes=[
            *entrance.routes(HERE / "static"),
            *Account(desk.state, cookie_name(settings)).routes(),
            *Health(desk.state, desk.store, lambda: desk.shop_engine).routes(),
            *Metrics(settings, desk.state, desk.store, open_sockets).routes(),
            Mount(paths.API, create_api(desk)),
        ],
        middleware=[
            Middleware(SecurityHeaders, policy=_policy(), https=settings.secure_cookie),
            Middleware(RequestLog),
            Middleware(
                IdentityGate,
                state=desk.state,
                cookie_name=cookie_name(settings),
                open_sockets=open_sockets,
                goodbye=goodbye,
            ),
            Middleware(Uploads, is_own=uploaded.is_own, make_room=uploaded.make_room),
            Middleware(DashboardScript),
        ],
    )


def collect_seldom() -> None:
    """What is loaded by now stays: collecting it again and again is a tenth of a page's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def _join_streamlit_logs() -> None:
    """Streamlit gives each of its loggers, and uvicorn's, a handler that writes plain text."""
    config.set_option("logger.enableRich", False)
    for known in list(logger._loggers.values()):
        join(known)
    logger.setup_formatter = join


def _policy() -> str:
    return dashboard_policy((Path(file_util.get_static_dir()) / "index.html").read_text())


def _is_demo(desk: Desk) -> bool:
    try:
        return desk.mark is not None and desk.mark.made_by == "demo"
    except DataError:
        return False  # the shop does not answer: nobody enters by a click


def goodbye(address: str) -> bytes:
    """The message with which Streamlit's page goes to another address."""
    message = ForwardMsg()
    message.auth_redirect.url = address
    return bytes(message.SerializeToString())


def cookie_name(settings: Settings) -> str:
    """A name for each app database: cookies do not tell ports apart, so two homes would log
    each other out."""
    which = hashlib.sha256(safe_url(settings.app_url).encode()).hexdigest()[:8]
    return f"{'__Host-' if settings.secure_cookie else ''}shopsight-{which}"


def __getattr__(name: str) -> Any:
    if name == "app":
        return create_app(get_settings())
    raise AttributeError(name)
