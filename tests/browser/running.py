"""The real application in a home of its own, and a browser in front of it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).parents[2]
PORTS = range(8750, 8770)
START_SECONDS = 600.0  # a demo shop, a snapshot, two processes, on a machine that has other work
PATIENCE_MS = 120_000
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

expect.set_options(timeout=PATIENCE_MS)


def chromium() -> str | None:
    """Where the browser is, if there is one."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((found for name in names if (found := shutil.which(name))), None)


@dataclass(frozen=True)
class Application:
    """An application that answers."""

    base: str
    home: Path

    def enter(self, page: Page, role: str, *, path: str = "/") -> None:
        """Log in by a click, as the login page of the demo offers it; whoever was there leaves."""
        page.context.clear_cookies()
        page.goto(f"{self.base}/login?next={path}")
        page.get_by_role("button", name=f"Enter as {role}").click()
        ready(page)


@contextmanager
def application(
    home: Path, *, before: Sequence[Sequence[str]] = (), size: str = "small"
) -> Iterator[Application]:
    """`python -m app up` until the block ends.

    before : commands of the application that run first, for example an import.
    """
    port = _free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SHOP")}
    environment = {
        **kept,
        "SHOPSIGHT_HOME": str(home),
        "SHOPSIGHT_PORT": str(port),
        "SHOPSIGHT_REFRESH_MINUTES": "600",
    }
    for command in before:
        subprocess.run(
            [sys.executable, "-m", "app", *command], cwd=ROOT, env=environment, check=True
        )
    home.mkdir(parents=True, exist_ok=True)
    with (home / "up.txt").open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "up", "--demo-size", size],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait(f"http://127.0.0.1:{port}/healthz", process, home / "up.txt")
            yield Application(base=f"http://127.0.0.1:{port}", home=home)
        finally:
            _stop(process)


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        try:
            yield found
        finally:
            found.close()


def ready(page: Page) -> None:
    """Wait until the page has its title and nothing runs any more."""
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE_MS)
    settled(page)


def settled(page: Page) -> None:
    """Wait until the script has ended and what it drew is there."""
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]')"
        "?.getAttribute('data-test-script-state') === 'notRunning'",
        timeout=PATIENCE_MS,
    )


def _free_port() -> int:
    for port in PORTS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise RuntimeError(f"no port from {PORTS.start} to {PORTS.stop - 1} is free")


def _wait(address: str, process: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with suppress(OSError), urllib.request.urlopen(address, timeout=2) as answer:
            if answer.status == 200:
                return
        time.sleep(0.2)
    raise RuntimeError(f"the application did not start: {output.read_text()[-2000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(20)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
