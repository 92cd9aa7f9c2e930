"""Forecasting as a service: published once, read by series, explained, honest where it cannot."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.context import Desk, open_desk
from app.jobs.kinds import JobError
from app.services import forecasting, training
from app.services.forecasting import ForecastQuestion, ForecastView
from app.services.snapshots import take_snapshot
from app.settings import Settings
from data_access.errors import DataError
from data_access.shop.engines import make_engine
from data_access.state.champions import change_champion
from data_access.state.tables import Prediction, Publication
from ml.contract import NotEnoughData
from tests.factories.app_database import lay_app_database
from tests.factories.shop import ShopFactory

FIRST = date(2025, 3, 3)  # a Monday
WEEKS = 44
NOW = datetime(2026, 1, 7, 9, 0)  # a Wednesday: the last complete week ends on 4 January
LAST_WEEK = date(2025, 12, 29)
SMALL = {"rounds": 20, "most_rows": 10_000, "horizon_weeks": 8}


def silent(step: str, share: float, message: str | None = None) -> None:
    """A job's progress that nobody watches."""


def fill(shop: ShopFactory, weeks: int) -> None:
    """Mugs and kettles in the kitchen, a board below it, a lamp that ended in November."""
    shop.category("kitchen")
    shop.category("boards", parent="kitchen")
    shop.category("light")
    shop.product("board", category="boards")
    shop.product("lamp", category="light", ended_on=date(2025, 11, 3))
    shop.product("kettle", category="kitchen")
    shop.product("mug", category="kitchen")
    for week in range(weeks):
        day = FIRST + timedelta(weeks=week)
        lines = [("mug", 4 + week % 3, 10.0), ("kettle", 2, 30.0), ("board", 1 + week % 2, 20.0)]
        if day < date(2025, 11, 3):
            lines.append(("lamp", 3, 15.0))
        shop.order(day=(day + timedelta(days=2)).isoformat(), lines=lines)
    shop.promotion(
        first="2026-01-19",
        last="2026-01-25",
        category="kitchen",
        name="White weeks",
        announced="2025-12-15",
    )
    shop.stock("kettle", day="2025-11-10", units=-2, level=0)
    shop.stock("kettle", day="2025-11-20", units=50, level=50)
    shop.stock("mug", day="2026-01-05", units=-4, level=0)  # in the week that is not over
    shop.stock("board", day="2026-01-07", units=-1, level=0, at="08:00")  # today


