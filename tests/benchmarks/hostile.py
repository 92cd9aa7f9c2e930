"""A running application under hostile uploads, fuzzed calls and noise on its socket.

While it goes on, somebody asks four times a second whether the web is alive. SHOPSIGHT_UPLOADS,
SHOPSIGHT_CALLS and SHOPSIGHT_MESSAGES set other numbers.
"""

from __future__ import annotations

import asyncio
import math
import os
import random
import statistics
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from app.access import COMMAND_LINE, Role
from app.services import users
from tests.benchmarks.report import Report
from tests.benchmarks.visitor import BROWSER, VisitError, Visitor, enter_with_password
from tests.factories.api_fuzz import Fuzzed, fuzz
from tests.factories.api_home import known_bodies, known_values, make_desk
from tests.factories.hostile_files import TEXTS, WORKBOOKS
from tests.factories.running import application
from tests.factories.small_shop import close

UPLOADS = int(os.environ.get("SHOPSIGHT_UPLOADS", "1000"))
CALLS = int(os.environ.get("SHOPSIGHT_CALLS", "5000"))
MESSAGES = int(os.environ.get("SHOPSIGHT_MESSAGES", "600"))
LONGEST_S = 1.0
MOST_GROWTH = 0.2
HEAVY = ("long_text_in_every_cell", "much_xml", "many_cells", "many_rows", "open_quote")
"""Kinds that cost seconds each: a tenth of the files."""
MESSAGES_A_SOCKET = 20
WARM_UPLOADS, WARM_CALLS = 40, 300
"""Before memory is measured: what is loaded at first use."""
PASSWORD = "a long enough password 7"
PLAN = "view=plan&plan=columns"


def run(report: Report) -> None:
    with TemporaryDirectory(prefix="shopsight-hostile-") as folder:
        home = Path(folder) / "home"
        desk = make_desk(home)
        known = known_values(desk)
        once = users.create_user(desk, COMMAND_LINE, name="ada", role=Role.merchandiser)
        with application(home) as running:
            web = _web_of(running.process.pid)
            cookie = asyncio.run(
                enter_with_password(running.base, "ada", once.password, new_password=PASSWORD)
            )
            pulse = Pulse(running.base)
            asyncio.run(_upload(running.base, cookie, WARM_UPLOADS))
            fuzz(desk, running.base, WARM_CALLS, known=known, bodies=known_bodies())
            before = web.memory_info().rss
            with pulse.beating():
                uploads = asyncio.run(_upload(running.base, cookie, UPLOADS))
                _alive(report, pulse, "hostile uploads")
                messages = asyncio.run(_shout(running.base, cookie, MESSAGES))
                _alive(report, pulse, "socket messages")
                fuzzed = fuzz(desk, running.base, CALLS, known=known, bodies=known_bodies())
                _alive(report, pulse, "fuzzed calls")
            growth = web.memory_info().rss / before - 1
            alive = web.is_running() and web.status() != psutil.STATUS_ZOMBIE
        close(desk)
    _tell(report, uploads, messages, fuzzed)
    report.add(
        "memory of the web afterwards, beside before",
        measured=f"{growth:+.0%} of {before / 2**20:.0f} MB",
        asked="≤ +20 %",
        passed=growth <= MOST_GROWTH,
    )
    report.add("the same process answers at the end", measured=str(alive), passed=alive)


def _tell(report: Report, uploads: Counter[str], messages: int, fuzzed: Fuzzed) -> None:
    for kind, number in sorted(uploads.items()):
        report.add(f"uploads: {kind}", measured=number)
    report.add("uploads", measured=uploads.total(), asked=f"≥ {UPLOADS:,}")
    report.add("socket messages", measured=messages, asked=f"≥ {MESSAGES:,}")
    for kind, number in fuzzed.by_class().items():
        report.add(f"fuzzed calls: {kind}", measured=number)
    failed = sum(number for status, number in fuzzed.statuses.items() if status >= 500)
    failed += sum(number for kind, number in uploads.items() if kind.startswith("5"))
    report.add("answers of 5xx", measured=failed, asked="0", passed=failed == 0)


def _web_of(supervisor: int) -> psutil.Process:
    """The process that answers, among the children of the supervisor."""
    for child in psutil.Process(supervisor).children(recursive=True):
        if child.cmdline()[-1:] == ["web"] or "web" in child.cmdline()[1:4]:
            return child
    raise RuntimeError("no web process among the children of the supervisor")


