"""Serve the application on a script of a test: python -m tests.app.web.serve SCRIPT.

On the socket that the test bound and handed on.
"""

from __future__ import annotations

import sys
from pathlib import Path

import uvicorn

from app.listening import listen
from app.main import create_app
from app.settings import get_settings

if __name__ == "__main__":
    settings = get_settings()
    serving = uvicorn.Config(
        create_app(settings, script=Path(sys.argv[1])),
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=2,
    )
    uvicorn.Server(serving).run(sockets=[listen(settings.host, settings.port)])
