"""Days, months, overrides and beliefs of a small shop, which agree with its weeks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

import pandas as pd
import pytest

from app.context import Desk
from app.services import forecasting
from app.services.forecasting import (
    ForecastQuestion,
    beliefs,
    beliefs_graded,
    courses,
    inputs,
    overrides,
    products,
    season_parts,
)
from app.services.snapshots import take_snapshot
from data_access.errors import DataError
from ml.forecasting import Level
from tests.app.services.test_forecasting import NOW, make_desk, silent

EARLIER = datetime(2025, 12, 3, 9, 0)  # a Wednesday; five weeks before the newest data
FIRST_OF_EARLIER = date(2025, 12, 1)
SERIES: tuple[tuple[Level, str | None], ...] = (
    ("shop", None),
    ("category", "kitchen"),
    ("category", "boards"),
    ("product", "mug"),
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Two publications by the rule of thumb: one of early December, one of January."""
    desk = make_desk(tmp_path_factory.mktemp("home"), 44)
    real = inputs.as_of
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inputs, "as_of", lambda *_: EARLIER.date() - timedelta(days=1))
        forecasting.publish(desk, job_id="earlier", progress=silent)
    assert inputs.as_of is real
    take_snapshot(desk, full=True, now=NOW, progress=lambda *_: None)
    forecasting.publish(desk, job_id="now", progress=silent)
    yield desk
    desk.analytics.close()


def ask(desk: Desk, level: Level = "shop", series_id: str | None = None) -> ForecastQuestion:
    newest = forecasting.newest(desk)
    assert newest is not None
    return ForecastQuestion(
        publication=newest.publication_id,
        snapshot=newest.snapshot,
        level=level,
        series_id=series_id,
        horizon_weeks=26,
    )


# ── days and months ──


@pytest.mark.parametrize(("level", "series_id"), SERIES)
def test_days_sum_to_their_weeks_and_months_to_their_days(
    desk: Desk, level: Level, series_id: str | None
) -> None:
    view = forecasting.forecast(desk, ask(desk, level, series_id))
    days = courses.course(desk, view, "day")
    months = courses.course(desk, view, "month")

    for number, week in enumerate(view.mean):
        assert sum(days.mean[7 * number : 7 * number + 7]) == pytest.approx(week, rel=1e-4)
    by_day = dict(zip(days.future, days.mean, strict=True))
    february = sum(units for day, units in by_day.items() if (day.year, day.month) == (2026, 2))
    at = months.future.index(date(2026, 2, 1))
    assert months.mean[at] == pytest.approx(february, rel=1e-4)


def test_the_days_of_products_sum_to_the_days_of_the_shop(desk: Desk) -> None:
    def days(level: Level, series_id: str | None) -> list[float]:
        view = forecasting.forecast(desk, ask(desk, level, series_id))
        return list(courses.course(desk, view, "day").mean)

    parts = [days("product", name) for name in ("mug", "kettle", "board")]
    assert days("shop", None) == pytest.approx(
        [sum(one) for one in zip(*parts, strict=True)], rel=1e-4
    )


def test_a_month_begun_holds_what_was_sold_and_what_is_expected(desk: Desk) -> None:
    view = forecasting.forecast(desk, ask(desk))
    months = courses.course(desk, view, "month")

    assert months.future[0] == date(2026, 1, 1)  # weeks ahead begin on 5 January
    assert months.points[-1] == date(2025, 12, 1)
    assert months.sold_already == 0.0  # the week of 29 December sold on 31 December
    assert all(low <= mean <= high for low, mean, high in zip(
        months.ranges[1].low, months.mean, months.ranges[1].high, strict=True))  # fmt: skip


def test_ranges_of_days_carry_how_often_they_held_and_lie_within_one_another(desk: Desk) -> None:
    view = forecasting.forecast(desk, ask(desk, "product", "mug"))
    widest, middle, narrow = courses.course(desk, view, "day").ranges

    assert middle.held is not None
    for day in range(50):
        assert 0 <= widest.low[day] <= middle.low[day] <= narrow.low[day]
        assert narrow.high[day] <= middle.high[day] <= widest.high[day]


