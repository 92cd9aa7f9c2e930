"""Serve the application on a script of a test: python -m tests.app.web.serve SCRIPT."""

from __future__ import annotations

import sys
from pathlib import Path

import uvicorn

from app.main import create_app
from app.settings import get_settings

if __name__ == "__main__":
    settings = get_settings()
    uvicorn.run(
        create_app(settings, script=Path(sys.argv[1])),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=2,
    )
