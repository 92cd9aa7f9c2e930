"""Quantities that people set, orders that they mark, and what the next Monday says."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest

from app.access import AccessDenied
from app.context import Desk
from app.services import ordering
from app.services.ordering import Edit
from app.services.snapshots import take_snapshot
from data_access.errors import DataError
from data_access.shop.engines import make_engine
from data_access.state.engine import StaleWriteError
from tests.app.services.ordering.conftest import ADA, BOB, MIA, NOW, listed, purchase
from tests.factories.shop import ShopFactory


def row(found, product):
    return found.rows.set_index("product_id").loc[product]


def edit(found, product, units, note=None):
    at = row(found, product)
    return Edit(
        product_id=product,
        units=units,
        note=note,
        proposed=int(at["proposed"]),
        version=int(at["version"]),
    )


def test_the_list_of_a_small_shop(desk: Desk):
    found = listed(desk)
    mug, board = row(found, "mug"), row(found, "board")
    assert mug["units"] > 0
    assert mug["units"] % 6 == 0
    assert board["units"] == 0
    assert row(found, "kettle")["on_order"] == 5
    assert [group.name for group in found.suppliers] == ["North Ltd"]
    assert found.figures.products == 2
    assert found.missing == ()
    told = ordering.why(found, "mug")
    assert sum(units for _, units in told.parts) == told.needed
    assert told.packs * told.pack == told.proposed == int(mug["units"])


def test_an_edit_stands_in_the_list_and_can_be_taken_back(desk: Desk):
    found = listed(desk)
    proposed = row(found, "mug")["proposed"]
    saved = ordering.save_edits(
        desk, ADA, week=found.week, edits=[edit(found, "mug", 12, "cellar is full")]
    )
    after = row(listed(desk), "mug")
    assert (after["order"], after["note"], after["edited_by"]) == (12, "cellar is full", "ada")
    ordering.undo(desk, ADA, entry_id=saved.entry_id)
    again = row(listed(desk), "mug")
    assert (again["order"], bool(again["edited"])) == (proposed, False)


def test_the_later_of_two_is_told_and_loses_nothing(desk: Desk):
    found = listed(desk)
    ordering.save_edits(desk, ADA, week=found.week, edits=[edit(found, "mug", 12)])
    late = ordering.save_edits(
        desk, BOB, week=found.week, edits=[edit(found, "mug", 30), edit(found, "kettle", 3)]
    )
    assert late.saved == 1  # the kettle
    (conflict,) = late.conflicts
    assert (conflict.edit.units, conflict.units, conflict.by) == (30, 12, "ada")
    insisting = Edit(product_id="mug", units=30, proposed=0, version=conflict.version)
    ordering.save_edits(desk, BOB, week=found.week, edits=[insisting])
    assert row(listed(desk), "mug")["order"] == 30


def test_two_people_at_once_never_both_win(desk: Desk):
    found = listed(desk)
    wanted = {ADA: 12, BOB: 18}
    barrier, results = Barrier(2), {}

    def save(person):
        barrier.wait()
        results[person] = ordering.save_edits(
            desk, person, week=found.week, edits=[edit(found, "mug", wanted[person])]
        )

    threads = [Thread(target=save, args=(person,)) for person in wanted]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(saved.saved for saved in results.values()) == [0, 1]
    winner = next(person for person, saved in results.items() if saved.saved)
    loser = BOB if winner is ADA else ADA
    assert row(listed(desk), "mug")["order"] == wanted[winner]
    assert results[loser].conflicts[0].edit.units == wanted[loser]


@pytest.mark.parametrize("units", [-5, 2_000_000, 1.5, "many", True])
def test_a_quantity_that_cannot_be_is_refused(desk: Desk, units):
    found = listed(desk)
    with pytest.raises(DataError, match="cannot be ordered"):
        ordering.save_edits(desk, ADA, week=found.week, edits=[edit(found, "mug", units)])
    assert not row(listed(desk), "mug")["edited"]


def test_managers_read_and_do_not_decide(desk: Desk):
    found = listed(desk)
    with pytest.raises(AccessDenied):
        ordering.save_edits(desk, MIA, week=found.week, edits=[edit(found, "mug", 6)])
    with pytest.raises(AccessDenied):
        ordering.mark_ordered(desk, MIA, found, ["mug"])


def test_what_was_ordered_is_not_proposed_again(desk: Desk):
    before = listed(desk)
    units = row(before, "mug")["order"]
    change = ordering.mark_ordered(desk, ADA, before, ["mug", "kettle"])
    after = listed(desk)
    assert (row(after, "mug")["on_order"], row(after, "mug")["order"]) == (units, 0)
    assert [(one.supplier, one.products, one.by) for one in after.placed] == [
        ("North Ltd", 2, "ada")
    ]
    ordering.undo(desk, BOB, entry_id=change.entry_id)
    again = listed(desk)
    assert row(again, "mug")["order"] == units
    assert again.placed == ()


def test_an_edited_quantity_is_what_is_ordered_and_comes_back_with_undo(desk: Desk):
    found = listed(desk)
    ordering.save_edits(desk, ADA, week=found.week, edits=[edit(found, "mug", 600)])
    change = ordering.mark_ordered(desk, ADA, listed(desk), ["mug"])
    after = row(listed(desk), "mug")
    assert (after["on_order"], after["order"], bool(after["edited"])) == (600, 0, False)
    ordering.undo(desk, ADA, entry_id=change.entry_id)
    assert row(listed(desk), "mug")["order"] == 600


def test_the_second_to_mark_the_same_line_is_told(desk: Desk):
    found = listed(desk)
    ordering.mark_ordered(desk, ADA, found, ["mug"])
    with pytest.raises(StaleWriteError, match="ada has marked"):
        ordering.mark_ordered(desk, BOB, found, ["mug", "kettle"])
    assert len(listed(desk).placed) == 1


def test_a_line_whose_quantity_moved_is_not_marked(desk: Desk):
    found = listed(desk)
    ordering.save_edits(desk, BOB, week=found.week, edits=[edit(found, "mug", 6)])
    with pytest.raises(StaleWriteError, match="quantity of mug"):
        ordering.mark_ordered(desk, ADA, found, ["mug"])


def test_next_monday_a_mark_counts_until_the_shops_own_order_appears(desk: Desk, home):
    before = listed(desk)
    units = int(row(before, "mug")["order"])
    ordering.mark_ordered(desk, ADA, before, ["mug"])
    _later(desk, home, days=7)
    monday = listed(desk)
    assert row(monday, "mug")["on_order"] == units
    factory = ShopFactory(make_engine(f"sqlite:///{home / 'shop.db'}"))
    purchase(factory, "B2", "mug", units, day="2026-04-01", promised="2026-04-08")
    factory.engine.dispose()
    _later(desk, home, days=8)
    known = listed(desk)
    assert row(known, "mug")["on_order"] == units  # the shop's, once
    assert len(known.receipts[known.receipts["product_id"] == "mug"]) == 1


def test_a_mark_that_never_came_is_proposed_again_in_time(desk: Desk, home):
    before = listed(desk)
    ordering.mark_ordered(desk, ADA, before, ["mug"])
    _later(desk, home, days=7 + 14 + 3)  # lead time, patience, and a little
    assert row(listed(desk), "mug")["on_order"] == 0
    assert row(listed(desk), "mug")["order"] > 0


def test_the_budget_and_the_minimum(desk: Desk):
    cheap = listed(desk, budget=50.0)
    assert 0 < cheap.figures.value <= 50
    assert cheap.figures.left_out > 0
    found = listed(desk)
    (group,) = found.suppliers
    assert group.short_by == pytest.approx(max(500 - group.value, 0))
    more = ordering.fill(found, "north")
    if group.short_by:
        assert more["value"].sum() >= group.short_by


def _later(desk: Desk, home, *, days: int) -> None:
    """The shop goes on selling a little, and a snapshot is taken so many days later."""
    factory = ShopFactory(make_engine(f"sqlite:///{home / 'shop.db'}"))
    day = NOW + timedelta(days=days)
    number = f"later-{days}"
    factory._known |= {("product", "board")}
    factory.order(day=(day - timedelta(days=1)).date().isoformat(), product="board",
                  order_id=number)  # fmt: skip
    factory.engine.dispose()
    take_snapshot(
        desk,
        full=True,
        now=datetime(day.year, day.month, day.day, 6),
        progress=lambda *_: None,
    )