def test_fewer_weeks_are_fewer_days_and_at_least_a_month(desk: Desk) -> None:
    view = forecasting.forecast(desk, ask(desk))

    assert len(courses.course(desk, view, "day").within(4).future) == 28
    assert len(courses.course(desk, view, "month").within(1).future) == 1


def test_a_year_before_is_known_only_where_the_shop_was_open(desk: Desk) -> None:
    view = forecasting.forecast(desk, ask(desk, "product", "mug"))
    weeks = courses.course(desk, view, "week", compare=True)

    ago = dict(zip((*weeks.points, *weeks.future), weeks.year_ago, strict=True))
    assert ago[date(2026, 3, 9)] == 5.0  # of 10 March 2025, the first whole week
    assert ago[date(2026, 3, 2)] is None


def test_a_forecast_without_days_says_what_to_do(desk: Desk) -> None:
    view = forecasting.forecast(desk, ask(desk))
    folder = (
        desk.settings.artifacts / forecasting.publication(desk, view.question.publication).folder
    )
    (folder / "shapes.json").rename(folder / "away.json")
    try:
        with pytest.raises(DataError, match="before days and months") as refused:
            courses.course(desk, view, "day")
    finally:
        (folder / "away.json").rename(folder / "shapes.json")
    assert "anew" in refused.value.remedy


def test_any_number_of_weeks_has_a_sum_with_a_range(desk: Desk) -> None:
    view = forecasting.forecast(desk, ask(desk))

    assert [total.weeks for total in view.totals] == list(range(1, 27))
    for total in view.totals:
        assert total.mean == pytest.approx(sum(view.mean[: total.weeks]))
        assert 0 <= total.low <= total.mean <= total.high


# ── overrides ──


