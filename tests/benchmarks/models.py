"""How long the server takes for each view of Models, for Audit and Home, with very much to show.

The script of a page is run in this process as somebody who is logged in, so that 20 capabilities
can be registered. What is timed is the script alone, from its first line to its last: neither
what a browser draws, nor what the test harness reads out of the messages. Beside the time on the
clock stands the processor's, which others on the machine do not lengthen.
"""

from __future__ import annotations

import statistics
import time
from datetime import timedelta
from typing import Any
from unittest import mock

from streamlit.runtime.scriptrunner import script_runner
from streamlit.testing.v1 import AppTest

from app.access import Role, log_in_by_click
from app.access.sessions import hash_token
from app.context import Desk, get_desk
from app.settings import get_settings
from ml import contract
from tests.benchmarks.models_home import counts, many_models, twenty
from tests.benchmarks.report import Report
from tests.factories.running import ROOT

ASKED_MS = 300.0
REPEATS = 7

VIEWS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("Models, Overview", "models", {}),
    ("Models, Versions", "models", {"view": "Versions"}),
    ("Models, Who decides", "models", {"view": "Who decides"}),
    ("Models, Training", "models", {"view": "Training"}),
    ("Models, Schedules", "models", {"view": "Schedules"}),
    ("Models, Watch", "models", {"view": "Watch"}),
    ("Models, Retention", "models", {"view": "Retention"}),
    ("Audit", "audit", {}),
    ("Audit, one kind", "audit", {"about": "champion."}),
    ("Audit, one act of a month", "audit", {"did": "case.viewed", "from": "2026-06-01"}),
    ("Audit, one object", "audit", {"object": "champion:12"}),
    ("Audit, all jobs", "audit", {"object": "job:"}),
    ("Audit, one person's cases", "audit", {"by": "user3", "about": "case."}),
)
"""Title, page and address."""


def run(report: Report) -> None:
    home = many_models()
    with (
        mock.patch.dict("os.environ", {"SHOPSIGHT_HOME": str(home)}),
        mock.patch.object(contract, "capabilities", return_value=twenty()),
    ):
        get_settings.cache_clear()
        get_desk.cache_clear()
        desk = get_desk()
        desk.state.upgrade()
        for what, number in counts(desk).items():
            report.add(f"{what} in the home", measured=number)
        session = _enter(desk)
        for title, page, query in VIEWS:
            times = _times(page, query, session)
            clock = statistics.median(each[0] for each in times)
            report.add(
                f"{title}, median on the server",
                measured=round(clock),
                asked=f"≤ {ASKED_MS:.0f}",
                unit="ms",
                passed=clock <= ASKED_MS,
            )
            report.add(
                f"{title}, of the processor",
                measured=round(statistics.median(each[1] for each in times)),
                unit="ms",
            )
        desk.jobs.close()
        desk.state.close()
    get_settings.cache_clear()
    get_desk.cache_clear()


def _times(page: str, query: dict[str, str], session: str) -> list[tuple[float, float]]:
    """Milliseconds by the clock and of the processor, of each rerun of a page opened before."""
    app = AppTest.from_file(str(ROOT / f"pages/{page}/page.py"), default_timeout=120)
    app.user = {"session": session}
    app.query_params.update(query)
    times: list[tuple[float, float]] = []
    run_script = script_runner.exec_func_with_error_handling

    def timed(*given: Any) -> Any:
        clock, processor = time.perf_counter(), time.thread_time()
        done = run_script(*given)
        spent = (time.perf_counter() - clock, time.thread_time() - processor)
        times.append((spent[0] * 1000, spent[1] * 1000))
        return done

    with mock.patch.object(script_runner, "exec_func_with_error_handling", timed):
        for _ in range(1 + REPEATS):
            app.run()
            if app.exception or app.error:
                raise RuntimeError(f"{page} {query}: {[one.value for one in app.exception]}")
    return times[1:]


def _enter(desk: Desk) -> str:
    login = log_in_by_click(
        desk.state, role=Role.admin, address="127.0.0.1", lasts=timedelta(hours=2)
    )
    return hash_token(login.token)
