"""A person at a browser, without the browser: speaks Streamlit's protocol over its socket.

Timing the server this way leaves the drawing in the browser out, and lets fifty people click at
once on a small machine.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

LONGEST_RUN_S = 60.0
BROWSER = "Visitor/1.0"
"""A session is bound to the browser that opened it."""


class VisitError(Exception):
    """The page showed an error or did not finish."""


@dataclass(slots=True)
class Run:
    """One run of the page's script, as the visitor saw it."""

    first_content_s: float = 0.0  # until the first element arrived
    seconds: float = 0.0  # until the script had finished
    widget_ids: set[str] = field(default_factory=set)
    options: dict[str, list[str]] = field(default_factory=dict)  # of choices, by widget id
    texts: list[str] = field(default_factory=list)  # headings, markdown and errors
    charts: int = 0
    errors: list[str] = field(default_factory=list)


async def enter(base: str, role: str) -> str:
    """Log in by a click on the demo shop; the cookie header."""
    async with httpx.AsyncClient(base_url=base) as client:
        answer = await client.post(
            "/login/demo",
            data={"role": role, "next": "/"},
            headers={"origin": base, "user-agent": BROWSER},
        )
        if answer.status_code not in (302, 303):
            raise VisitError(f"login by click answered {answer.status_code}")
        return "; ".join(f"{name}={value}" for name, value in client.cookies.items())


async def enter_with_password(
    base: str, name: str, password: str, *, new_password: str | None = None
) -> str:
    """Log in by name and password, changing a one-time password; the cookie header."""
    headers = {"origin": base, "user-agent": BROWSER}
    async with httpx.AsyncClient(base_url=base, headers=headers) as client:
        answer = await client.post("/login", data={"name": name, "password": password, "next": "/"})
        if answer.status_code not in (302, 303):
            raise VisitError(f"login answered {answer.status_code}")
        if new_password is not None:
            fields = {"current": password, "new": new_password, "again": new_password}
            answer = await client.post("/password", data=fields)
            if answer.status_code not in (302, 303):
                raise VisitError(f"the new password was answered {answer.status_code}")
        return "; ".join(f"{name}={value}" for name, value in client.cookies.items())


SEGMENTED = frozenset({"view", "part", "grain", "rows", "plan"})
"""Keys of segmented controls, whose answers are lists."""


LEVEL = "_level_"


def _key(widget_id: str) -> str:
    """The key of a level's control; empty for every other widget."""
    place = widget_id.find(f"-{LEVEL}")
    return "" if place < 0 else widget_id[place + 1 :]


class Visitor:
    """One open tab."""

    def __init__(self, base: str, cookie: str) -> None:
        self._base = base
        self._cookie = cookie
        self._socket: ClientConnection | None = None
        self._page = ""
        self._page_hash = ""
        self._query = ""
        self._states: dict[str, WidgetState] = {}
        self.session_id = ""  # what the server calls this tab
        self.last = Run()

    async def __aenter__(self) -> Visitor:
        self._socket = await connect(
            f"{self._base.replace('http', 'ws')}/_stcore/stream",
            additional_headers={"Cookie": self._cookie},
            user_agent_header=BROWSER,
            origin=self._base,  # type: ignore[arg-type]
            subprotocols=["streamlit"],  # type: ignore[list-item]
            max_size=None,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._socket is not None:
            await self._socket.close()

    async def open(self, page: str, query: str = "") -> Run:
        """Go to a page by its address."""
        self._page, self._page_hash, self._query = page, "", query
        self._states = {}
        return await self._rerun()

    async def choose(self, key: str, value: str) -> Run:
        """Choose an option of the selectbox or segmented control with this key."""
        widget_id = self.widget(key)
        state = WidgetState(id=widget_id)
        offered = self.last.options.get(widget_id, [])
        if key in SEGMENTED or key.startswith(LEVEL):
            state.string_array_value.data.append(value)
        else:
            state.string_value = value
        if offered and value not in offered:
            raise VisitError(f"{key} offers {offered}, not {value!r}")
        self._states[widget_id] = state
        return await self._rerun()

    async def choose_level(self, value: str) -> Run:
        """Choose shop, category or product; the control is named after what stands now."""
        return await self.choose(next(k for k in map(_key, self.last.widget_ids) if k), value)

    async def type_in(self, key: str, text: str) -> Run:
        """Fill the text field with this key."""
        widget_id = self.widget(key)
        self._states[widget_id] = WidgetState(id=widget_id, string_value=text)
        return await self._rerun()

    async def upload(self, key: str, file_id: str, name: str, size: int) -> Run:
        """Tell the field with this key that a file was put under this number."""
        widget_id = self.widget(key)
        state = WidgetState(id=widget_id)
        state.file_uploader_state_value.uploaded_file_info.add(
            file_id=file_id, name=name, size=size
        )
        self._states[widget_id] = state
        return await self._rerun()

    def offers(self, key: str) -> bool:
        """Whether the last run drew a widget with this key."""
        return any(widget_id.endswith(f"-{key}") for widget_id in self.last.widget_ids)

    def widget(self, key: str) -> str:
        """The full id of the widget with this key in the last run."""
        for widget_id in self.last.widget_ids:
            if widget_id.endswith(f"-{key}"):
                return widget_id
        raise VisitError(f"no widget {key!r} among {sorted(self.last.widget_ids)}")

    async def _rerun(self) -> Run:
        assert self._socket is not None
        message = BackMsg()
        script = message.rerun_script
        script.query_string = self._query
        # A page is first asked for by its name, then by the hash that the server gave it.
        script.page_name = "" if self._page_hash else self._page
        script.page_script_hash = self._page_hash
        script.widget_states.widgets.extend(self._states.values())
        script.context_info.timezone = "Europe/Berlin"
        script.context_info.locale = "en"
        script.context_info.url = f"{self._base}/{self._page}"
        script.context_info.color_scheme = "light"
        started = time.perf_counter()
        await self._socket.send(message.SerializeToString())
        run = Run()
        while True:
            data = await asyncio.wait_for(self._socket.recv(), LONGEST_RUN_S)
            answer = ForwardMsg()
            answer.ParseFromString(data if isinstance(data, bytes) else data.encode())
            kind = answer.WhichOneof("type")
            if kind == "delta":
                if not run.first_content_s:
                    run.first_content_s = time.perf_counter() - started
                _read(answer, run)
            elif kind == "new_session":
                self.session_id = answer.new_session.initialize.session_id
            elif kind == "page_info_changed":
                self._query = answer.page_info_changed.query_string
            elif kind == "navigation":
                self._page_hash = answer.navigation.page_script_hash
            elif kind == "auth_redirect":
                raise VisitError("the login is over")
            elif kind == "script_finished":
                # A rerun asked for by the script itself (0 and 2 are ends) goes on.
                if answer.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    continue
                run.seconds = time.perf_counter() - started
                self.last = run
                return run


def _read(answer: ForwardMsg, run: Run) -> None:
    element = answer.delta.new_element
    kind = element.WhichOneof("type")
    if kind is None:
        return
    content = getattr(element, kind)
    widget_id = getattr(content, "id", "")
    if widget_id:
        run.widget_ids.add(widget_id)
        options = getattr(content, "options", None)
        if options:
            run.options[widget_id] = [getattr(o, "content", o) for o in options]
    if kind in ("heading", "markdown", "alert"):
        run.texts.append(content.body)
    if kind == "plotly_chart":
        run.charts += 1
    if kind == "exception":
        run.errors.append(f"{content.type}: {content.message}")
    if kind == "alert" and content.format == content.ERROR:
        run.errors.append(content.body)
