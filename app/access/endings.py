"""Word of sessions that ended, so that their open sockets are closed at once.

Only within this process; another process notices within seconds, because it asks the database
about the sessions of its open sockets.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

Listener = Callable[[frozenset[str]], None]

_lock = threading.Lock()
_listeners: list[Listener] = []


def listen(listener: Listener) -> Callable[[], None]:
    """Be told the hashes of ended sessions; returns how to stop listening."""
    with _lock:
        _listeners.append(listener)

    def stop() -> None:
        with _lock:
            _listeners.remove(listener)

    return stop


def announce(session_hashes: Iterable[str]) -> None:
    ended = frozenset(session_hashes)
    if not ended:
        return
    with _lock:
        listeners = list(_listeners)
    for listener in listeners:
        listener(ended)
