"""Pictures of who decided and of both sides of an experiment, valid for Plotly."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from plotly.graph_objects import Figure

from app.services.activation.reigns import Reign
from app.services.experiments.outcomes import ArmCount, Outcomes
from app.services.experiments.views import ExperimentView
from app.ui import models_arms, models_timeline
from app.ui.theme import DARK, LIGHT
from ml.contract import capability
from ml.trials import Compared, Figured

NOW = datetime(2026, 3, 1, 12)
ZONE = ZoneInfo("Europe/Berlin")


def reign(version: int | None, days: float, last: float | None) -> Reign:
    first = NOW - timedelta(days=days)
    ended = NOW - timedelta(days=last) if last is not None else None
    return Reign(
        change_id=1,
        version=version,
        first=first,
        last=ended,
        seconds=((ended or NOW) - first).total_seconds(),
        by="ada",
        reason=None,
        passed_check=True,
        undoes=None,
    )


def test_the_time_line_has_a_lane_a_version_and_the_one_that_decides_on_top() -> None:
    found = [reign(3, 2, None), reign(None, 2.001, 2), reign(2, 9, 2.001), reign(3, 20, 9)]
    drawn = models_timeline.figure(found, NOW, ZONE, LIGHT)
    Figure(drawn)  # Plotly checks every property
    (trace,) = drawn["data"]
    assert drawn["layout"]["yaxis"]["categoryarray"] == [
        "Version 3", "The rule of thumb", "Version 2",
    ]  # fmt: skip
    assert trace["y"] == ["Version 3", "The rule of thumb", "Version 2", "Version 3"]
    assert trace["base"][0] == "2026-02-27T13:00:00", "local time"
    assert trace["x"][0] == 2 * 86_400_000
    assert trace["x"][1] > 86_400, "short ones can be seen"
    assert trace["marker"]["color"][0] == LIGHT.primary


def test_of_very_many_versions_the_newest_have_lanes() -> None:
    found = [reign(n, 30 - n, 29 - n if n < 20 else None) for n in range(20, 0, -1)]
    drawn = models_timeline.figure(found, NOW, ZONE, DARK)
    assert drawn["layout"]["yaxis"]["categoryarray"][0] == "Version 20"
    assert len(drawn["layout"]["yaxis"]["categoryarray"]) == models_timeline.LANES


@pytest.mark.parametrize("low", [0.5, math.nan])
def test_both_sides_are_drawn_with_their_ranges_where_there_are_any(low: float) -> None:
    fraud = capability("fraud")
    measure = next(one for one in fraud.measures if one.slug == fraud.primary)
    side = Figured(value=0.6, low=low, high=0.7 if low == low else low, units=9, cases=9)
    found = Outcomes(
        experiment=ExperimentView(
            experiment_id=1, capability="fraud", mode="split", champion=None, challenger=3,
            share=0.2, started_at=NOW, started_by="ada", ended_at=None, ended_by=None,
            ending=None, reason=None, row_version=1,
        ),
        measure=measure,
        champion=ArmCount(predictions=9, graded=9, units=9),
        challenger=ArmCount(predictions=9, graded=9, units=9),
        compared=Compared(
            champion=side, challenger=side, difference=0.0, low=-0.1, high=0.1, spread=1.0,
            units=18, state="open",
        ),
        uneven=False,
        needed=100,
        interest=0.06,
    )  # fmt: skip
    drawn = models_arms.intervals(found, LIGHT)
    Figure(drawn)
    assert [trace["y"] for trace in drawn["data"]] == [["The rule of thumb"], ["Version 3"]]
    assert drawn["data"][0]["text"] == ["60.0 %"]
    width = drawn["data"][0]["error_x"]["arrayminus"][0]
    assert width == pytest.approx(10.0 if low == low else 0.0)
