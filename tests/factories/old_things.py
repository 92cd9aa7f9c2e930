"""A home full of old things: snapshots, publications, versions, predictions, scores, notes."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from app.context import Desk
from data_access.snapshots.manifest import Manifest, Part, TableFacts
from data_access.state import jobs as notes
from data_access.state.fraud_tables import FraudScore
from data_access.state.model_tables import Alert, DriftCheck, ModelUse
from data_access.state.predictions import Believed, log_predictions
from data_access.state.publications import add_publication
from data_access.state.tables import Champion, ChampionChange
from tests.factories.stored_versions import lay

NOW = datetime(2026, 3, 20, 12)
OLD = datetime(2022, 1, 3)


def snapshot(desk: Desk, number: int, at: datetime) -> None:
    """A published snapshot with a part of its own and one that all share."""
    parts = []
    for name in (f"own-{number}", "shared"):
        path = desk.store.parts / "orders" / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 1_000)
        parts.append(Part(path=f"orders/{name}.parquet", period=name, rows=1, bytes=1_000))
    desk.store.publish(
        Manifest(
            number=number,
            kind="full",
            created_at=at,
            source="sqlite://",
            currency="EUR",
            zone="UTC",
            watermark=at,
            as_of=at,
            as_of_day=at.date(),
            first_day=date(2020, 1, 1),
            tables={"orders": TableFacts(rows=2, schema_hash="", parts=tuple(parts))},
            checks=(),
            seconds=1.0,
            rows_changed=2,
        )
    )


def publication(
    desk: Desk, day: date, *, version: int | None, number: int, capability: str = "forecasting"
) -> None:
    """A stored publication of a day with one file of 500 bytes."""
    folder = f"forecasts/{capability}-{day}"
    (desk.settings.artifacts / folder).mkdir(parents=True)
    (desk.settings.artifacts / folder / "weeks.parquet").write_bytes(b"x" * 500)
    with desk.state.write() as session:
        add_publication(
            session,
            capability=capability,
            model_version=version,
            snapshot=number,
            as_of=day,
            folder=folder,
            summary={},
            now=datetime.combine(day, datetime.min.time()),
            job_id=f"job-{capability}-{day}",
        )


def decides(desk: Desk, key: str, *versions: int | None, at: datetime = NOW) -> None:
    """Who was champion, one after the other; the last one is."""
    with desk.state.write() as session:
        session.add(Champion(capability=key, model_version=versions[-1], since=at, by="ada"))
        for before, after in zip((None, *versions), versions, strict=False):
            session.add(
                ChampionChange(
                    capability=key,
                    from_version=before,
                    to_version=after,
                    at=at,
                    by="ada",
                    passed_check=True,
                )
            )


def said(
    desk: Desk, version: int, day: date, *, rows: int = 3, capability: str = "forecasting"
) -> None:
    """Predictions of a version as of a day."""
    with desk.state.write() as session:
        log_predictions(
            session,
            capability=capability,
            model_version=version,
            arm="champion",
            as_of=day,
            made_at=datetime.combine(day, datetime.min.time()),
            rows=[Believed(entity=f"product:P{n}/{day}", prediction=1.0) for n in range(rows)],
        )


def score(order: str, at: datetime, version: int = 0) -> FraudScore:
    return FraudScore(
        order_id=order,
        model_version=version,
        cause="new",
        made_at=at,
        score=0.1,
        risk="low",
        expected_loss=0,
        features={},
        factors={},
    )


def job(desk: Desk, job_id: str, at: datetime) -> None:
    """A job that ended at once."""
    notes.note_queued(
        desk.state,
        job_id=job_id,
        kind="train",
        title=job_id,
        asked_by="ada",
        asked_at=at,
        parameters={},
    )
    notes.note_ended(desk.state, job_id, state="done", outcome="Done.", at=at)


def clutter(desk: Desk) -> None:
    """Of everything something old that goes by the default settings, and something that stays."""
    for number in range(1, 16):
        snapshot(desk, number, OLD + timedelta(days=number))
    for number in range(1, 6):
        lay(desk, "forecasting", number, created_at=OLD + timedelta(days=number))
        lay(desk, "fraud", number, created_at=OLD + timedelta(days=number))
    decides(desk, "forecasting", 2, 3)
    for number in range(40):
        publication(desk, (OLD + timedelta(days=number)).date(), version=None, number=15)
    said(desk, 1, OLD.date())
    said(desk, 4, NOW.date())
    with desk.state.write() as session:
        session.add_all([score("A", OLD), score("B", NOW, 5)])
        for at in (OLD, OLD + timedelta(days=1)):
            session.add(
                DriftCheck(
                    capability="fraud",
                    model_version=1,
                    snapshot=1,
                    day=at.date(),
                    checked_at=at,
                    score=0.5,
                    alarm=False,
                    sentence="Quiet.",
                    rows={},
                )
            )
        for ended in (OLD, None):
            session.add(
                Alert(
                    capability="fraud",
                    kind="drift",
                    open_key=None if ended else "fraud/drift",
                    urgency="watch",
                    title="Drift",
                    text="Drift.",
                    raised_at=OLD,
                    seen_at=OLD,
                    ended_at=ended,
                )
            )
        session.add(
            ModelUse(
                capability="fraud",
                model_version=1,
                hour=OLD,
                calls=1,
                predictions=1,
                errors=0,
                seconds=0.1,
                slowest=0.1,
            )
        )
    job(desk, "old-job", OLD)
    job(desk, "new-job", NOW)


def strict(desk: Desk, **values: int) -> None:
    """Other settings of retention than the default."""
    from app.access import COMMAND_LINE
    from app.services.settings import change_setting

    for key, value in values.items():
        change_setting(desk, COMMAND_LINE, key=key, value=value)
