"""How long the server takes for a page and for a click, on the large demo shop."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Awaitable, Callable

from tests.benchmarks.homes import desk_of, home_with_forecasts
from tests.benchmarks.report import Report
from tests.benchmarks.running import Running, application
from tests.benchmarks.visitor import Run, VisitError, Visitor, enter

OPEN_ASKED_MS = 500.0
CLICK_ASKED_MS = 300.0
REPEATS = 15


def run(report: Report, size: str = "large") -> None:
    home = home_with_forecasts(size)
    products = _products(home)
    with application(home) as running:
        for name, milliseconds, asked in asyncio.run(_measure(running, products)):
            report.add(
                f"{size}: {name}, median on the server",
                measured=round(statistics.median(milliseconds)),
                asked=f"≤ {asked:.0f}",
                unit="ms",
                passed=statistics.median(milliseconds) <= asked,
            )


def _products(home: object) -> list[str]:
    """Products that sell, spread over the list, so that no choice is answered from the cache."""
    from app.services import series

    desk = desk_of(home)  # type: ignore[arg-type]
    newest = desk.store.newest()
    assert newest is not None
    found = series.options(desk, newest.number, "product", "", 400)
    return [option.series_id for option in found][:: max(len(found) // 60, 1)]


async def _measure(running: Running, products: list[str]) -> list[tuple[str, list[float], float]]:
    cookie = await enter(running.base, "merchandiser")
    figures: list[tuple[str, list[float], float]] = []
    async with Visitor(running.base, cookie) as visitor:

        async def timed(act: Callable[[], Awaitable[Run]]) -> float:
            shown = await act()
            if shown.errors:
                raise VisitError("; ".join(shown.errors))
            return shown.seconds * 1000

        for title, page in (("Home opened warm", ""), ("Forecasting opened warm", "forecasting")):
            await visitor.open(page)
            times = [await timed(lambda page=page: visitor.open(page)) for _ in range(REPEATS)]
            figures.append((title, times, OPEN_ASKED_MS))

        unseen = iter(products)
        await visitor.choose("level", "Product")
        times = [
            await timed(lambda: visitor.type_in("product", next(unseen))) for _ in range(REPEATS)
        ]
        figures.append(("Forecasting, another product", times, CLICK_ASKED_MS))
        times = []
        for index in range(REPEATS):
            level = ("Category", "Shop", "Product")[index % 3]
            times.append(await timed(lambda level=level: visitor.choose("level", level)))
        figures.append(("Forecasting, another level", times, CLICK_ASKED_MS))
        times = []
        await visitor.choose("level", "Product")
        for index in range(REPEATS):
            # Another product each time, so that the horizon is not answered from the cache.
            await visitor.type_in("product", next(unseen))
            horizon = ("4 weeks", "26 weeks")[index % 2]
            times.append(await timed(lambda horizon=horizon: visitor.choose("horizon", horizon)))
        figures.append(("Forecasting, another horizon", times, CLICK_ASKED_MS))
    return figures
