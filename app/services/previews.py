"""What would change if another model decided, computed once a pair of models and snapshot."""

from __future__ import annotations

import json
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """A preview, and the snapshot on which both models were asked."""

    preview: Preview
    snapshot: int


def changes(desk: Desk, capability: str, current: int | None, proposed: int | None) -> Changes:
    """The difference between the results of two versions, on the newest snapshot that has one.

    A training works it out at its end (`work_out`). A later snapshot moves both results alike, so
    what was worked out on an earlier one still tells the two models apart.

    Parameters
    ----------
    current, proposed : numbers in the model store; None: the rule of thumb.
    """
    known = _known(desk, capability, current, proposed)
    return known[-1] if known else work_out(desk, capability, current, proposed)


def work_out(desk: Desk, capability: str, current: int | None, proposed: int | None) -> Changes:
    """Ask both models on the newest snapshot, and keep what differs."""
    manifest = newest_snapshot(desk)
    folder = _folder(desk, capability, current, proposed)
    path = folder / f"{manifest.number:08}.json"
    if not path.exists():
        found = contract.capability(capability)
        frames = service_of(capability).frames(desk, manifest)
        _write(
            path,
            found.preview(
                _results(desk, found, current, frames, manifest),
                _results(desk, found, proposed, frames, manifest),
            ),
        )
    return Changes(preview=_read(path), snapshot=manifest.number)


def _known(desk: Desk, capability: str, current: int | None, proposed: int | None) -> list[Changes]:
    """What was worked out about the pair, oldest snapshot first."""
    paths = sorted(_folder(desk, capability, current, proposed).glob("*.json"))
    return [Changes(preview=_read(path), snapshot=int(path.stem)) for path in paths[-1:]]


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


def _folder(desk: Desk, capability: str, current: int | None, proposed: int | None) -> Path:
    place = desk.settings.artifacts / "previews" / contract.capability(capability).key
    return place / f"{current or 0}-{proposed or 0}"


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
