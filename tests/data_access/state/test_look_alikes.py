"""The store of staff's look-alikes, on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import datetime

import pytest

from data_access.errors import DataError
from data_access.state.engine import StaleWriteError, StateDatabase
from data_access.state.look_alikes import choose, chosen_of, ids_of, list_chosen

NOON = datetime(2026, 11, 20, 12)


def keep(state: StateDatabase, alike: list[str], version: int | None) -> int | None:
    with state.decide("ada", "look_alikes.chosen", "product:new") as session:
        choose(session, "new", alike, by="ada", now=NOON, version=version)
        row = chosen_of(session, "new")
        return None if row is None else row.version


def test_a_choice_is_kept_in_order_changed_and_taken_away(state: StateDatabase) -> None:
    first = keep(state, ["b", "a"], None)
    second = keep(state, ["a"], first)
    with state.read() as session:
        row = chosen_of(session, "new")
        assert ids_of(row) == ("a",)
        assert [one.product_id for one in list_chosen(session)] == ["new"]
    assert keep(state, [], second) is None
    with state.read() as session:
        assert ids_of(chosen_of(session, "new")) == ()


def test_two_people_do_not_choose_over_each_other(state: StateDatabase) -> None:
    first = keep(state, ["a"], None)
    keep(state, ["b"], first)
    for seen in (None, first):
        with pytest.raises(StaleWriteError):
            keep(state, ["c"], seen)
    with state.read() as session:
        assert ids_of(chosen_of(session, "new")) == ("b",)


@pytest.mark.parametrize("wrong", [["a", "b", "c", "d"], ["a", "a"], ["new"]])
def test_a_product_resembles_one_to_three_others(state: StateDatabase, wrong: list[str]) -> None:
    with pytest.raises(DataError, match="one to three"):
        keep(state, wrong, None)
