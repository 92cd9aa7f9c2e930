"""Planned promotions and prices: what is kept, refused, told, and when forecasts know it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from app.access import AccessDenied
from app.context import Desk
from app.services.forecasting import inputs, plans, said
from app.services.forecasting.plan_calendar import calendar
from data_access.state.engine import StaleWriteError
from data_access.state.plans import PlanValues
from data_access.state.plans import add_plan as store
from data_access.state.tables import AuditEntry
from tests.factories.forecasts import ADA, BOB, MANAGER, NOW, make_home, publish_by_hand

TODAY = date(2026, 1, 7)
SUNDAY = datetime(2026, 1, 4)  # ends the last complete week
FAIR: dict[str, Any] = {
    "kind": "promotion",
    "level": "category",
    "series_id": "cups",
    "name": "Fair  week",
    "change": -0.2,
    "starts_on": date(2026, 1, 19),
    "ends_on": date(2026, 1, 25),
}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = make_home(tmp_path)
    yield desk
    desk.analytics.close()


def add(desk: Desk, by=ADA, **changes: Any):  # type: ignore[no-untyped-def]
    return plans.add_plan(desk, by, **(FAIR | changes))


def frames(desk: Desk) -> dict[str, pd.DataFrame]:
    manifest = desk.store.newest()
    assert manifest is not None
    return dict(inputs.frames(desk, manifest))


# ── keeping ──


def test_a_plan_is_kept_and_listed_with_who_and_where(desk: Desk) -> None:
    done = add(desk, note=" stand at the fair ")
    assert done.text == "Fair week was planned."
    (one,) = plans.list_all(desk, MANAGER)
    assert (one.values.name, one.label, one.by) == ("Fair week", "Cups", "ada")
    assert (one.values.note, one.begun) == ("stand at the fair", False)
    with desk.state.read() as session:
        entry = session.get(AuditEntry, done.entry_id)
    assert entry is not None
    assert entry.act == "plan.added"
    assert entry.object == f"plan:{one.plan_id}"
    assert entry.after is not None
    assert (entry.after["change"], entry.after["starts_on"]) == (-0.2, "2026-01-19")


def test_taking_back_and_bringing_back(desk: Desk) -> None:
    back = add(desk).back(desk, BOB)
    assert plans.list_all(desk, ADA) == ()
    assert back.text == "Fair week was taken back."
    back.back(desk, ADA)
    assert [one.values.name for one in plans.list_all(desk, ADA)] == ["Fair week"]


def test_a_change_and_its_undo(desk: Desk) -> None:
    done = add(desk)
    (one,) = plans.list_all(desk, ADA)
    changed = plans.change_plan(
        desk,
        BOB,
        plan_id=done.number,
        version=done.version,
        values=replace(one.values, change=-0.3),
    )
    assert plans.list_all(desk, ADA)[0].values.change == -0.3
    changed.back(desk, ADA)
    assert plans.list_all(desk, ADA)[0].values == one.values


def test_two_who_change_the_same_plan_the_second_is_told(desk: Desk) -> None:
    done = add(desk)
    values = plans.list_all(desk, ADA)[0].values
    plans.change_plan(
        desk, BOB, plan_id=done.number, version=1, values=replace(values, change=-0.3)
    )
    with pytest.raises(StaleWriteError):
        plans.change_plan(
            desk, ADA, plan_id=done.number, version=1, values=replace(values, change=-0.1)
        )
    with pytest.raises(StaleWriteError):
        plans.take_back(desk, ADA, plan_id=done.number, version=1)
    assert plans.list_all(desk, ADA)[0].values.change == -0.3


def test_others_read_only(desk: Desk) -> None:
    with pytest.raises(AccessDenied):
        add(desk, by=MANAGER)
    done = add(desk)
    with pytest.raises(AccessDenied):
        done.back(desk, MANAGER)
    with pytest.raises(AccessDenied):
        plans.change_plan(
            desk,
            MANAGER,
            plan_id=done.number,
            version=1,
            values=plans.list_all(desk, ADA)[0].values,
        )


# ── refusals ──


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"starts_on": TODAY}, "is not in the future"),
        ({"starts_on": date(2025, 12, 1)}, "is not in the future"),
        ({"starts_on": date(2029, 1, 1), "ends_on": date(2029, 1, 2)}, "two years ahead"),
        ({"ends_on": date(2026, 1, 18)}, "lies before the first"),
        ({"ends_on": None}, "A promotion has a last day"),
        ({"ends_on": date(2027, 6, 1)}, "more than a year is a price"),
        ({"change": 0.2}, "A promotion of .20 % is not possible"),
        ({"change": -1.0}, "A promotion of −100 % is not possible"),
        ({"change": 0}, "no number other than 0"),
        ({"change": float("nan")}, "no number"),
        ({"change": "20"}, "no number"),
        ({"kind": "price", "change": 6.0}, "A price change of .600 %"),
        ({"kind": "gift"}, "no kind of plan"),
        ({"name": "  "}, "needs a name"),
        ({"name": "x" * 121}, "too long"),
        ({"note": "x" * 2_001}, "too long"),
        ({"series_id": "nonsense"}, "There is no category 'nonsense'"),
        ({"series_id": None}, "There is no category"),
        ({"level": "galaxy"}, "There is no galaxy"),
    ],
)
def test_what_cannot_be_planned_is_refused_with_a_remedy(
    desk: Desk, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(plans.PlanError, match=words) as refused:
        add(desk, **changes)
    assert refused.value.remedy.endswith(".")
    assert plans.list_all(desk, ADA) == ()


def begun(desk: Desk) -> int:
    """A plan that runs since Monday."""
    values = PlanValues(
        **(FAIR | {"starts_on": date(2026, 1, 5), "ends_on": date(2026, 1, 11), "note": None})
    )
    with desk.state.write() as session:
        return store(session, values, by="ada", now=NOW - timedelta(days=20)).plan_id


def test_what_has_begun_can_only_end_on_another_day(desk: Desk) -> None:
    number = begun(desk)
    (one,) = plans.list_all(desk, ADA)
    assert one.begun
    with pytest.raises(plans.PlanError, match="can only end on another day"):
        plans.change_plan(
            desk, ADA, plan_id=number, version=1, values=replace(one.values, change=-0.5)
        )
    with pytest.raises(plans.PlanError, match="cannot end in the past"):
        plans.change_plan(
            desk,
            ADA,
            plan_id=number,
            version=1,
            values=replace(one.values, ends_on=date(2026, 1, 6)),
        )
    with pytest.raises(plans.PlanError, match="it has had its effect"):
        plans.take_back(desk, ADA, plan_id=number, version=1)
    plans.change_plan(
        desk, ADA, plan_id=number, version=1, values=replace(one.values, ends_on=TODAY)
    )
    assert plans.list_all(desk, ADA)[0].values.ends_on == TODAY
    assert plans.list_all(desk, ADA)[0].announced_at == NOW - timedelta(days=20)


# ── collisions and calendar ──


@pytest.mark.parametrize(
    ("level", "series", "meets"),
    [
        ("shop", None, True),
        ("category", "kitchen", True),  # above cups
        ("category", "cups", True),
        ("product", "mug", True),  # in cups
        ("product", "kettle", False),  # in kitchen, beside cups
        ("category", "light", False),
    ],
)
def test_plans_of_the_same_products_and_days_are_told(
    desk: Desk, level: str, series: str | None, meets: bool
) -> None:
    add(desk)
    values = PlanValues(**(FAIR | {"level": level, "series_id": series, "note": None}))
    told = plans.collisions(desk, values)
    if meets:
        assert told == (
            "ada planned “Fair week”, −20 %, for Cups from 19 Jan 2026 to 25 Jan 2026.",
        )
    else:
        assert told == ()


def test_the_shops_own_promotions_are_told_and_the_plan_itself_is_not(desk: Desk) -> None:
    done = add(desk, starts_on=date(2026, 2, 8), ends_on=date(2026, 2, 12))
    values = plans.list_all(desk, ADA)[0].values
    assert plans.collisions(desk, values, without=done.number) == (
        "The shop's own “White weeks”, −20 %, runs from 2 Feb 2026 to 8 Feb 2026.",
    )
    assert plans.collisions(desk, replace(values, starts_on=date(2026, 2, 9)), without=1) == ()


def test_the_calendar_holds_plans_own_promotions_and_holidays(desk: Desk) -> None:
    add(desk)
    add(desk, kind="price", level="shop", series_id=None, name="Dearer", change=0.05, ends_on=None)
    bars = calendar(desk, first=date(2026, 1, 1), last=date(2026, 2, 28))
    assert [(b.kind, b.planned, b.label, b.where) for b in bars if b.kind != "holiday"] == [
        ("promotion", True, "Fair week −20 %", "Cups"),
        ("price", True, "Dearer +5 %", "Whole shop"),
        ("promotion", False, "White weeks −20 %", "Cups"),
    ]
    assert bars[0].kind == "holiday"
    assert bars[0].first == date(2026, 1, 1)


# ── into the forecast ──


def test_the_forecast_made_now_knows_what_is_planned_and_earlier_origins_do_not(
    desk: Desk,
) -> None:
    add(desk)
    add(desk, kind="price", level="product", series_id="mug", change=0.1, ends_on=None)
    found = frames(desk)
    (promotion,) = found["promotions"].tail(1).to_dict("records")
    assert promotion["category_id"] == "cups"
    assert promotion["product_id"] is None
    assert promotion["discount"] == 0.2
    assert promotion["starts_on"] == pd.Timestamp(2026, 1, 19)
    assert promotion["announced_at"] == SUNDAY  # from which a forecast made now begins
    (price,) = found["price_plans"].to_dict("records")
    assert (price["product_id"], price["change"]) == ("mug", 0.1)
    assert pd.isna(price["ends_on"])
    assert price["announced_at"] == SUNDAY


def test_a_plan_of_long_ago_is_known_from_its_own_day(desk: Desk) -> None:
    begun(desk)
    assert frames(desk)["promotions"]["announced_at"].iloc[-1] == NOW - timedelta(days=20)


def test_what_is_taken_back_is_not_in_the_forecast(desk: Desk) -> None:
    own = len(frames(desk)["promotions"])
    done = add(desk)
    assert len(frames(desk)["promotions"]) == own + 1
    done.back(desk, ADA)
    assert len(frames(desk)["promotions"]) == own


def test_without_plans_the_frames_have_their_columns_all_the_same(desk: Desk) -> None:
    assert list(said.price_plans(desk, TODAY)) == [
        "product_id",
        "category_id",
        "change",
        "starts_on",
        "ends_on",
        "announced_at",
    ]
    assert said.external(desk, TODAY).empty
    assert str(said.external(desk, TODAY)["known_at"].dtype) == "datetime64[ns]"


def test_plans_and_withdrawals_wait_until_the_next_computation(desk: Desk) -> None:
    publish_by_hand(desk)  # of 7 January, before anything was entered
    done = add(desk)
    assert plans.waiting(desk) == 1
    assert plans.list_all(desk, ADA)[0].waiting
    later = datetime(2030, 1, 1)
    publish_by_hand(desk, name="second", created_at=later)
    assert plans.waiting(desk) == 0
    done.back(desk, ADA)
    assert plans.waiting(desk) == 0  # entered and withdrawn before that computation
