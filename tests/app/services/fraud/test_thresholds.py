"""Thresholds: replayed, set live, tried in shadow, taken back; by who may."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest

from app.access import AccessDenied
from app.context import Desk
from app.services import settings
from app.services.fraud import thresholds
from app.services.fraud.thresholds import Thresholds
from app.services.preferences import SettingError
from tests.factories.fraud_cases import ADA, ANN, MIA, add_case
from tests.factories.fraud_models import add_version

pytestmark = pytest.mark.usefixtures("wednesday_morning")


@pytest.fixture
def with_version(desk: Desk) -> Desk:
    """A version whose scores of later orders were kept, as a training leaves it."""
    add_version(desk)
    return desk


def test_a_queue_of_a_length_is_replayed_with_the_scores_that_were_kept(
    with_version: Desk,
) -> None:
    (one,) = thresholds.scored_versions(with_version)
    found = thresholds.history(with_version, one.number)
    asked = thresholds.of_lengths(found, 2.0, 0.5)
    then = thresholds.outcome(found, asked, thresholds.holding(with_version).work)

    assert not one.decides
    assert found.days == 60
    assert found.orders == pytest.approx(2_000 / 60)
    assert then.orders == pytest.approx(2.0, abs=0.02)
    assert then.blocked == pytest.approx(0.5, abs=0.02)
    assert then.hours == pytest.approx(then.orders * 5 / 60)
    assert 0 < then.caught_low <= then.caught_share <= then.caught_high < 1


def test_what_is_tried_in_shadow_decides_nothing_and_can_be_taken_back(desk: Desk) -> None:
    live = thresholds.holding(desk).live
    changes = thresholds.set_shadow(desk, ANN, Thresholds(review=0.3, block=0.9))

    held = thresholds.holding(desk)
    assert held.live == live
    assert held.shadow == Thresholds(review=0.3, block=0.9)
    assert held.shadow_by == "ann"

    for change in reversed(changes):
        settings.undo(desk, ANN, entry_id=change.entry_id)
    assert thresholds.holding(desk).shadow is None


def test_the_shadow_tells_which_orders_would_change_sides(desk: Desk) -> None:
    thresholds.set_shadow(desk, MIA, Thresholds(review=0.3, block=0.7))
    later = datetime.now(UTC).replace(tzinfo=None)
    later = later + pd.Timedelta(hours=3)  # cases are made two hours before
    add_case(desk, "stays", score=0.5, now=later)
    add_case(desk, "leaves", score=0.2, amount=50, now=later)
    add_case(desk, "held", score=0.75, amount=200, now=later)
    add_case(desk, "before", score=0.2)

    story = thresholds.shadow_story(desk, thresholds.holding(desk))

    assert story is not None
    assert story.scored == 3
    assert (story.queue_live, story.queue_shadow) == (3, 2)
    assert (story.held_live, story.held_shadow) == (0, 1)
    assert story.rows["order_id"].tolist() == ["held", "leaves"]
    assert story.rows["shadow"].tolist() == ["block", "low"]
    assert story.rows["expected_loss"].tolist() == pytest.approx([150.0, 10.0])


def test_setting_what_was_in_shadow_live_ends_the_trial(desk: Desk) -> None:
    asked = Thresholds(review=0.3, block=0.9)
    thresholds.set_shadow(desk, ANN, asked)
    thresholds.set_live(desk, ANN, asked)

    held = thresholds.holding(desk)
    assert held.live == asked
    assert held.shadow is None


def test_nobody_else_sets_them_and_holding_before_reviewing_is_refused(desk: Desk) -> None:
    with pytest.raises(AccessDenied):
        thresholds.set_live(desk, ADA, Thresholds(review=0.2, block=0.9))
    with pytest.raises(SettingError, match="held at a lower score"):
        thresholds.set_live(desk, ANN, Thresholds(review=0.6, block=0.4))
    assert thresholds.holding(desk).live == Thresholds(review=0.03, block=0.8)
