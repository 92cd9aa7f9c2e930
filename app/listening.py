"""The socket of the web: bound once, by whoever starts first, and handed on.

The supervisor holds it while web processes come and go, so a visitor who arrives while one is
started again waits a moment instead of being refused. Port 0 takes any free one.
"""

from __future__ import annotations

import os
import socket

HANDED_ON = "SHOPSIGHT_LISTENING"
"""Number of the open socket that a process was handed by the one that started it."""

BACKLOG = 2048


class StartError(Exception):
    """Something on this machine keeps the application from starting."""

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there, or the one that was handed on.

    Raises
    ------
    StartError : somebody else listens there, or this address may not be used.
    """
    given = os.environ.get(HANDED_ON)
    if given is not None:
        return socket.socket(fileno=int(given))
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise StartError(
            f"port {port} on {host} is in use or may not be used",
            remedy="Stop what listens there, or choose another: SHOPSIGHT_PORT=8600 make run.",
        ) from error
    listening.listen(BACKLOG)
    return listening


def port_of(listening: socket.socket) -> int:
    return int(listening.getsockname()[1])
