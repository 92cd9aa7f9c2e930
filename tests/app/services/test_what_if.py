"""What-if and look-alikes as services: by hand, refused where nonsense, kept and undone."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app.access import AccessDenied, Identity, Role
from app.context import Desk, open_desk
from app.services import forecasting
from app.services.forecasting import ForecastQuestion, lookalikes, response, whatif
from app.services.forecasting.whatif import WhatIf, WhatIfError, WhatIfQuestion
from app.services.snapshots import take_snapshot
from app.settings import Settings
from data_access.errors import DataError
from data_access.shop.engines import make_engine
from data_access.state.engine import StaleWriteError
from ml.forecasting.answers import PROMOTION, PROMOTION_SPREAD
from tests.factories.app_database import lay_app_database
from tests.factories.shop import ShopFactory

FIRST = date(2025, 3, 3)  # a Monday
NOW = datetime(2026, 1, 7, 9)
WEEK = date(2026, 1, 12)
ADA = Identity(name="ada", role=Role.merchandiser, user_id=1)
GUEST = Identity(name="max", role=Role.manager, user_id=2)


def silent(step: str, share: float, message: str | None = None) -> None:
    """A job's progress that nobody watches."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Mug and kettle for 44 weeks, a new mug for three; a forecast by the rule of thumb."""
    folder = tmp_path_factory.mktemp("home")
    engine = make_engine(f"sqlite:///{folder / 'shop.db'}")
    shop = ShopFactory(engine)
    shop.category("kitchen")
    shop.product("mug", category="kitchen", price=10.0, cost=4.0)
    shop.product("kettle", category="kitchen", price=30.0, cost=None)
    shop.product("newmug", category="kitchen", price=11.0, launched="2025-12-15")
    for week in range(44):
        day = FIRST + timedelta(weeks=week, days=2)
        lines = [("mug", 5 + 2 * (week % 2), 10.0), ("kettle", 1 + 2 * (week % 2), 30.0)]
        if week >= 41:
            lines.append(("newmug", 3, 11.0))
        shop.order(day=day.isoformat(), lines=lines)
    engine.dispose()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOPSIGHT_HOME", str(folder))
        found = open_desk(Settings())
    lay_app_database(folder)
    take_snapshot(found, full=True, now=NOW, progress=lambda *_: None)
    forecasting.publish(found, job_id="first", progress=silent)
    newest = forecasting.newest(found)
    assert newest is not None
    response.write(found.settings.artifacts / newest.folder, answers())
    yield found
    found.analytics.close()


def answers() -> pd.DataFrame:
    """Mug and kettle as if learned: elasticities of −2 and −1, 20 % off sells e^0.6 times."""
    logs = dict(zip(PROMOTION, (0.3, 0.6, 0.9, 1.5), strict=True))
    return pd.DataFrame(
        {
            "product_id": ["kettle", "mug"],
            "category_id": "kitchen",
            "elasticity": [-1.0, -2.0],
            "elasticity_sd": 0.5,
            "low": [-1.64, -2.64],
            "high": [-0.36, -1.36],
            "changes": [0, 4],
            "largest": [0.0, 0.12],
            "promotions": [0, 2],
            "deepest": [0.0, 0.2],
            **logs,
            **dict.fromkeys(PROMOTION_SPREAD, 0.1),
        }
    )


def question(desk: Desk, product: str | None) -> ForecastQuestion:
    newest = forecasting.newest(desk)
    assert newest is not None
    return ForecastQuestion(
        publication=newest.publication_id,
        snapshot=newest.snapshot,
        level="shop" if product is None else "product",
        series_id=product,
    )


def ask(desk: Desk, product: str | None = "mug", **more: object) -> WhatIf:
    given = {"change": -0.1, "discount": 0.0, "first": WEEK, "last": WEEK + timedelta(weeks=1)}
    asked = WhatIfQuestion(question=question(desk, product), **{**given, **more})  # type: ignore[arg-type]
    return whatif.compute(desk, asked)


# ── what if ──


