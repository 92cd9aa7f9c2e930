"""Spreading overrides: by hand, and what must hold whatever is said."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.forecasting.spreading import Word, chains_of, nothing, spread, weeks_of

MONDAY = date(2026, 1, 12)
NEXT = MONDAY + timedelta(weeks=1)
CATEGORIES = pd.DataFrame(
    {"category_id": ["kitchen", "cups", "light"], "parent_id": [None, "kitchen", None]}
)
CHAINS = chains_of(CATEGORIES)
IN = {"mug": "cups", "glass": "cups", "kettle": "kitchen", "lamp": "light"}
UNITS = {"mug": 60.0, "glass": 20.0, "kettle": 20.0, "lamp": 50.0}


def forecast(units: dict[str, float] = UNITS, weeks: tuple[date, ...] = (MONDAY, NEXT)):  # type: ignore[no-untyped-def]
    rows = [
        {"product_id": name, "category_id": IN[name], "week": pd.Timestamp(week), "before": value}
        for name, value in units.items()
        for week in weeks
    ]
    return pd.DataFrame(rows)


def word(
    number: int,
    level: str,
    series: str,
    kind: str,
    value: float,
    first: date = MONDAY,
    last: date | None = None,
) -> Word:
    return Word(
        override_id=number,
        level=level,
        series_id=series,
        first_week=first,
        last_week=last or first,
        kind=kind,
        value=value,
    )


def after(words: list[Word], week: date = MONDAY, units: dict[str, float] = UNITS):  # type: ignore[no-untyped-def]
    """Units by product after the overrides, the untouched ones included."""
    found = spread(forecast(units), words, CHAINS)
    found = found[found["week"] == pd.Timestamp(week)]
    return units | dict(zip(found["product_id"], found["after"], strict=True))


def test_a_product_gets_the_units_that_were_said_in_the_weeks_that_were_said() -> None:
    found = spread(forecast(), [word(1, "product", "mug", "units", 90.0)], CHAINS)
    assert found.to_dict("records") == [
        {
            "product_id": "mug",
            "week": pd.Timestamp(MONDAY),
            "factor": 1.5,
            "before": 60.0,
            "after": 90.0,
            "override_id": 1,
        }
    ]


def test_units_of_a_category_are_shared_in_proportion_also_below() -> None:
    found = after([word(1, "category", "kitchen", "units", 150.0)])
    assert found == {"mug": 90.0, "glass": 30.0, "kettle": 30.0, "lamp": 50.0}


def test_a_change_of_a_category_changes_each_product_by_it() -> None:
    found = after([word(1, "category", "cups", "share", -0.25)])
    assert found == {"mug": 45.0, "glass": 15.0, "kettle": 20.0, "lamp": 50.0}


def test_a_products_own_word_stands_and_the_others_share_the_rest() -> None:
    words = [
        word(1, "product", "mug", "units", 90.0),
        word(2, "category", "kitchen", "units", 150.0),  # 60 left for glass and kettle
    ]
    assert after(words) == {"mug": 90.0, "glass": 30.0, "kettle": 30.0, "lamp": 50.0}


def test_a_products_own_word_is_not_changed_by_its_categorys_per_cent() -> None:
    words = [
        word(1, "product", "mug", "share", 0.5),
        word(2, "category", "kitchen", "share", 1.0),
    ]
    assert after(words) == {"mug": 90.0, "glass": 40.0, "kettle": 40.0, "lamp": 50.0}


def test_where_the_own_words_exceed_the_categorys_the_others_sell_nothing_never_less() -> None:
    words = [
        word(1, "product", "mug", "units", 200.0),
        word(2, "category", "kitchen", "units", 150.0),
    ]
    assert after(words) == {"mug": 200.0, "glass": 0.0, "kettle": 0.0, "lamp": 50.0}


def test_the_nearer_category_stands_above_the_farther_one_whichever_came_later() -> None:
    near = word(1, "category", "cups", "units", 40.0)
    far = word(2, "category", "kitchen", "units", 100.0)
    assert after([near, far]) == {"mug": 30.0, "glass": 10.0, "kettle": 60.0, "lamp": 50.0}


def test_the_later_word_holds_where_two_overlap_and_the_earlier_in_its_other_weeks() -> None:
    early = word(1, "product", "mug", "units", 10.0, MONDAY, NEXT)
    late = word(2, "product", "mug", "units", 99.0, NEXT)
    assert after([late, early], MONDAY)["mug"] == 10.0
    assert after([late, early], NEXT)["mug"] == 99.0


def test_nothing_can_be_shared_in_proportion_to_nothing() -> None:
    nil = dict.fromkeys(UNITS, 0.0)
    assert spread(forecast(nil), [word(1, "category", "light", "units", 9.0)], CHAINS).empty


def test_a_product_without_forecast_can_be_given_units_and_its_factor_stays_finite() -> None:
    found = spread(forecast({"mug": 0.0}), [word(1, "product", "mug", "units", 9.0)], CHAINS)
    assert found["after"].tolist() == [9.0]
    assert found["factor"].tolist() == [1.0]


def test_a_cycle_of_categories_ends() -> None:
    looped = pd.DataFrame({"category_id": ["a", "b"], "parent_id": ["b", "a"]})
    assert chains_of(looped) == {"a": ("a", "b"), "b": ("b", "a")}


def test_weeks_from_first_to_last_include_both() -> None:
    assert weeks_of(MONDAY, NEXT) == (MONDAY, NEXT)
    assert weeks_of(NEXT, MONDAY) == ()


SERIES = st.sampled_from(
    [
        ("product", "mug"),
        ("product", "glass"),
        ("product", "kettle"),
        ("category", "cups"),
        ("category", "kitchen"),
        ("category", "light"),
    ]
)
KINDS = st.one_of(
    st.tuples(st.just("units"), st.floats(0, 1e6)),
    st.tuples(st.just("share"), st.floats(-1, 10)),
)
WEEKS = st.sampled_from([(MONDAY, MONDAY), (NEXT, NEXT), (MONDAY, NEXT)])


@st.composite
def words(draw: st.DrawFn) -> list[Word]:
    said = draw(st.lists(st.tuples(SERIES, KINDS, WEEKS), min_size=1, max_size=6))
    return [
        word(number, level, series, kind, value, first, last)
        for number, ((level, series), (kind, value), (first, last)) in enumerate(said, start=1)
    ]


FORECASTS = st.fixed_dictionaries({name: st.floats(0, 1e5) for name in UNITS})


@given(words(), FORECASTS)
def test_whatever_is_said_nothing_is_negative_and_each_product_and_week_is_told_once(
    said: list[Word], units: dict[str, float]
) -> None:
    found = spread(forecast(units), said, CHAINS)
    assert (found["factor"] >= 0).all()
    assert (found["after"] >= 0).all()
    assert not found.duplicated(["product_id", "week"]).any()


@given(words(), st.floats(0, 1e6), FORECASTS)
def test_a_categorys_units_are_the_sum_of_its_products_unless_their_own_words_exceed_it(
    said: list[Word], wanted: float, units: dict[str, float]
) -> None:
    last = word(99, "category", "kitchen", "units", wanted)
    below = [one for one in said if one.series_id != "kitchen"]
    own = spread(forecast(units), below, CHAINS)
    own = own[own["week"] == pd.Timestamp(MONDAY)]
    own = own[own["product_id"] != "lamp"]
    free = [name for name in ("mug", "glass", "kettle") if name not in set(own["product_id"])]
    total = sum(after([*below, last], units=units)[name] for name in ("mug", "glass", "kettle"))
    # Too little to share out in proportion: floats below 1e-300 have no proportion.
    if sum(units[name] for name in free) > 1e-6:
        assert total == pytest.approx(max(wanted, own["after"].sum()), rel=1e-9, abs=1e-9)


@given(words(), words(), FORECASTS)
def test_taking_back_restores_what_was_before(
    said: list[Word], more: list[Word], units: dict[str, float]
) -> None:
    rows = forecast(units)
    held = spread(rows, said, CHAINS)
    later = [
        word(
            one.override_id + 100,
            one.level,
            one.series_id,
            one.kind,
            one.value,
            one.first_week,
            one.last_week,
        )
        for one in more
    ]
    spread(rows, [*said, *later], CHAINS)
    pd.testing.assert_frame_equal(spread(rows, said, CHAINS), held)


def test_without_overrides_there_is_nothing() -> None:
    pd.testing.assert_frame_equal(spread(forecast(), [], CHAINS), nothing())
