"""What has been trained already: the same data, candidate and parameters make the same model."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from data_access.models import ModelVersion
from data_access.scope import Scope
from ml.contract import Frames

if TYPE_CHECKING:
    from app.context import Desk

AGAIN = "again"
"""Name of the parameter of a job that trains all the same."""

WHY = "why"
"""Name of the parameter that says in a sentence why it is trained; kept with the version."""

LONGEST_WHY = 300


def digest(frames: Frames) -> str:
    """What the frames hold, as a short text: equal where every row is, whatever the snapshot."""
    told = hashlib.sha256()
    for name in sorted(frames):
        frame = frames[name]
        told.update(f"{name}:{list(map(str, frame.columns))}:{len(frame)}".encode())
        if len(frame):
            told.update(pd.util.hash_pandas_object(_plain(frame), index=False).to_numpy().tobytes())
    return told.hexdigest()[:32]


def same(
    desk: Desk,
    capability: str,
    *,
    candidate: str,
    parameters: Mapping[str, Any],
    scope: Scope,
    data: str,
) -> ModelVersion | None:
    """The newest version that learned the same way from data of this digest."""
    return next(
        (
            one
            for one in _alike(desk, capability, candidate, parameters, scope)
            if one.summary.get("data") == data
        ),
        None,
    )


def on_snapshot(
    desk: Desk,
    capability: str,
    *,
    candidate: str,
    parameters: Mapping[str, Any],
    scope: Scope,
    snapshot: int,
) -> ModelVersion | None:
    """The newest version that learned the same way from a snapshot, where staff have changed
    nothing of the shop's plans since; without reading any data."""
    found = next(
        (
            one
            for one in _alike(desk, capability, candidate, parameters, scope)
            if one.snapshot == snapshot
        ),
        None,
    )
    if found is None or said_since(desk, found):
        return None
    return found


ENTERS = ("plan.", "column.", "look_alikes.", "case.")
"""Beginnings of acts by which staff change what models learn from."""


def said_since(desk: Desk, version: ModelVersion) -> bool:
    """Whether staff changed something that models learn from since a version was stored."""
    from sqlalchemy import or_, select

    from data_access.state.tables import AuditEntry

    acts = or_(*(AuditEntry.act.startswith(one, autoescape=True) for one in ENTERS))
    query = (
        select(AuditEntry.entry_id)
        .where(AuditEntry.at > version.created_at, acts)
        .order_by(AuditEntry.at.desc())
        .limit(1)
    )
    with desk.state.read() as session:
        return session.scalar(query) is not None


def _alike(
    desk: Desk, capability: str, candidate: str, parameters: Mapping[str, Any], scope: Scope
) -> list[ModelVersion]:
    """Newest first; nothing but their heads is read."""
    wanted = dict(parameters)
    return [
        one
        for one in desk.models.versions(capability)
        if one.candidate == candidate and dict(one.parameters) == wanted and one.scope == scope
    ]


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns that can be hashed: cells that hold lists or dictionaries become text."""
    changed = {
        name: frame[name].map(repr)
        for name in frame.columns
        if frame[name].dtype == object
        and frame[name].map(lambda cell: isinstance(cell, list | dict | set)).any()
    }
    return frame.assign(**changed) if changed else frame
