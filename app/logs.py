"""Structured logs: one JSON object a line, to stderr and to a file that rotates.

Whatever looks like a secret is hidden on the way, whoever logs it; still, do not log secrets.
"""

from __future__ import annotations

import logging
import logging.handlers
import re
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog

from app.settings import Settings

FILE_BYTES = 10 * 2**20
FILES_KEPT = 5
HIDDEN = "[hidden]"
LONGEST_TEXT = 50_000
"""Characters of one value; a traceback has some thousands."""
_SECRET_NAMES = re.compile(
    r"password|passwd|secret|token|cookie|authorization|credential|api_?key|hash_key", re.I
)
_IN_ADDRESSES = re.compile(r"(?<=://)[^/@\s:]++:[^@\s]++@?")
"""name:password@ in an address. What lacks the @ matches too and is put back unchanged: so every
sign is passed once, where looking for the @ from each beginning anew would take the square."""
_SECRET_VALUES = re.compile(
    r"shs_[\w-]{20,}+"  # API keys
    r"|(?<=Bearer )[\w.~+/-]++=*+"
    r"|\$argon2\w++\$\S++"
)
_CHATTY = ("httpx", "httpcore", "alembic", "urllib3", "asyncio", "watchdog", "fsspec")


def configure_logs(settings: Settings, *, process: str) -> None:
    """Send every log line of this process, its own and its libraries', to the same two places.

    Parameters
    ----------
    process : "web", or "worker-1"; also the name of the file, since two processes must not
        rotate one file.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        hide_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _named(process),
            structlog.processors.JSONRenderer(sort_keys=False, default=str),
        ],
    )
    folder = settings.home / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    handlers: list[logging.Handler] = [
        logging.StreamHandler(sys.stderr),
        logging.handlers.RotatingFileHandler(
            folder / f"{process}.log",
            maxBytes=FILE_BYTES,
            backupCount=FILES_KEPT,
            encoding="utf-8",
            delay=True,
        ),
    ]
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
        old.close()
    for handler in handlers:
        handler.setFormatter(formatter)
        root.addHandler(handler)
    root.setLevel(settings.log_level.upper())
    # DBOS writes to the console in a way of its own unless its logger has a handler.
    logging.getLogger("dbos").addHandler(logging.NullHandler())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def join(logger: logging.Logger) -> None:
    """Have a library's logger write where all others do, instead of by itself."""
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
    logger.propagate = True


@contextmanager
def about_job(job_id: str) -> Iterator[None]:
    """Every line within bears the job's id."""
    with structlog.contextvars.bound_contextvars(job_id=job_id):
        yield


def hide_secrets(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Hide values whose name or whose look says that they are secret."""
    for name, value in event.items():
        event[name] = HIDDEN if _SECRET_NAMES.search(name) else _hidden(value)
    return event


def _hidden(value: Any) -> Any:
    if isinstance(value, str):
        value = _SECRET_VALUES.sub(HIDDEN, _IN_ADDRESSES.sub(_without_password, value))
        return shortened(value, LONGEST_TEXT)
    if isinstance(value, dict):
        return {
            key: HIDDEN if _SECRET_NAMES.search(str(key)) else _hidden(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [_hidden(inner) for inner in value]
    return value


def shortened(text: str, most: int) -> str:
    """The beginning of a text that somebody else wrote, and how long it was."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text):,} characters)"


def _without_password(found: re.Match[str]) -> str:
    return f"{HIDDEN}@" if found[0].endswith("@") else found[0]


def _named(process: str) -> Any:
    def add(
        _logger: Any, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        return {"process": process, **event}

    return add
