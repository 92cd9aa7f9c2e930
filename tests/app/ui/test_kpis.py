"""The arrow says the direction, the colour says whether it is good."""

from __future__ import annotations

from typing import Any

from streamlit.testing.v1 import AppTest


def script() -> None:
    from app.ui import kpis

    kpis.row(
        [
            kpis.Kpi(label="Usual error", value="14 %", delta="8 points", direction=-1, good=True),
            kpis.Kpi(label="At risk", value="14", delta="€ 38,400", direction=1, good=False),
            kpis.Kpi(label="Held", value="79 %", delta="of 96 weeks"),
        ]
    )


def test_less_is_drawn_green_where_less_is_better() -> None:
    error, risk, held = AppTest.from_function(script).run().metric

    assert _drawn(error) == ("GREEN", "DOWN")
    assert _drawn(risk) == ("RED", "UP")
    assert _drawn(held) == ("GRAY", "NONE")


def _drawn(metric: Any) -> tuple[str, str]:
    proto = metric.proto
    return (
        proto.MetricColor.Name(proto.color),
        proto.MetricDirection.Name(proto.direction),
    )
