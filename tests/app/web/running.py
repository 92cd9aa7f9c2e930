"""A really running application, and a page that talks to it as a browser does."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from app.listening import HANDED_ON, listen, port_of
from app.main import cookie_name
from app.settings import Settings
from data_access.state.engine import StateDatabase
from tests.factories.patience import PATIENCE_S

ROOT = Path(__file__).parents[3]
SMALL_PAGE = Path(__file__).with_name("small_page.py")
BROWSER = "Browser/1.0"


@dataclass(frozen=True)
class Running:
    """An application that answers."""

    settings: Settings
    state: StateDatabase

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"

    @property
    def cookie(self) -> str:
        return cookie_name(self.settings)

    def client(self, token: str | None = None, **headers: str) -> httpx.Client:
        """A browser that follows nothing by itself."""
        headers.setdefault("User-Agent", BROWSER)
        if token is not None:
            headers["Cookie"] = f"{self.cookie}={token}"
        return httpx.Client(base_url=self.base, headers=headers, timeout=PATIENCE_S)

    def enter(self, role: str) -> str:
        """Log in by a click; returns the cookie's value."""
        with self.client() as client:
            answer = client.post("/login/demo", data={"role": role})
        assert answer.status_code == 303, answer.text
        return answer.cookies[self.cookie]

    @contextmanager
    def page(
        self,
        token: str | None,
        *,
        origin: str | None = None,
        headers: list[tuple[str, str]] | None = None,
        browser: str = BROWSER,
    ) -> Iterator[Page]:
        """An open page of the dashboard."""
        sent = list(headers or [])
        if token is not None:
            sent.append(("Cookie", f"{self.cookie}={token}"))
        with connect(
            f"ws://127.0.0.1:{self.settings.port}/_stcore/stream",
            origin=origin or self.base,  # type: ignore[arg-type]
            subprotocols=["streamlit"],  # type: ignore[list-item]
            additional_headers=sent,
            user_agent_header=browser,
            proxy=None,
        ) as connection:
            yield Page(connection)


@dataclass(frozen=True)
class Page:
    """One open websocket to the dashboard."""

    connection: ClientConnection

    def rerun(self, *, page_name: str = "", query: str = "") -> list[str]:
        """Run the script again; returns the texts that it shows."""
        asked = BackMsg()
        asked.rerun_script.query_string = query
        asked.rerun_script.page_name = page_name
        self.connection.send(asked.SerializeToString())
        texts: list[str] = []
        while True:
            message = self.receive()
            kind = message.WhichOneof("type")
            if kind == "delta":
                element = message.delta.new_element
                name = element.WhichOneof("type")
                if name in ("text", "markdown", "alert", "heading"):
                    texts.append(getattr(element, name).body)
            elif kind == "script_finished":
                return texts

    def led_to(self) -> str:
        """The address that the server sends the page to, whatever else it says before."""
        while True:
            message = self.receive()
            if message.WhichOneof("type") == "auth_redirect":
                return message.auth_redirect.url

    def receive(self) -> ForwardMsg:
        message = ForwardMsg()
        message.ParseFromString(self.connection.recv(timeout=PATIENCE_S))  # type: ignore[arg-type]
        return message


@contextmanager
def running(
    home: Path,
    *,
    script: Path = SMALL_PAGE,
    host: str = "127.0.0.1",
    **environment: str,
) -> Iterator[Running]:
    """Start the application on a home and stop it afterwards."""
    listening = listen(host, 0)
    port = port_of(listening)
    values = {
        "SHOPSIGHT_HOME": str(home),
        "SHOPSIGHT_HOST": host,
        "SHOPSIGHT_PORT": str(port),
        HANDED_ON: str(listening.fileno()),
        **environment,
    }
    output = home / "output.txt"
    with output.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.app.web.serve", str(script)],
            cwd=ROOT,
            env={**os.environ, **values},
            stdout=sink,
            stderr=subprocess.STDOUT,
            pass_fds=[listening.fileno()],
        )
    listening.close()
    settings = Settings(
        _env_file=None,
        home=home,
        host=host,
        port=port,
        app_database_url=environment.get("APP_DATABASE_URL"),
    )
    state = StateDatabase(settings.app_url)
    try:
        _wait_until_it_answers(port, process, output)
        yield Running(settings, state)
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        state.close()


def _wait_until_it_answers(port: int, process: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"the application did not start:\n{output.read_text()[-4000:]}")