def test_a_lower_price_sells_more_by_the_elasticity_in_the_weeks_asked_for(desk: Desk) -> None:
    told = ask(desk)
    assert told.weeks[1] == WEEK
    assert told.before[:4] == pytest.approx([6.0] * 4)
    assert told.after[:4] == pytest.approx([6, 6 * 0.9**-2, 6 * 0.9**-2, 6])
    assert told.price == pytest.approx(10.0)
    assert told.units.before == pytest.approx(12)
    assert told.units.after == pytest.approx(12 * 0.9**-2)
    assert told.units.low == pytest.approx(12 * 0.9 ** (-2 + 1.2816 * 0.5))
    assert told.units.high == pytest.approx(12 * 0.9 ** (-2 - 1.2816 * 0.5))


def test_revenue_and_margin_are_told_before_and_after(desk: Desk) -> None:
    told = ask(desk)
    units = 12 * 0.9**-2
    assert told.revenue is not None
    assert told.margin is not None
    assert (told.revenue.before, told.revenue.after) == pytest.approx((120.0, units * 9.0))
    assert (told.margin.before, told.margin.after) == pytest.approx((72.0, units * 5.0))
    assert told.costed == pytest.approx(1.0)
    assert ask(desk, "kettle").margin is None  # nobody knows what it costs


def test_a_promotion_counts_with_its_own_lift(desk: Desk) -> None:
    told = ask(desk, change=0.0, discount=0.2)
    assert told.units.after == pytest.approx(12 * math.exp(0.6))
    assert told.revenue is not None
    assert told.revenue.after == pytest.approx(12 * math.exp(0.6) * 8.0)
    half = ask(desk, change=0.0, discount=0.15)
    assert half.units.after == pytest.approx(12 * math.exp(0.45))


def test_many_products_are_summed_and_the_unknown_left_as_they_are(desk: Desk) -> None:
    told = ask(desk, None)
    single = [ask(desk, product).units for product in ("mug", "kettle")]
    rest = told.units.before - sum(one.before for one in single)
    assert told.units.after == pytest.approx(sum(one.after for one in single) + rest)
    assert told.answer.unknown == 1
    assert "1 products without a list price" in " ".join(told.warnings)


def test_the_range_holds_the_forecast_s_own_and_the_answer_s_doubt(desk: Desk) -> None:
    told = ask(desk)
    for low, value, high in zip(told.low, told.after, told.high, strict=True):
        assert 0 <= low <= value <= high
    found = forecasting.forecast(desk, question(desk, "mug"))
    eighty = next(one for one in found.ranges if one.level == 80)
    assert told.high[1] / told.after[1] > eighty.high[1] / found.mean[1]  # and more than that
    assert told.high[0] == pytest.approx(eighty.high[0])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"change": -1.0}, "cannot be zero"),
        ({"change": -2.0}, "cannot be zero"),
        ({"change": 5.0}, "beyond anything"),
        ({"change": float("nan")}, "no number"),
        ({"discount": 0.95}, "between 0 and 90"),
        ({"discount": -0.1}, "between 0 and 90"),
        ({"last": WEEK - timedelta(weeks=2)}, "before the first"),
        ({"first": date(2030, 1, 7), "last": date(2030, 1, 7)}, "None of these weeks"),
    ],
)
def test_nonsense_is_refused_with_a_remedy(desk: Desk, wrong: dict[str, object], said: str) -> None:
    with pytest.raises(WhatIfError, match=said) as refused:
        ask(desk, **wrong)
    assert refused.value.remedy


def test_what_was_never_tried_carries_a_plain_warning(desk: Desk) -> None:
    assert not ask(desk).warnings
    assert "guess" in ask(desk, change=-0.3).warnings[0]  # 12 % was the most so far
    assert "guess" in ask(desk, change=0.0, discount=0.5).warnings[0]
    assert "products like it" in ask(desk, "kettle").warnings[0]


def test_a_product_without_list_prices_says_that_nothing_was_learned(desk: Desk) -> None:
    with pytest.raises(WhatIfError, match="not known here"):
        ask(desk, "newmug")


# ── look-alikes ──


def product(desk: Desk, product_id: str = "newmug") -> lookalikes.NewProduct:
    newest = forecasting.newest(desk)
    assert newest is not None
    return lookalikes.of_product(desk, newest, question(desk, product_id))


