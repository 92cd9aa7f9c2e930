"""Whose turn it is: the same for ever, in the right shares, and never taken back by raising it."""

from __future__ import annotations

import math
from statistics import NormalDist

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.services.experiments.arms import (
    Running,
    arm_of,
    place_of,
    unit_of,
    unit_ref,
)
from tests.factories.small_shop import utc_now

pytestmark = pytest.mark.usefixtures("wednesday_morning")

UNITS = 4_000
SURE = NormalDist().inv_cdf(1 - 1e-6)


@given(salt=st.text("0123456789abcdef", min_size=1, max_size=32), share=st.floats(0, 1))
@settings(max_examples=40, deadline=None)
def test_the_share_is_kept_within_what_chance_allows(salt: str, share: float) -> None:
    found = sum(arm_of(salt, f"unit {n}", share) == "challenger" for n in range(UNITS))
    spread = math.sqrt(UNITS * share * (1 - share))
    assert abs(found - UNITS * share) <= SURE * spread + 1


@given(
    salt=st.text(max_size=32), unit=st.text(), shares=st.tuples(st.floats(0, 1), st.floats(0, 1))
)
@settings(max_examples=300, deadline=None)
def test_raising_the_share_never_takes_a_unit_from_the_challenger(
    salt: str, unit: str, shares: tuple[float, float]
) -> None:
    less, more = sorted(shares)
    if arm_of(salt, unit, less) == "challenger":
        assert arm_of(salt, unit, more) == "challenger"


@given(salt=st.text(max_size=32), unit=st.text())
@settings(max_examples=300, deadline=None)
def test_every_unit_has_a_place_and_the_ends_hold(salt: str, unit: str) -> None:
    assert 0 <= place_of(salt, unit) < 1
    assert arm_of(salt, unit, 0.0) == "champion"
    assert arm_of(salt, unit, 1.0) == "challenger"


def test_the_arm_is_the_same_on_every_machine() -> None:
    assert place_of("5a17", "customer 1") == pytest.approx(0.67396, abs=1e-5)
    assert arm_of("5a17", "customer 1", 0.68) == "challenger"
    assert arm_of("5a17", "customer 1", 0.67) == "champion"


def test_two_experiments_divide_the_same_units_differently() -> None:
    both = sum(
        arm_of("a", str(n), 0.5) == arm_of("b", str(n), 0.5) == "challenger" for n in range(UNITS)
    )
    assert abs(both / UNITS - 0.25) < 0.04


@pytest.mark.parametrize("share", [-0.01, 1.01, math.nan, math.inf])
def test_a_share_out_of_bounds_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="no such share"):
        arm_of("salt", "unit", share)


def test_in_shadow_the_champion_decides_for_everybody() -> None:
    now = Running(
        experiment_id=1,
        capability="fraud",
        mode="shadow",
        champion=1,
        challenger=2,
        share=0.0,
        salt="s",
        started_at=utc_now(),
        started_by="ada",
        row_version=1,
    )
    assert {now.arm(str(n)) for n in range(50)} == {"champion"}


def test_the_unit_is_read_back_as_it_was_logged() -> None:
    assert unit_of("order:77", unit_ref("customer 1")) == "customer 1"
    assert unit_of("category:cups/2026-01-05", "publications/7") == "category:cups"
    assert unit_of("order:77", None) == "order:77"
