"""What /metrics and /readyz tell of models: sums of all processes, from the app database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import anyio
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from app.context import Desk
from app.services import serving
from app.web.health import Health
from app.web.model_metrics import ModelMetrics
from data_access.state import drift, model_health, model_uses, served
from data_access.state.model_uses import Used
from data_access.state.tables import JobNote
from tests.factories.fraud_cases import NOW, make_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = make_desk(tmp_path / "home")
    yield opened
    opened.state.close()


def told(desk: Desk) -> dict[tuple[str, ...], float]:
    """Samples by name and values of their labels."""
    registry = CollectorRegistry()
    registry.register(ModelMetrics(desk.state))
    text = generate_latest(registry).decode()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def use(hour: int, version: int = 3, calls: int = 2) -> Used:
    return Used(
        capability="fraud",
        model_version=version,
        hour=datetime(2026, 3, 31, hour),
        calls=calls,
        predictions=10 * calls,
        errors=1,
        seconds=0.5 * calls,
        slowest=0.7,
        peak_mb=200.0,
    )


def test_predictions_latency_and_errors_are_sums_over_all_hours(desk: Desk) -> None:
    assert ("ml_model_predictions_total", "fraud", "3") not in told(desk)
    with desk.state.write() as session:
        model_uses.add_uses(session, [use(10), use(11), use(11, version=4, calls=1)])
    with serving.counting(desk, "fraud", 4) as call:  # of this process, not written yet
        call.predictions = 5
    found = told(desk)
    assert found["ml_model_predictions_total", "fraud", "3"] == 40
    assert found["ml_model_predictions_total", "fraud", "4"] == 15
    assert found["ml_model_latency_seconds_count", "fraud", "3"] == 4
    assert found["ml_model_latency_seconds_sum", "fraud", "3"] == pytest.approx(2.0)
    assert found["ml_model_errors_total", "fraud", "3"] == 2
    assert found["ml_model_slowest_seconds", "fraud", "3"] == 0.7
    assert found["ml_model_peak_memory_bytes", "fraud", "3"] == 200 * 2**20


def test_drift_trainings_and_refused_champions_are_told(desk: Desk) -> None:
    with desk.state.write() as session:
        for day, score in ((30, 0.4), (31, 1.7)):
            drift.keep_check(
                session, capability="fraud", model_version=3, snapshot=1, day=date(2026, 3, day),
                checked_at=NOW, score=score, alarm=score > 1, sentence="", rows={},
            )  # fmt: skip
        for number, seconds in enumerate((100, 40, 70)):
            session.add(
                JobNote(
                    job_id=f"job-{number}", kind="train", title="Train", asked_by="ann",
                    asked_at=datetime(2026, 3, 31, number), state="failed" if number == 2 else
                    "done", started_at=datetime(2026, 3, 31, number),
                    ended_at=datetime(2026, 3, 31, number, seconds // 60, seconds % 60),
                    parameters={"capability": "fraud"},
                )
            )  # fmt: skip
        served.put_instead(session, key="fraud", champion=3, serves=None, why="gone", now=NOW)
    found = told(desk)
    assert found["ml_model_drift_score", "fraud", "3"] == 1.7
    assert found["ml_training_duration_seconds", "fraud"] == 40
    assert found["ml_champion_refused", "fraud", "3"] == 1


def test_a_call_that_fails_is_counted_as_an_error(desk: Desk) -> None:
    with pytest.raises(ZeroDivisionError), serving.counting(desk, "fraud", None):
        _ = 1 / 0
    found = told(desk)
    assert found["ml_model_errors_total", "fraud", "0"] == 1
    assert found["ml_model_latency_seconds_count", "fraud", "0"] == 1


def test_an_unwell_model_is_told_and_does_not_take_the_process_away(desk: Desk) -> None:
    health = Health(desk.state, desk.store, lambda: desk.shop_engine)
    assert health._models() == {}
    with desk.state.write() as session:
        for capability, state in (("fraud", "good"), ("forecasting", "watch")):
            model_health.keep_health(
                session, capability, checked_at=NOW, state=state, sentence="", parts={}
            )
    assert health._models() == {"forecasting": "watch", "fraud": "good"}
    with desk.state.write() as session:
        served.put_instead(
            session, key="fraud/category:C1", champion=3, serves=None, why="gone", now=NOW
        )
    assert health._models() == {"forecasting": "watch", "fraud": "bad"}
    assert "models" not in health._look()
    answer = anyio.run(health.ready, None)
    assert b'"models":{"forecasting":"watch","fraud":"bad"}' in answer.body