def test_a_publication_says_what_its_new_products_lean_on(desk: Desk) -> None:
    found = product(desk)
    assert found.new
    assert (found.weeks, found.sold) == (3, 9)
    assert set(found.used) == {"mug", "kettle"}
    assert found.proposals[0].product_id == "mug"  # the price is nearer
    assert "same category" in found.proposals[0].reasons
    assert not product(desk, "mug").new


def test_a_choice_is_kept_told_to_the_forecast_and_undone(desk: Desk) -> None:
    done = lookalikes.choose(desk, ADA, product_id="newmug", alike=["kettle"], version=None)
    found = product(desk)
    assert found.chosen == ("kettle",)
    assert found.waiting
    assert lookalikes.frame(desk).to_dict("records") == [
        {"product_id": "newmug", "alike": "kettle"}
    ]
    with pytest.raises(StaleWriteError):  # somebody who did not see that choice
        lookalikes.choose(desk, ADA, product_id="newmug", alike=["mug"], version=None)
    done.back(desk, ADA)
    assert product(desk).chosen == ()
    assert lookalikes.frame(desk).empty


def test_only_those_who_decide_choose_and_only_products_that_are_there(desk: Desk) -> None:
    with pytest.raises(AccessDenied):
        lookalikes.choose(desk, GUEST, product_id="newmug", alike=["mug"], version=None)
    for wrong in (["nothing"], ["newmug"], ["mug", "mug"]):
        with pytest.raises(DataError):
            lookalikes.choose(desk, ADA, product_id="newmug", alike=wrong, version=None)
    assert product(desk).chosen == ()


# ── what is drawn ──


def draw(view: str, product_id: str) -> None:
    from app import cached
    from app.services import forecasting
    from app.ui import lookalikes, whatif

    found = forecasting.newest(cached.keys.get_desk())
    assert found is not None
    asked = forecasting.ForecastQuestion(
        publication=found.publication_id,
        snapshot=found.snapshot,
        level="product" if product_id else "shop",
        series_id=product_id or None,
    )
    shown = cached.forecast(cached.decided(found.snapshot), asked)
    (whatif if view == "whatif" else lookalikes).show(shown)


@pytest.fixture
def shown(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    from app.cached import keys
    from app.ui import state
    from tests.pages.conftest import forget

    forget()
    monkeypatch.setattr(keys, "get_desk", lambda: desk)
    monkeypatch.setattr(state, "desk", lambda: desk)
    monkeypatch.setattr(state, "identity", lambda: ADA)
    yield monkeypatch
    forget()


@pytest.mark.usefixtures("shown")
def test_the_form_shows_units_revenue_and_margin_and_hands_over_to_the_plan() -> None:
    page = AppTest.from_function(draw, args=("whatif", "mug"), default_timeout=60).run()
    assert not page.exception
    assert [one.label for one in page.metric] == ["Units", "Revenue", "Margin"]
    assert "Put it in the plan" in str(page.main) or page.button(key="whatif_plan")
    page.number_input(key="whatif_change").set_value(0).run()
    assert page.metric[0].delta == "as forecast"


@pytest.mark.usefixtures("shown")
def test_a_new_product_shows_what_it_leans_on_and_a_choice_can_be_undone(desk: Desk) -> None:
    page = AppTest.from_function(draw, args=("alike", "newmug"), default_timeout=60).run()
    assert not page.exception
    assert "3 weeks with stock" in page.markdown[0].value
    page.multiselect(key="alike_chosen").set_value(["kettle"]).run()
    page.button(key="alike_use").click().run()
    assert product(desk).chosen == ("kettle",)
    page.button(key="alike_undo").click().run()
    assert product(desk).chosen == ()


@pytest.mark.usefixtures("shown")
def test_the_whole_shop_lists_its_new_products() -> None:
    page = AppTest.from_function(draw, args=("alike", ""), default_timeout=60).run()
    assert "1 product launched" in page.markdown[0].value
    assert page.button(key="new_newmug").label == "Newmug"


def test_paths_are_files_of_the_publication(desk: Desk) -> None:
    newest = forecasting.newest(desk)
    assert newest is not None
    folder = Path(desk.settings.artifacts) / newest.folder
    assert {response.FILE, lookalikes.FILE} <= {path.name for path in folder.iterdir()}
