"""Thresholds replayed on a handful of orders, worked out by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.contract import NotEnoughData, WrongFrame
from ml.fraud.replay import Replay, Work

WORK = Work(capacity=2, minutes=6, margin=0.5)

#        day  score amount fraud
ORDERS = (
    (1, 0.90, 100.0, True),
    (1, 0.70, 40.0, False),
    (1, 0.60, 200.0, True),
    (1, 0.10, 10.0, False),
    (2, 0.80, 60.0, False),
    (2, 0.50, 100.0, True),
    (2, 0.20, 50.0, True),
    (2, 0.05, 20.0, False),
    (4, 0.40, 50.0, True),
    (4, 0.02, 30.0, False),
)


def scored(rows: tuple[tuple[int, float, float, bool], ...] = ORDERS) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "order_id": [f"o{number:02}" for number in range(len(rows))],
            "placed_at": pd.to_datetime([f"2026-03-0{row[0]} 10:00" for row in rows]),
            "score": [row[1] for row in rows],
            "amount": [row[2] for row in rows],
            "fraud": pd.array([row[3] for row in rows], dtype="boolean"),
            "weight": 1.0,
        }
    )


def test_the_queue_the_hours_and_the_money_are_those_worked_out_by_hand() -> None:
    found = Replay(scored()).at(0.45, 0.95, WORK)

    # Five orders at 0.45 or more in four days: 0.9, 0.7 and 0.6, then 0.8 and 0.5.
    assert found.orders == pytest.approx(5 / 4)
    assert found.hours == pytest.approx(5 / 4 * 0.1)
    # Two a day are looked at, so the fraud of 200 (the third of day 1) is missed.
    assert found.beyond == pytest.approx(1 / 4)
    assert found.caught == pytest.approx((100 + 100) / 4)
    assert found.missed == pytest.approx((200 + 50 + 50) / 4)
    assert found.caught_share == pytest.approx(200 / 500)
    assert found.frauds_share == pytest.approx(2 / 5)
    assert found.precision == pytest.approx(3 / 5)
    assert found.good_held == pytest.approx(2 / 4)
    assert found.good_share == pytest.approx(2 / 5)
    assert found.caught_low <= found.caught_share <= found.caught_high


def test_what_is_blocked_is_stopped_even_when_nobody_gets_to_it() -> None:
    found = Replay(scored()).at(0.45, 0.55, WORK)

    assert found.blocked == pytest.approx(4 / 4)
    assert found.caught_share == pytest.approx(400 / 500)
    assert found.good_blocked == pytest.approx(2 / 4)
    assert found.margin_at_stake == pytest.approx(0.5 * (40 + 60) / 4)


def test_a_queue_of_a_length_gets_the_lowest_threshold_that_keeps_it() -> None:
    replay = Replay(scored())

    assert replay.threshold(1.0) == 0.60  # four orders in four days: 0.9, 0.8, 0.7, 0.6
    assert replay.threshold(1.24) == 0.60
    assert replay.threshold(1.25) == 0.50
    assert replay.threshold(0.1) > 0.90  # not even one


def test_orders_of_one_score_stay_out_together_where_they_would_be_too_many() -> None:
    rows = tuple((1, 0.5 if place else 0.9, 10.0, True) for place in range(6))
    replay = Replay(scored(rows))

    assert replay.threshold(3) == 0.9
    assert replay.threshold(6) == 0.5


def test_an_order_drawn_by_chance_stands_for_those_like_it() -> None:
    frame = scored()
    frame.loc[1, "weight"] = 5.0  # the good order of 0.70

    found = Replay(frame).at(0.45, 0.95, WORK)

    assert found.orders == pytest.approx(9 / 4)
    assert found.good_held == pytest.approx(6 / 4)
    assert found.precision == pytest.approx(3 / 9)


def test_orders_whose_end_is_not_known_count_neither_as_good_nor_as_bad() -> None:
    frame = scored()
    frame.loc[1, "fraud"] = None

    found = Replay(frame).at(0.45, 0.95, WORK)

    assert found.orders == pytest.approx(4 / 4)
    assert found.caught_share == pytest.approx(400 / 500)  # the third of day 1 is the second now


def test_too_few_frauds_and_missing_columns_are_refused() -> None:
    with pytest.raises(NotEnoughData):
        Replay(scored(ORDERS[:6]))
    with pytest.raises(WrongFrame, match="weight"):
        Replay(scored().drop(columns="weight"))


ROWS = st.lists(
    st.tuples(st.integers(1, 9), st.floats(0, 1, width=32), st.floats(1, 1000), st.booleans()),
    min_size=12,
    max_size=60,
).filter(lambda rows: sum(row[3] for row in rows) >= 5)


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, low=st.floats(0, 1), high=st.floats(0, 1), capacity=st.integers(0, 9))
def test_a_lower_threshold_never_catches_less_nor_holds_fewer(
    rows: list[tuple[int, float, float, bool]], low: float, high: float, capacity: int
) -> None:
    low, high = sorted((low, high))
    replay = Replay(scored(tuple(rows)))
    work = Work(capacity=capacity, minutes=5, margin=0.3)
    wide, narrow = replay.at(low, 1.0, work), replay.at(high, 1.0, work)

    assert wide.orders >= narrow.orders
    assert wide.good_held >= narrow.good_held
    assert wide.caught >= narrow.caught - 1e-9
    assert wide.caught + wide.missed == pytest.approx(narrow.caught + narrow.missed)
    assert wide.beyond <= wide.orders


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, orders=st.floats(0, 12))
def test_the_threshold_for_a_length_keeps_it(
    rows: list[tuple[int, float, float, bool]], orders: float
) -> None:
    replay = Replay(scored(tuple(rows)))
    work = Work(capacity=5, minutes=5, margin=0.3)

    assert replay.at(replay.threshold(orders), 2.0, work).orders <= orders + 1e-6
