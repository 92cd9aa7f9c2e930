"""What would change if another model decided, computed once a pair of models and snapshot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from app.services.training import SEED, newest_snapshot, service_of
from data_access.snapshots.manifest import Manifest
from ml import contract
from ml.contract import Capability, Frames, Preview

if TYPE_CHECKING:
    from app.context import Desk

ROWS_KEPT = 500
"""Of the largest changes: more than anybody reads before deciding."""


def changes(desk: Desk, capability: str, current: int | None, proposed: int | None) -> Preview:
    """The difference between the results of two versions on the newest snapshot.

    Parameters
    ----------
    current, proposed : numbers in the model store; None: the rule of thumb.
    """
    manifest = newest_snapshot(desk)
    path = _path(desk, capability, current, proposed, manifest)
    if path.exists():
        return _read(path)
    found = contract.capability(capability)
    frames = service_of(capability).frames(desk, manifest)
    preview = found.preview(
        _results(desk, found, current, frames, manifest),
        _results(desk, found, proposed, frames, manifest),
    )
    _write(path, preview)
    return _read(path)


def _results(
    desk: Desk, capability: Capability, number: int | None, frames: Frames, manifest: Manifest
) -> pd.DataFrame:
    as_of = service_of(capability.key).as_of(desk, manifest)
    if number is None:
        rule = contract.rule_of_thumb(capability).key
        model = capability.fit(rule, frames, as_of=as_of, seed=SEED)
    else:
        model = capability.load(desk.models.files(capability.key, number))
    return capability.predict(model, frames, as_of=as_of)


def _path(
    desk: Desk, capability: str, current: int | None, proposed: int | None, manifest: Manifest
) -> Path:
    folder = desk.settings.artifacts / "previews" / capability
    return folder / f"{manifest.number}-{current or 0}-{proposed or 0}.json"


def _write(path: Path, preview: Preview) -> None:
    rows = preview.rows.head(ROWS_KEPT)
    content = {
        "sentence": preview.sentence,
        "changed": preview.changed,
        "total": preview.total,
        "columns": preview.columns,
        "rows": json.loads(rows.to_json(orient="split", date_format="iso", index=False)),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(content), encoding="utf-8")
    draft.replace(path)


def _read(path: Path) -> Preview:
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return Preview(
        sentence=kept["sentence"],
        changed=kept["changed"],
        total=kept["total"],
        rows=pd.DataFrame(kept["rows"]["data"], columns=kept["rows"]["columns"]),
        columns=kept["columns"],
    )