class Pulse:
    """How long the web takes to say that it is alive, four times a second."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._times: list[float] = []
        self._end = threading.Event()

    def beating(self) -> Pulse:
        return self

    def __enter__(self) -> None:
        self._thread = threading.Thread(target=self._beat, daemon=True)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def taken(self) -> list[float]:
        """Seconds since the last call of this."""
        times, self._times = self._times, []
        return times

    def _beat(self) -> None:
        with httpx.Client(base_url=self._base, timeout=60) as client:
            while not self._end.wait(0.25):
                began = time.perf_counter()
                answered = False
                with suppress(httpx.HTTPError):
                    answered = client.get("/healthz").status_code == 200
                self._times.append(time.perf_counter() - began if answered else math.inf)


def _alive(report: Report, pulse: Pulse, what: str) -> None:
    times = pulse.taken() or [math.inf]
    report.add(
        f"/healthz during {what}, median",
        measured=statistics.median(times) * 1000,
        unit="ms",
    )
    report.add(
        f"/healthz during {what}, the longest of {len(times):,}",
        measured="no answer" if math.isinf(max(times)) else round(max(times), 2),
        unit="s",
        asked=f"≤ {LONGEST_S:.0f}",
        passed=max(times) <= LONGEST_S,
    )


async def _upload(base: str, cookie: str, number: int) -> Counter[str]:
    """So many files into an own page, each read by it; answers and what the page said."""
    came: Counter[str] = Counter()
    kinds = [(made, "xlsx") for made in WORKBOOKS] + [(made, "csv") for made in TEXTS]
    contents = {(made.__name__, ending): made() for made, ending in kinds}
    light = [key for key in contents if key[0] not in HEAVY]
    heavy = [key for key in contents if key[0] in HEAVY]
    async with httpx.AsyncClient(
        base_url=base, headers={"user-agent": BROWSER}, timeout=60
    ) as client:
        sign = (await client.get("/_stcore/health")).cookies["_streamlit_xsrf"]
        client.cookies.clear()
        client.headers.update(
            {"origin": base, "x-xsrftoken": sign, "cookie": f"{cookie}; _streamlit_xsrf={sign}"}
        )
        async with Visitor(base, cookie) as visitor:
            await visitor.open("forecasting", PLAN)
            for turn in range(number):
                of = heavy if turn % 10 == 9 else light
                name, ending = of[(turn // 10 if of is heavy else turn) % len(of)]
                try:
                    sent = await client.put(
                        f"/_stcore/upload_file/{visitor.session_id}/{turn}",
                        files={"f": (f"{name}.{ending}", contents[name, ending])},
                    )
                    status = sent.status_code
                except httpx.TransportError:  # refused and closed while we still wrote
                    status = 413
                came[str(status)] += 1
                if status >= 300:
                    continue
                size = len(contents[name, ending])
                try:
                    shown = await visitor.upload(
                        "external_file_0", str(turn), f"{name}.{ending}", size
                    )
                except VisitError:
                    came["page lost"] += 1
                    continue
                came["refused in words" if shown.errors else "read"] += 1
    return came


async def _shout(base: str, cookie: str, number: int) -> int:
    """Noise, halves of messages and messages about nothing, on sockets of one's own."""
    dice = random.Random(7)
    sent = 0
    while sent < number:
        with suppress(WebSocketException, OSError):
            async with connect(
                f"{base.replace('http', 'ws')}/_stcore/stream",
                additional_headers={"Cookie": cookie},
                user_agent_header=BROWSER,
                origin=base,  # type: ignore[arg-type]
                subprotocols=["streamlit"],  # type: ignore[list-item]
                max_size=None,
            ) as socket:
                for _ in range(MESSAGES_A_SOCKET):
                    await socket.send(_message(dice))
                    sent += 1
                with suppress(TimeoutError):  # until nothing more comes of them
                    while True:
                        await asyncio.wait_for(socket.recv(), 1)
    return sent


def _message(dice: random.Random) -> bytes | str:
    kind = dice.randrange(6)
    if kind == 0:
        return dice.randbytes(dice.randrange(1, 5_000))
    if kind == 1:
        return "x" * dice.randrange(1, 5_000)
    message = BackMsg()
    script = message.rerun_script
    script.page_name = dice.choice(("", "forecasting", "../../etc", "\x00", "x" * 10_000))
    script.query_string = dice.choice(("", "view=plan", "a=" + "%" * 9_000, "view=" + "é" * 500))
    for number in range(dice.randrange(4)):
        state = script.widget_states.widgets.add(id=f"$$ID-{number}-{dice.random()}")
        state.double_value = dice.choice((float("nan"), float("inf"), -1e308))
    if kind == 2:
        script.fragment_id = "no such part"
    content = message.SerializeToString()
    if kind == 3:
        return content[: len(content) // 2]
    if kind == 4:
        return BackMsg(clear_cache=True).SerializeToString()
    return content