def make_desk(folder: Path, weeks: int) -> Desk:
    engine = make_engine(f"sqlite:///{folder / 'shop.db'}")
    fill(ShopFactory(engine), weeks)
    engine.dispose()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOPSIGHT_HOME", str(folder))
        desk = open_desk(Settings())
    lay_app_database(folder)
    take_snapshot(desk, full=True, now=NOW, progress=lambda *_: None)
    return desk


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A shop whose forecast was computed by the rule of thumb."""
    desk = make_desk(tmp_path_factory.mktemp("home"), WEEKS)
    forecasting.publish(desk, job_id="first", progress=silent)
    yield desk
    desk.analytics.close()


def ask(desk: Desk, **selection: object) -> ForecastView:
    return forecasting.forecast(desk, question(desk, **selection))


def question(desk: Desk, **selection: object) -> ForecastQuestion:
    newest = forecasting.newest(desk)
    assert newest is not None
    known = {"publication": newest.publication_id, "snapshot": newest.snapshot}
    return ForecastQuestion(**{**known, **selection})  # type: ignore[arg-type]


# ── publishing ──


def test_a_job_that_runs_twice_publishes_and_logs_once(published: Desk) -> None:
    again = forecasting.publish(published, job_id="first", progress=silent)
    with published.state.read() as session:
        count = session.scalar(sa.select(sa.func.count()).select_from(Publication))
        logged = session.scalars(sa.select(Prediction.entity)).all()
    assert count == 1
    assert again["sentence"] == "3 products forecast for 26 weeks by Rule of thumb."
    assert len(logged) == len(set(logged)) == 26 * 3  # the shop, kitchen and boards
    assert "shop:shop/2026-01-05" in logged


def test_missing_stock_of_the_running_week_is_marked_up_to_its_last_whole_day(
    published: Desk,
) -> None:
    def missing(product: str) -> list[tuple[date, date]]:
        view = ask(published, level="product", series_id=product)
        return [(mark.first, mark.last) for mark in view.events if mark.kind == "stockout"]

    assert missing("mug") == [(date(2026, 1, 5), date(2026, 1, 6))]
    assert missing("board") == []  # it lacks stock only since this morning


def test_a_leftover_of_a_job_broken_off_is_replaced(published: Desk) -> None:
    leftover = published.settings.artifacts / "forecasts" / "second"
    leftover.mkdir(parents=True)
    (leftover / "half.parquet").write_text("half")
    forecasting.publish(published, job_id="second", progress=silent)
    assert sorted(path.name for path in leftover.iterdir()) == [
        "days.parquet",
        "forecast.parquet",
        "newcomers.parquet",
        "orders.parquet",
        "response.parquet",
        "shapes.json",
        "totals.parquet",
    ]


def test_today_is_not_over_and_its_week_is_not_learned_from(published: Desk) -> None:
    manifest = published.store.newest()
    assert manifest is not None
    assert forecasting.as_of(published, manifest) == date(2026, 1, 6)
    assert ask(published).weeks[-1] == LAST_WEEK
    assert ask(published).future[0] == date(2026, 1, 5)


# ── reading ──


def test_a_view_holds_what_was_sold_and_what_is_expected(published: Desk) -> None:
    view = ask(published, level="product", series_id="mug", horizon_weeks=6)
    assert view.label == "Mug"
    assert view.sold[-3:] == (6.0, 4.0, 5.0)  # weeks 41, 42, 43 of 4 + week % 3
    assert len(view.future) == len(view.mean) == 6
    assert view.mean[0] == pytest.approx(sum(4 + w % 3 for w in range(36, 44)) / 8)


def test_levels_agree(published: Desk) -> None:
    def first_week(**selection: object) -> float:
        return ask(published, **selection).mean[0]

    mug, kettle, board = (
        first_week(level="product", series_id=name) for name in ("mug", "kettle", "board")
    )
    assert first_week(level="category", series_id="boards") == pytest.approx(board)
    assert first_week(level="category", series_id="kitchen") == pytest.approx(mug + kettle + board)
    assert first_week() == pytest.approx(mug + kettle + board)


def test_ranges_lie_within_one_another_and_are_never_negative(published: Desk) -> None:
    for selection in ({}, {"level": "product", "series_id": "board"}):
        widest, middle, narrow = ask(published, **selection).ranges
        assert (widest.level, middle.level, narrow.level) == (95, 80, 50)
        for week in range(13):
            lows = (widest.low[week], middle.low[week], narrow.low[week])
            highs = (narrow.high[week], middle.high[week], widest.high[week])
            assert 0 <= lows[0] <= lows[1] <= lows[2] <= highs[0] <= highs[1] <= highs[2]


def test_totals_have_a_range_of_their_own_and_what_came_before(published: Desk) -> None:
    total = ask(published, level="product", series_id="kettle").total(4)
    assert total is not None
    assert total.mean == pytest.approx(8.0)
    assert total.before == 8.0
    assert total.low <= total.mean <= total.high
    assert total.last_year is None  # the shop opened in March


def test_an_ended_product_has_no_forecast_and_says_so(published: Desk) -> None:
    view = ask(published, level="product", series_id="lamp")
    assert not view.known
    assert "not on offer" in view.warnings[0]


def test_events_name_plans_holidays_and_missing_stock(published: Desk) -> None:
    view = ask(published, level="product", series_id="kettle")
    kinds = {(mark.kind, mark.label) for mark in view.events}
    assert ("promotion", "White weeks −20 %") in kinds
    assert next(label for kind, label in kinds if kind == "stockout").startswith("Out of stock")
    assert any(kind == "holiday" for kind, _ in kinds)
    short = [week for week, out in zip(view.weeks, view.short, strict=True) if out]
    assert short == [date(2025, 11, 10), date(2025, 11, 17)]


def test_the_story_tells_model_error_and_coverage(published: Desk) -> None:
    story = ask(published).model
    assert story.label == "Rule of thumb"
    assert "it is the rule of thumb, the mean of the last 8 weeks" in story.accuracy
    assert story.coverage.startswith("80 % range; held ")
    assert any("too few to tell a yearly season" in warning for warning in story.warnings)


def test_contributions_sum_to_the_number_and_read_as_a_sentence(published: Desk) -> None:
    asked = question(published, level="product", series_id="mug")
    why = forecasting.why(published, asked, date(2026, 1, 5))
    assert sum(units for _, units in why.parts) == pytest.approx(why.total)
    assert why.sentence == "4.9 = 4.9 usual level"


def test_a_week_outside_the_forecast_is_refused_with_a_remedy(published: Desk) -> None:
    with pytest.raises(DataError, match="no forecast for the week") as refused:
        forecasting.why(published, question(published), date(2030, 1, 7))
    assert refused.value.remedy


def test_products_that_change_most_come_first(published: Desk) -> None:
    asked = question(published)
    rows = forecasting.changing_products(published, asked.publication, asked.snapshot)
    assert rows["found"].tolist() == [3, 3, 3]
    assert set(rows["product_id"]) == {"mug", "kettle", "board"}
    assert rows["change"].abs().is_monotonic_decreasing
    mug = rows.set_index("product_id").loc["mug"]
    assert mug["before"] == 20.0  # 5 + 6 + 4 + 5 in the last four weeks
    searched = forecasting.changing_products(
        published, asked.publication, asked.snapshot, search="KETT"
    )
    assert searched["product_id"].tolist() == ["kettle"]


def test_a_publication_whose_file_is_gone_is_explained(published: Desk) -> None:
    forecasting.publish(published, job_id="gone", progress=silent)
    newest = forecasting.newest(published)
    assert newest is not None
    shutil.rmtree(published.settings.artifacts / newest.folder)
    with pytest.raises(DataError, match="no longer there") as refused:
        ask(published)
    assert "anew" in refused.value.remedy
    with published.state.write() as session:
        session.delete(session.get(Publication, newest.publication_id))


def test_reading_a_series_does_not_load_the_learning_libraries() -> None:
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, app.services.forecasting.reading, app.services.forecasting.products; "
            "print([m for m in ('lightgbm', 'pandera', 'mlflow', 'sklearn') if m in sys.modules])",
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    assert told.stdout.strip() == "[]"


# ── a trained champion ──


def test_the_champion_forecasts_once_it_was_trained_and_chosen(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, WEEKS)
    version = training.train(
        desk,
        capability="forecasting",
        candidate="lightgbm",
        parameters=SMALL,
        asked_by="ada",
        job_id="train-1",
        progress=silent,
    )
    assert version.metrics.keys() == version.baseline.keys()
    with desk.state.decide("ada", "champion.activated", "champion:forecasting") as session:
        change_champion(
            session,
            capability="forecasting",
            to_version=version.number,
            by="ada",
            now=NOW,
            passed_check=False,
            reason="We want to try it for a while",
        )
    facts = forecasting.publish(desk, job_id="by-champion", progress=silent)
    assert facts["model_version"] == version.number
    view = ask(desk)
    assert view.model.label == f"LightGBM over all products, version {version.number}"
    assert "the mean of the last 8 weeks was off by" in view.model.accuracy
    assert any(mark.kind == "activation" for mark in view.events)
    why = forecasting.why(desk, view.question, view.future[0])
    assert sum(units for _, units in why.parts) == pytest.approx(why.total, rel=1e-4)


# ── too little ──


def test_too_few_weeks_are_told_with_how_many_there_are_and_would_do(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, 5)
    with pytest.raises(NotEnoughData) as refused:
        forecasting.publish(desk, job_id="early", progress=silent)
    assert (refused.value.found, refused.value.needed) == (
        3,
        12,
    )  # the first and the last week are broken
    assert refused.value.remedy
    assert forecasting.newest(desk) is None


def test_without_a_snapshot_nothing_is_published(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOPSIGHT_HOME", str(tmp_path))
        desk = open_desk(Settings())
    lay_app_database(tmp_path)
    with pytest.raises(JobError, match="no snapshot"):
        forecasting.publish(desk, job_id="never", progress=silent)


@pytest.mark.parametrize("selection", [{}, {"level": "product", "series_id": "mug"}])
@pytest.mark.parametrize("weeks", [1, 4, 13])
def test_a_nearer_horizon_cut_from_the_farthest_is_what_asking_for_it_gives(
    published: Desk, selection: dict[str, str], weeks: int
) -> None:
    farthest = ask(published, horizon_weeks=26, **selection)
    near = question(published, horizon_weeks=weeks, **selection)

    assert farthest.within(near) == forecasting.forecast(published, near)
