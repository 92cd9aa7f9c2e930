"""How long the server takes for a page and for a click, on the large demo shop."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Awaitable, Callable

from tests.benchmarks.homes import desk_of, home_with_forecasts
from tests.benchmarks.report import Report
from tests.benchmarks.visitor import Run, VisitError, Visitor, enter
from tests.factories.running import Running, application

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
    found = series.options(desk, newest.number, "product", "", 600)
    return [option.series_id for option in found][:: max(len(found) // 150, 1)]


async def _measure(running: Running, products: list[str]) -> list[tuple[str, list[float], float]]:
    cookie = await enter(running.base, "merchandiser")
    figures: list[tuple[str, list[float], float]] = []

    async def timed(act: Callable[[], Awaitable[Run]]) -> float:
        shown = await act()
        if shown.errors:
            raise VisitError("; ".join(shown.errors))
        return shown.seconds * 1000

    async def repeated(act: Callable[[int], Awaitable[Run]]) -> list[float]:
        return [await timed(lambda index=index: act(index)) for index in range(REPEATS)]

    for title, page, query in OPENED:
        async with Visitor(running.base, cookie) as visitor:
            await visitor.open(page, query)
            times = await repeated(lambda _: visitor.open(page, query))  # noqa: B023
            figures.append((f"{title} opened warm", times, OPEN_ASKED_MS))

    async with Visitor(running.base, cookie) as visitor:
        await visitor.open("forecasting")
        for title, key, values in DECIDE:
            times = await repeated(lambda i: visitor.choose(key, values[i % len(values)]))  # noqa: B023
            figures.append((f"Decide, {title}", times, CLICK_ASKED_MS))
        times = await repeated(lambda i: visitor.type_in("seek", SEARCHED[i % len(SEARCHED)]))
        figures.append(("Decide, another search", times, CLICK_ASKED_MS))

    unseen = iter(products)
    async with Visitor(running.base, cookie) as visitor:
        await visitor.open("forecasting", f"view=Explore&level=Product&product={next(unseen)}")
        times = await repeated(lambda _: visitor.type_in("_product_number", next(unseen)))
        figures.append(("Explore, another product", times, CLICK_ASKED_MS))
        for title, key, values in EXPLORE:
            times = []
            for index in range(REPEATS):
                # Another product each time, so that nothing is answered from the cache.
                await visitor.type_in("_product_number", next(unseen))
                value = values[index % len(values)]
                times.append(await timed(lambda key=key, value=value: visitor.choose(key, value)))
            await visitor.choose(key, values[-1])
            figures.append((f"Explore, {title}", times, CLICK_ASKED_MS))
        times = await repeated(lambda i: visitor.choose_level(LEVELS[i % len(LEVELS)]))
        figures.append(("Explore, another level", times, CLICK_ASKED_MS))
    return figures


OPENED = (
    ("Home", "", ""),
    ("Decide", "forecasting", ""),
    ("Explore", "forecasting", "view=Explore"),
    ("Plan", "forecasting", "view=Plan"),
    ("Compare and train", "forecasting", "view=Compare+and+train"),
    ("Explain", "forecasting", "view=Explain"),
)
"""Title, page and address of what is opened."""

DECIDE = (
    ("to order or all", "rows", ("All products", "To order")),
    ("another service level", "service", ("90 %", "97.5 %", "95 %")),
)
EXPLORE = (
    ("another horizon", "horizon", ("4 weeks", "26 weeks", "13 weeks")),
    ("another grain", "grain", ("Day", "Month", "Week")),
    ("last year", "part", ("Last year", "Forecast")),
    ("season and trend", "part", ("Season and trend", "Forecast")),
    ("what if", "part", ("What if", "Forecast")),
    ("what we believed", "part", ("What we believed", "Forecast")),
)
"""Title, key of the control, and the options gone through; the last is what it stands on then."""

SEARCHED = ("lamp", "white mug", "pot", "linen", "steel", "oak")
LEVELS = ("Category", "Shop", "Product")
