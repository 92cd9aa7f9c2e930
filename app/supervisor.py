"""Keeps web and worker running side by side, and stops both together."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO

from app.listening import HANDED_ON, StartError, port_of
from app.settings import Settings

NEEDED_FREE_MB = 500
"""Below this the first minutes (demo shop, snapshot, models: about 200 MB) may not fit."""

START_SECONDS = 60.0
"""A web process that does not answer for so long after its start has failed."""

STOP_SECONDS = 8.0
"""How long a process may take to stop before it is killed; its work is durable."""

RESTARTS_A_MINUTE = 5
"""A process that falls over more often than this is not restarted again."""

_PR_SET_PDEATHSIG = 1


class HomeInUseError(StartError):
    """Another Shopsight runs on the same home."""


def require_space(folder: Path) -> None:
    """Refuse to begin on a disk that the first minutes would fill."""
    free_mb = shutil.disk_usage(folder).free // 2**20
    if free_mb < NEEDED_FREE_MB:
        raise StartError(
            f"only {free_mb} MB are free under {folder.resolve()}, {NEEDED_FREE_MB} MB are needed",
            remedy="Free some space, or choose another folder with SHOPSIGHT_HOME.",
        )


class Supervisor:
    """Owns the home while it is up: starts web and worker, restarts what falls, stops both."""

    def __init__(self, settings: Settings, listening: socket.socket) -> None:
        self._settings = settings
        self._listening = listening
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._falls: dict[str, list[float]] = {"web": [], "worker": []}
        self._stopping = False
        self._lock = self._hold_home()

    def _hold_home(self) -> IO[str]:
        lock = (self._settings.home / "up.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            raise HomeInUseError(
                f"Shopsight already runs on {self._settings.home.resolve()}",
                remedy="Use the one that runs, stop it, or choose another SHOPSIGHT_HOME and port.",
            ) from error
        return lock

    def __enter__(self) -> Supervisor:
        signal.signal(signal.SIGINT, self._stop_asked)
        signal.signal(signal.SIGTERM, self._stop_asked)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        # A second Ctrl-C while stopping must not leave a process behind.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._listening.close()
        self._stop()
        self._lock.close()
        return kind is KeyboardInterrupt

    def _stop_asked(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True
        raise KeyboardInterrupt

    def start(self) -> None:
        """Start both; returns when the web answers.

        Raises
        ------
        StartError : the web ended or did not answer in time.
        """
        for name in ("web", "worker"):
            self._launch(name)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._children["web"].poll() is not None:
                break
            if self._answers():
                return
            time.sleep(0.1)
        raise StartError(
            "the web process did not start",
            remedy=f"Its reason stands above and in {self._settings.home / 'logs'}.",
        )

    def watch(self) -> None:
        """Restart what falls over until somebody asks to stop."""
        while not self._stopping:
            time.sleep(0.5)
            for name, child in list(self._children.items()):
                if child.poll() is not None:
                    self._restart(name, child.returncode)

    def _restart(self, name: str, code: int) -> None:
        now = time.monotonic()
        recent = [at for at in self._falls[name] if now - at < 60.0]
        if len(recent) >= RESTARTS_A_MINUTE:
            raise StartError(
                f"the {name} process keeps ending (last with code {code})",
                remedy=f"Its reason stands above and in {self._settings.home / 'logs'}.",
            )
        self._falls[name] = [*recent, now]
        sys.stderr.write(f"The {name} process ended with code {code}; starting it again.\n")
        self._launch(name)

    def _launch(self, name: str) -> None:
        self._children[name] = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "app", name],
            cwd=Path(__file__).parents[1],
            env={**os.environ, HANDED_ON: str(self._listening.fileno())},
            pass_fds=[self._listening.fileno()] if name == "web" else [],
            # Ctrl-C reaches the supervisor alone, which then stops both in order.
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )

    def _answers(self) -> bool:
        host = self._settings.host
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104
        try:
            with urllib.request.urlopen(
                f"http://{host}:{port_of(self._listening)}/healthz", timeout=2
            ) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _stop(self) -> None:
        running = [child for child in self._children.values() if child.poll() is None]
        for child in running:
            child.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(max(deadline - time.monotonic(), 0.1))
            if child.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)
                child.wait()


def _die_with_parent() -> None:
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
