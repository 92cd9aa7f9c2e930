"""How long a newcomer waits from the command to the first page with numbers."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from tests.benchmarks.report import Report
from tests.benchmarks.visitor import Visitor, enter
from tests.factories.running import Running, application

FIRST_ASKED_S = 20.0
SECOND_ASKED_S = 10.0


def run(report: Report) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for name, asked in (("first start", FIRST_ASKED_S), ("second start", SECOND_ASKED_S)):
            with application(home) as running:
                page_s = asyncio.run(_first_page(running))
            seconds = running.seconds_to_answer + page_s
            report.add(
                f"{name}: command to the first page with numbers",
                measured=round(seconds, 1),
                asked=f"≤ {asked:.0f}",
                unit="s",
                passed=seconds <= asked,
            )


async def _first_page(running: Running) -> float:
    cookie = await enter(running.base, "merchandiser")
    async with Visitor(running.base, cookie) as visitor:
        shown = await visitor.open("")
        if shown.errors or not shown.charts:
            raise RuntimeError(f"Home shows no numbers: {shown.errors or shown.texts}")
        return shown.seconds