@pytest.fixture
def doubled(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> float:
    """The first week of mugs doubled by somebody; gives what that adds."""
    view = forecasting.forecast(desk, ask(desk, "product", "mug"))
    before = view.mean[0]
    told = pd.DataFrame(
        {
            "product_id": ["mug"],
            "week": [pd.Timestamp(view.future[0])],
            "factor": [2.0],
            "before": [before],
            "after": [2 * before],
        }
    )
    monkeypatch.setattr(overrides, "deltas", lambda *_: told)
    return before


@pytest.mark.parametrize(
    ("level", "series_id", "touched"),
    [
        ("product", "mug", True),
        ("category", "kitchen", True),
        ("shop", None, True),
        ("category", "boards", False),
        ("product", "kettle", False),
    ],
)
def test_an_override_moves_its_product_and_the_sums_above_it(
    desk: Desk, doubled: float, level: Level, series_id: str | None, touched: bool
) -> None:
    view = forecasting.forecast(desk, ask(desk, level, series_id))
    added = doubled if touched else 0.0

    assert view.overridden is touched
    assert view.mean[0] - view.model_mean[0] == pytest.approx(added)
    assert view.mean[1:] == pytest.approx(view.model_mean[1:])
    four = view.total(4)
    assert four is not None
    assert four.mean == pytest.approx(sum(view.model_mean[:4]) + added)
    days = courses.course(desk, view, "day")
    assert sum(days.mean[:7]) == pytest.approx(view.mean[0], rel=1e-4)
    assert sum(days.mean[:7]) - sum(days.model_mean[:7]) == pytest.approx(added, rel=1e-4)


def test_a_range_moves_with_the_number_that_a_person_set(desk: Desk, doubled: float) -> None:
    view = forecasting.forecast(desk, ask(desk, "product", "mug"))

    assert doubled
    for one in view.ranges:
        assert one.low[0] <= view.mean[0] <= one.high[0]


def test_the_table_of_products_counts_overrides(desk: Desk, doubled: float) -> None:
    asked = ask(desk)
    rows = products.changing_products(desk, asked.publication, asked.snapshot)

    mug = rows.set_index("product_id").loc["mug"]
    view = forecasting.forecast(desk, ask(desk, "product", "mug"))
    assert mug["after"] == pytest.approx(sum(view.model_mean[:4]) + doubled, rel=1e-4)


@pytest.mark.parametrize("order_by", ["units", "share", "revenue", "next"])
def test_products_are_sorted_by_what_is_asked(desk: Desk, order_by: products.OrderBy) -> None:
    asked = ask(desk)
    rows = products.changing_products(desk, asked.publication, asked.snapshot, order_by=order_by)

    column = {"units": "change", "share": "share", "revenue": "revenue", "next": "after"}[order_by]
    values = rows[column].abs()
    if order_by == "share":  # products that sell a few units
        values = values[(rows["before"] >= 5) | (rows["after"] >= 5)]
    assert values.is_monotonic_decreasing
    mug = rows.set_index("product_id").loc["mug"]
    assert mug["revenue"] == pytest.approx(mug["change"] * 10.0)  # a mug is paid 10.0


def test_the_last_weeks_of_products_end_with_the_last_whole_one(desk: Desk) -> None:
    asked = ask(desk)
    found = products.last_weeks(desk, asked.publication, asked.snapshot, ("mug", "nothing"))

    assert found["mug"][-3:] == (6.0, 4.0, 5.0)
    assert set(found["nothing"]) == {0.0}


# ── beliefs ──


def test_kept_forecasts_are_the_last_of_each_week_newest_first(desk: Desk) -> None:
    found = beliefs.kept(desk)

    assert [one.as_of for one in found] == [date(2026, 1, 6), date(2025, 12, 2)]
    assert {one.label for one in found} == {"Rule of thumb"}


def test_a_belief_is_held_against_the_weeks_that_came(desk: Desk) -> None:
    old = beliefs.kept(desk)[1]
    found = beliefs.belief(desk, ask(desk, "product", "mug"), old.publication, date(2026, 1, 6))

    assert found.future[0] == FIRST_OF_EARLIER
    assert found.over == 5  # 1, 8, 15, 22 and 29 December
    came = [4 + week % 3 for week in range(39, 44)]
    said = found.mean[:5]
    missed = sum(abs(a - b) for a, b in zip(said, came, strict=True))
    assert found.error == pytest.approx(missed / sum(came))
    assert found.bias == pytest.approx((sum(said) - sum(came)) / sum(came))
    assert found.sold[-5:] == tuple(map(float, came))


def test_a_belief_of_today_has_nothing_to_be_held_against(desk: Desk) -> None:
    new = beliefs.kept(desk)[0]
    found = beliefs.belief(desk, ask(desk), new.publication, date(2026, 1, 6))

    assert (found.over, found.error) == (0, None)


def test_accuracy_since_going_live_counts_weeks_and_says_they_are_few(desk: Desk) -> None:
    (found,) = beliefs.of_series(desk, ask(desk, "product", "mug"), date(2026, 1, 6))

    assert (found.version, found.weeks, found.forecasts) == (None, 4, 4)  # 1 to 4 weeks ahead
    assert found.few
    assert found.promised is not None


def test_levels_are_graded_when_the_next_forecast_is_computed(desk: Desk) -> None:
    (shop,) = beliefs.of_level(desk, "shop")
    (own,) = beliefs.of_series(desk, ask(desk), date(2026, 1, 6))
    (each,) = beliefs.of_level(desk, "product")

    assert replace(shop, error=0.0, bias=0.0) == replace(own, error=0.0, bias=0.0)
    assert shop.error == pytest.approx(own.error, rel=1e-3)
    assert each.forecasts == 3 * 4  # mug, kettle and board over four weeks
    graded = beliefs_graded.grade(desk, ask(desk).snapshot, date(2026, 1, 6))
    assert graded == 0  # a second time there is nothing left


# ── seasons ──


def test_seasons_of_a_young_shop_are_told_as_unknown(desk: Desk) -> None:
    view = forecasting.forecast(desk, ask(desk))
    found = season_parts.parts(desk, view, "week")

    assert found.seasons.weekly.enough
    assert found.seasons.weekly.found  # everything is sold on Wednesdays
    assert not found.seasons.yearly.enough
    assert found.season == ()  # two whole years are needed
    assert [a + b for a, b in zip(found.trend, found.rest, strict=True)] == pytest.approx(
        found.sold
    )


def test_days_are_taken_apart_by_weekday(desk: Desk) -> None:
    view = forecasting.forecast(desk, ask(desk))
    found = season_parts.parts(desk, view, "day")

    assert found.step == 1
    assert found.points[0].weekday() == 0
    assert len(found.season) == len(found.points)
    assert found.weekdays[2] == pytest.approx(7.0)
