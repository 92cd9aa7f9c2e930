"""What would change if another model decided, computed once a pair of models and snapshot."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from app.services.training import newest_snapshot, service_of
from data_access.models import ModelVersion
from data_access.state import champions
from ml import contract
from ml.contract import Preview

if TYPE_CHECKING:
    from app.context import Desk

ROWS_KEPT = 500
"""Of the largest changes: more than anybody reads before deciding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What would change, and the snapshot on which both models were asked."""

    preview: Preview  # in what is predicted
    decisions: Preview | None  # in what is decided by it: the order list
    snapshot: int


def known(desk: Desk, proposed: ModelVersion) -> Changes | None:
    """What was worked out about a version and what decides now, on the newest snapshot there is.

    A training works it out at its end. A later snapshot moves both results alike, so what was
    worked out on an earlier one still tells the two models apart.
    """
    paths = sorted(_folder(desk, proposed).glob("*.json"))
    return _read(paths[-1]) if paths else None


def work_out(desk: Desk, proposed: ModelVersion) -> Changes:
    """Ask both models on the newest snapshot, and keep what differs; the work of a job."""
    manifest = newest_snapshot(desk)
    path = _folder(desk, proposed) / f"{manifest.number:08}.json"
    if not path.exists():
        capability = contract.capability(proposed.capability)
        service = service_of(capability.key)
        now, then = service.now_and_then(desk, proposed)
        _write(path, capability.preview(now, then), service.consequences(desk, now, then))
    return _read(path)


def _folder(desk: Desk, proposed: ModelVersion) -> Path:
    """Of a pair: the version, and what decides now where it would decide."""
    with desk.state.read() as session:
        whole = champions.get_champion(session, proposed.capability)
        scoped = champions.scoped_champions(session, proposed.capability)
    now = str((whole.model_version if whole else None) or 0)
    if not proposed.scope.whole:  # a category's model may decide for a product
        now += "".join(
            f"_{zlib.crc32(scope.key('').encode()):08x}.{row.model_version}"
            for scope, row in scoped.items()
        )
    place = desk.settings.artifacts / "previews" / proposed.capability
    return place / f"{now[:100]}-{proposed.number}"


def _write(path: Path, preview: Preview, decisions: Preview | None) -> None:
    content = {
        "preview": _to_json(preview),
        "decisions": None if decisions is None else _to_json(decisions),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(content), encoding="utf-8")
    draft.replace(path)


def _to_json(preview: Preview) -> dict[str, Any]:
    rows = preview.rows.head(ROWS_KEPT)
    return {
        "sentence": preview.sentence,
        "changed": preview.changed,
        "total": preview.total,
        "columns": preview.columns,
        "rows": json.loads(rows.to_json(orient="split", date_format="iso", index=False)),
    }


def _read(path: Path) -> Changes:
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if "preview" not in kept:  # kept before there were order lists
        kept = {"preview": kept, "decisions": None}
    return Changes(
        preview=_of_json(kept["preview"]),
        decisions=_of_json(kept["decisions"]) if kept["decisions"] else None,
        snapshot=int(path.stem),
    )


def _of_json(kept: dict[str, Any]) -> Preview:
    return Preview(
        sentence=kept["sentence"],
        changed=kept["changed"],
        total=kept["total"],
        rows=pd.DataFrame(kept["rows"]["data"], columns=kept["rows"]["columns"]),
        columns=kept["columns"],
    )
