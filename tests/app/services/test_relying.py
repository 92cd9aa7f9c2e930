"""What relies on a champion is told before another takes its place."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.context import Desk
from app.services import switches
from app.services.activation import activate, preview
from app.services.activation.relying import relying
from app.services.experiments.beginning import start
from data_access.scope import Scope
from data_access.state.engine import utc_now
from data_access.state.model_tables import ModelUse
from tests.app.services.deciding import ADA
from tests.factories.stored_versions import lay

pytestmark = pytest.mark.usefixtures("wednesday_morning")

NOTHING_YET = ("The thresholds stay as they are; look at them, since scores may lie elsewhere.",)


def test_where_nothing_relies_on_it_little_is_told(desk_of_versions: Desk) -> None:
    assert relying(desk_of_versions, "forecasting", now=utc_now()) == ()
    assert relying(desk_of_versions, "fraud", now=utc_now()) == NOTHING_YET


def test_an_experiment_a_threshold_and_yesterdays_use_are_told(desk_of_versions: Desk) -> None:
    desk, now = desk_of_versions, utc_now()
    switches.set_confidence(desk, ADA, "fraud", 0.6, expected=0)
    start(desk, ADA, "fraud", 3, mode="shadow")
    with desk.state.write() as session:
        for hours, count in ((2, 41), (30, 1_000)):
            session.add(
                ModelUse(
                    capability="fraud",
                    model_version=2,
                    hour=now - timedelta(hours=hours),
                    calls=1,
                    predictions=count,
                    errors=0,
                    seconds=1.0,
                    slowest=1.0,
                    peak_mb=None,
                )
            )
    told = relying(desk, "fraud", now=now)
    assert "It was asked for 41 predictions within the last day." in told
    assert "The experiment with version 3 ends." in told
    assert any(one.startswith("Below 60 % confidence nothing is done") for one in told)
    assert preview(desk, "fraud", 2).relies == told


def test_parts_with_an_own_model_are_told_for_the_whole_only(desk_of_versions: Desk) -> None:
    desk = desk_of_versions
    lay(desk, "forecasting", 7, scope=Scope("product", "mug"))
    activate(desk, ADA, "forecasting/product:mug", 7, 0)
    told = relying(desk, "forecasting", now=utc_now())
    assert told == ("An own model decides on for 1 part of the shop.",)
    assert relying(desk, "forecasting/product:mug", now=utc_now()) == ()
