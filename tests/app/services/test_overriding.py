"""Overrides: before and after by hand, refusals, two people at once, taking back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.access import AccessDenied
from app.context import Desk
from app.services.forecasting import overriding
from app.services.forecasting.override_checks import OverrideError, Wanted, said
from app.services.forecasting.override_preview import open_weeks, preview
from app.services.forecasting.overrides import deltas
from app.services.forecasting.reading import newest
from data_access.state.engine import StaleWriteError
from data_access.state.forecast_tables import OverrideWeek
from data_access.state.tables import AuditEntry
from tests.factories.forecasts import (
    ADA,
    BOB,
    LAST,
    MANAGER,
    OPEN,
    RUNNING,
    UNITS,
    make_home,
    publish_by_hand,
)

NEXT = OPEN + timedelta(weeks=1)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = make_home(tmp_path)
    publish_by_hand(desk)
    yield desk
    desk.analytics.close()


def wanted(
    level: str = "product",
    series: str = "mug",
    value: object = 90,
    kind: str = "units",
    first: date = OPEN,
    last: date | None = None,
) -> Wanted:
    return Wanted(
        level=level,
        series_id=series,
        first_week=first,
        last_week=last or first,
        kind=kind,
        value=value,
    )


def save(desk: Desk, what: Wanted, by=ADA, reason: str = "event", note=None):  # type: ignore[no-untyped-def]
    found = preview(desk, what)
    return overriding.save(desk, by, what, reason=reason, note=note, seen=found.seen)


def units(desk: Desk, week: date = OPEN) -> dict[str, float]:
    """Units by product as everybody sees them."""
    publication = newest(desk)
    assert publication is not None
    rows = deltas(desk, publication)
    rows = rows[rows["week"].dt.date == week]
    return UNITS | dict(zip(rows["product_id"], rows["after"], strict=True))


# ── looking ──


def test_before_and_after_of_a_product_by_week(desk: Desk) -> None:
    found = preview(desk, wanted(last=NEXT))
    assert [(w.week, w.model, w.now, w.after) for w in found.weeks] == [
        (OPEN, 60.0, 60.0, 90.0),
        (NEXT, 60.0, 60.0, 90.0),
    ]
    assert (found.label, found.said) == ("Mug", "90 units a week")
    assert found.products.to_dict("records") == [
        {"product_id": "mug", "product": "Mug", "before": 120.0, "after": 180.0}
    ]


def test_before_and_after_of_a_category_are_the_sums_of_its_products(desk: Desk) -> None:
    found = preview(desk, wanted("category", "kitchen", 0.5, "share"))
    assert [(w.model, w.after) for w in found.weeks] == [(100.0, 150.0)]
    assert found.products.set_index("product_id")["after"].to_dict() == {
        "mug": 90.0,
        "glass": 30.0,
        "kettle": 30.0,
    }


def test_looking_changes_nothing(desk: Desk) -> None:
    revision = desk.state.revision()
    preview(desk, wanted())
    assert desk.state.revision() == revision
    assert units(desk) == UNITS


def test_the_running_week_is_closed_and_the_last_of_the_forecast_is_open(desk: Desk) -> None:
    publication = newest(desk)
    assert publication is not None
    assert open_weeks(desk, publication)[0] == OPEN
    assert open_weeks(desk, publication)[-1] == LAST


def test_it_is_said_which_earlier_override_is_replaced_and_which_products_keep_theirs(
    desk: Desk,
) -> None:
    save(desk, wanted("category", "cups", 100, last=NEXT), reason="supplier")
    save(desk, wanted("product", "glass", 5))
    found = preview(desk, wanted("category", "cups", 120))
    assert found.replaces == (
        "ada's 100 units a week for the week of 12 Jan (supplier problem) "
        "is replaced in these weeks.",
    )
    assert found.notes == ("1 product keeps an override of its own; the others share the rest.",)
    assert found.weeks[0].now == pytest.approx(100)
    assert found.weeks[0].after == pytest.approx(120)


def test_units_that_own_overrides_exceed_are_told_to_be_out_of_reach(desk: Desk) -> None:
    save(desk, wanted("product", "mug", 200))
    found = preview(desk, wanted("category", "cups", 100))
    assert found.weeks[0].after == 200.0
    assert "cannot be reached in 1 of 1 weeks" in found.notes[-1]


# ── saving ──


def test_a_saved_override_holds_and_its_week_keeps_before_and_after(desk: Desk) -> None:
    done = save(desk, wanted("category", "cups", 0.25, "share", last=NEXT), note=" fair in town ")
    assert done.text == "Cups: +25 % for 2 weeks from 12 Jan."
    assert units(desk) == {"mug": 75.0, "glass": 25.0, "kettle": 20.0, "lamp": 50.0}
    with desk.state.read() as session:
        weeks = session.scalars(sa.select(OverrideWeek)).all()
        entry = session.get(AuditEntry, done.entry_id)
    assert [(w.week, w.before, w.after, w.outcome) for w in weeks] == [
        (OPEN, 80.0, 100.0, None),
        (NEXT, 80.0, 100.0, None),
    ]
    assert entry is not None
    assert (entry.actor, entry.act, entry.object) == (
        "ada",
        "override.added",
        "override:category/cups",
    )
    assert entry.before == {"units": {"2026-01-12": 80.0, "2026-01-19": 80.0}}
    assert entry.after is not None
    assert entry.after["units"] == {"2026-01-12": 100.0, "2026-01-19": 100.0}
    assert entry.reason == "Local event: fair in town"


def test_the_later_one_holds_in_its_weeks_and_the_earlier_in_the_others(desk: Desk) -> None:
    save(desk, wanted(value=10, last=NEXT))
    save(desk, wanted(value=99, first=NEXT), by=BOB)
    assert units(desk, OPEN)["mug"] == 10.0
    assert units(desk, NEXT)["mug"] == 99.0
    late, early = overriding.list_open(desk, MANAGER)
    assert (late.by, late.replaced, late.weeks) == ("bob", 0, 1)
    assert (early.by, early.replaced, early.weeks) == ("ada", 1, 2)


def test_taking_back_restores_what_held_before_and_can_itself_be_undone(desk: Desk) -> None:
    save(desk, wanted(value=10))
    done = save(desk, wanted(value=99))
    back = done.back(desk, ADA)
    assert units(desk)["mug"] == 10.0
    assert back.text == "Mug: 99 units a week was taken back."
    again = back.back(desk, BOB)
    assert units(desk)["mug"] == 99.0
    again.back(desk, ADA)
    assert units(desk)["mug"] == 10.0


def test_a_category_set_to_units_stays_there_when_a_product_is_set(desk: Desk) -> None:
    save(desk, wanted("category", "cups", 100))
    found = preview(desk, wanted("product", "mug", 90))
    assert "Its category is set to 100 units a week, which stays" in found.notes[0]
    save(desk, wanted("product", "mug", 90))
    assert units(desk) == {"mug": 90.0, "glass": 10.0, "kettle": 20.0, "lamp": 50.0}


# ── refusals ──


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (wanted(value=-5), "never negative"),
        (wanted(value="many"), "'many' is no number"),
        (wanted(value=None), "is no number"),
        (wanted(value=True), "is no number"),
        (wanted(value=float("nan")), "is no number"),
        (wanted(value=float("inf")), "is no number"),
        (wanted(value=1e8), "more than any shop sells"),
        (wanted(value=20_000), "333 times what the model expects"),
        (wanted(value=-1.5, kind="share"), "A change of −150 % is not possible"),
        (wanted(value=11, kind="share"), "A change of +1,100 % is not possible"),
        (wanted(value=1, kind="pieces"), "no kind of override"),
        (wanted(first=RUNNING), "The week of 5 Jan 2026 has begun"),
        (wanted(first=RUNNING - timedelta(weeks=3), last=OPEN), "is over"),
        (wanted(last=LAST + timedelta(weeks=1)), "does not reach the week of 2 Mar 2026"),
        (wanted(first=NEXT, last=OPEN), "lies before the first"),
        (wanted(first=OPEN + timedelta(days=1)), "A week is named by its Monday"),
        (wanted(series="nonsense"), "There is no product 'nonsense'"),
        (wanted("category", "<b>x</b>"), "There is no category"),
        (wanted("shop", "shop"), "There is no shop"),
    ],
)
def test_what_cannot_be_is_refused_with_a_remedy(desk: Desk, what: Wanted, words: str) -> None:
    with pytest.raises(OverrideError, match=words.replace("+", r"\+")) as refused:
        preview(desk, what)
    assert refused.value.remedy.endswith(".")
    assert units(desk) == UNITS


def test_a_category_of_which_nothing_is_expected_cannot_be_shared_out(desk: Desk) -> None:
    publish_by_hand(desk, UNITS | {"lamp": 0.0}, name="second")
    with pytest.raises(OverrideError, match="no proportion by which"):
        preview(desk, wanted("category", "light", 50))
    assert preview(desk, wanted("product", "lamp", 50)).weeks[0].after == 50.0


def test_a_category_whose_products_all_have_their_own_word_has_nothing_left_to_say(
    desk: Desk,
) -> None:
    save(desk, wanted("product", "lamp", 40))
    with pytest.raises(OverrideError, match="Every product of Light has an override of its own"):
        preview(desk, wanted("category", "light", 50))


@pytest.mark.parametrize(
    ("reason", "note", "words"),
    [
        ("", None, "needs a reason"),
        ("because", None, "needs a reason"),
        ("other", "  ", "says too little"),
        ("event", "x" * 2_001, "2,001 characters"),
    ],
)
def test_a_reason_of_the_list_is_needed_and_other_needs_a_note(
    desk: Desk, reason: str, note: str | None, words: str
) -> None:
    with pytest.raises(OverrideError, match=words):
        save(desk, wanted(), reason=reason, note=note)
    assert units(desk) == UNITS


def test_a_manager_looks_and_changes_nothing(desk: Desk) -> None:
    with pytest.raises(AccessDenied):
        save(desk, wanted(), by=MANAGER)
    done = save(desk, wanted())
    with pytest.raises(AccessDenied):
        done.back(desk, MANAGER)
    assert units(desk)["mug"] == 90.0


# ── two at once ──


@pytest.mark.parametrize(
    "other", [wanted(value=70), wanted("category", "cups", 100), wanted("category", "kitchen", 90)]
)
def test_the_later_of_two_people_is_told_what_the_first_one_did(desk: Desk, other: Wanted) -> None:
    mine = preview(desk, wanted(value=90))
    save(desk, other, by=BOB)
    held = units(desk)
    with pytest.raises(StaleWriteError, match="bob has just set") as told:
        overriding.save(desk, ADA, mine.wanted, reason="event", seen=mine.seen)
    assert "your figures are still there" in told.value.remedy
    assert units(desk) == held
    save(desk, wanted(value=90))  # looked at again
    assert units(desk)["mug"] == 90.0


def test_two_people_at_different_series_do_not_meet(desk: Desk) -> None:
    mine = preview(desk, wanted("product", "mug", 90))
    save(desk, wanted("product", "glass", 5), by=BOB)
    save(desk, wanted("product", "mug", 1, first=NEXT), by=BOB)
    overriding.save(desk, ADA, mine.wanted, reason="event", seen=mine.seen)
    assert units(desk) == {"mug": 90.0, "glass": 5.0, "kettle": 20.0, "lamp": 50.0}


def test_what_was_taken_back_meanwhile_is_told(desk: Desk) -> None:
    first = save(desk, wanted(value=70))
    mine = preview(desk, wanted(value=90))
    first.back(desk, BOB)
    with pytest.raises(StaleWriteError, match="taken back meanwhile"):
        overriding.save(desk, ADA, mine.wanted, reason="event", seen=mine.seen)


def test_a_forecast_computed_meanwhile_is_told(desk: Desk) -> None:
    mine = preview(desk, wanted(value=90))
    publish_by_hand(desk, name="second")
    with pytest.raises(StaleWriteError, match="A new forecast was computed"):
        overriding.save(desk, ADA, mine.wanted, reason="event", seen=mine.seen)


def test_two_who_take_the_same_back_the_second_is_told(desk: Desk) -> None:
    done = save(desk, wanted())
    done.back(desk, ADA)
    with pytest.raises(StaleWriteError):
        done.back(desk, BOB)


def test_closed_overrides_stay_for_the_scoreboard(desk: Desk) -> None:
    done = save(desk, wanted())
    publish_by_hand(
        desk, name="later", first=OPEN + timedelta(weeks=1), as_of=OPEN + timedelta(days=6)
    )
    with pytest.raises(OverrideError, match="stays for the scoreboard"):
        done.back(desk, ADA)
    assert overriding.list_open(desk, ADA) == ()


def test_a_new_forecast_is_overridden_too(desk: Desk) -> None:
    save(desk, wanted("category", "cups", 0.5, "share"))
    save(desk, wanted("product", "lamp", 10))
    publish_by_hand(desk, {name: 2 * value for name, value in UNITS.items()}, name="second")
    assert units(desk) == {"mug": 180.0, "glass": 60.0, "kettle": 20.0, "lamp": 10.0}


def test_before_a_forecast_there_is_nothing_to_override(tmp_path: Path) -> None:
    desk = make_home(tmp_path)
    with pytest.raises(OverrideError, match="no forecast to override yet"):
        preview(desk, wanted())
    assert overriding.list_open(desk, ADA) == ()
    desk.analytics.close()


def test_words_of_an_override() -> None:
    assert said("units", 1200.0) == "1,200 units a week"
    assert said("units", 0.5) == "0.5 units a week"
    assert said("share", -0.125) == "−12.5 %"
