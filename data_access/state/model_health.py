"""What the hourly look at each capability found; the newest only."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.state.inserts import insert_new
from data_access.state.model_tables import ModelHealth
from data_access.state.tables import Json


def keep_health(
    session: Session,
    capability: str,
    *,
    checked_at: datetime,
    state: str,
    sentence: str,
    parts: Json,
) -> None:
    """Replace what was found before.

    Parameters
    ----------
    state : good | watch | bad.
    parts : by name ("files", "drift" …): ``{"state": …, "sentence": …}``.
    """
    values = {
        "checked_at": checked_at,
        "state": state,
        "sentence": sentence,
        "parts": parts,
    }
    if insert_new(session, ModelHealth, [{"capability": capability, **values}]):
        return
    row = session.get(ModelHealth, capability, with_for_update=True, populate_existing=True)
    if row is not None:
        row.checked_at, row.state, row.sentence, row.parts = checked_at, state, sentence, parts
    session.flush()


def get_health(session: Session, capability: str) -> ModelHealth | None:
    """None: nobody has looked yet."""
    return session.get(ModelHealth, capability)


def list_health(session: Session) -> dict[str, ModelHealth]:
    """By capability."""
    return {row.capability: row for row in session.scalars(select(ModelHealth))}
