"""Versions laid straight into the model store, without MLflow, for tests of who decides."""

from __future__ import annotations

import json
from datetime import date, datetime

from app.context import Desk
from data_access.models import ModelVersion
from data_access.models.safety import hashes
from data_access.scope import WHOLE, Scope

AT = datetime(2026, 3, 1, 9)


def lay(
    desk: Desk,
    capability: str,
    number: int,
    *,
    beats: bool = True,
    scope: Scope = WHOLE,
    candidate: str | None = None,
    created_at: datetime = AT,
) -> ModelVersion:
    """A stored version of that number, whose one file says nothing."""
    forecasting = capability == "forecasting"
    slug, ours, rule = (
        ("wape", 0.14 if beats else 0.3, 0.22)
        if forecasting
        else ("average_precision", 0.6 if beats else 0.2, 0.3)
    )
    job_id = f"laid-{capability}-{number}"
    folder = desk.models.folder / capability / job_id
    (folder / "files").mkdir(parents=True, exist_ok=True)
    (folder / "files" / "model.json").write_text(f'{{"number": {number}}}', encoding="utf-8")
    version = ModelVersion(
        capability=capability,
        candidate=candidate or ("recent_mean" if forecasting else "gradient_boosting"),
        parameters={},
        snapshot=1,
        as_of=date(2026, 2, 28),
        asked_by="ada",
        created_at=created_at,
        metrics={slug: ours},
        baseline={slug: rule},
        baseline_label="the rule of thumb",
        beats_baseline=beats,
        verdict=f"Told as {ours:.0%}; the rule of thumb {rule:.0%}.",
        seconds=1.0,
        job_id=job_id,
        summary={"scope": scope.to_json(), "tables": {}, "warnings": []},
        number=number,
        files=hashes(folder / "files"),
    )
    for name in ("facts.json", "version.json"):
        (folder / name).write_text(json.dumps(version.to_json()), encoding="utf-8")
    return version
