"""Delete a version with its files: only one that nothing decides by, leads back to, or cites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.access import Identity, Permission, require
from app.services.registry.views import VersionRefused
from data_access.kill_points import kill_point
from data_access.models import ModelVersion
from data_access.state import version_notes, version_uses
from data_access.state.tables import AuditEntry, StateRevision

if TYPE_CHECKING:
    from app.context import Desk

ACT = "version.deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletable:
    """Whether a version may go."""

    number: int
    why_not: tuple[str, ...]  # in words; empty: it may
    bytes: int  # of its folder

    @property
    def may_go(self) -> bool:
        return not self.why_not


def deletable(desk: Desk, capability: str, number: int) -> Deletable:
    """What still needs a version, and what it takes up.

    Raises
    ------
    DataError : there is no such version.
    """
    with desk.state.read() as session:
        needed = needs(session, capability, number)
    return Deletable(
        number=number,
        why_not=tuple(needed),
        bytes=desk.models.bytes_of(capability, number),
    )


def needs(session: Session, capability: str, number: int) -> list[str]:
    """What still needs a version, in words; empty: nothing does."""
    found = []
    if number in version_uses.deciding(session, capability):
        found.append("it decides now")
    if number in version_uses.decided_before(session, capability):
        found.append("the undo of the newest activation leads back to it")
    if number in version_uses.tried(session, capability):
        found.append("it is tried in an experiment that runs")
    if number in version_uses.stands_by(session, capability):
        found.append("it stands by for the champion")
    said = version_uses.said_by(session, capability, number)
    if said:
        found.append(f"{' and '.join(said)} by it are kept")
    return found


def delete(
    desk: Desk, identity: Identity, capability: str, number: int, reason: str | None = None
) -> str:
    """Delete a version, its files and what MLflow knows of it; gives a sentence.

    It is set aside within the transaction that writes the audit entry, and destroyed after it:
    whoever is killed between leaves a version that `finish_deleting` brings back or destroys,
    by whether the entry was written.

    Raises
    ------
    AccessDenied : the role may not.
    VersionRefused : something still needs it; nothing was changed.
    DataError : there is no such version.
    """
    require(identity, Permission.manage_models)
    version = desk.models.head(capability, number)
    size = desk.models.bytes_of(capability, number)
    aside = False
    try:
        with desk.state.decide(
            identity.name, ACT, _object(capability, number), _told(version), None, reason
        ) as session:
            needed = needs(session, capability, number)
            if needed:
                raise VersionRefused(
                    f"Version {number} cannot be deleted: {'; '.join(needed)}.",
                    remedy="Let another version decide, or wait until retention has removed what "
                    "it said; then delete it.",
                )
            version_notes.remove_note(session, capability, number)
            session.flush()
            desk.models.set_aside(capability, number)
            aside = True
    except Exception:
        if aside:  # the transaction failed after all: nothing was decided
            desk.models.bring_back(capability, number)
        raise
    kill_point("version-delete-decided")
    desk.models.destroy(capability, number)
    return f"Version {number} is deleted, {size / 2**20:.1f} MB freed."


def finish_deleting(desk: Desk) -> list[str]:
    """Finish or take back what a crash left; returns what was done, in words."""
    told = []
    for capability, number in desk.models.leftovers():
        # Behind the same lock as decisions: whoever deletes it right now has decided by then.
        with desk.state.write() as session:
            session.scalar(select(StateRevision.revision).with_for_update())
            decided = session.scalar(
                select(
                    exists().where(
                        AuditEntry.act == ACT, AuditEntry.object == _object(capability, number)
                    )
                )
            )
            if not decided:
                desk.models.bring_back(capability, number)
                told.append(f"{capability} version {number} brought back")
        if decided:
            desk.models.destroy(capability, number)
            told.append(f"{capability} version {number} deleted")
    return told


def _object(capability: str, number: int) -> str:
    return f"version:{capability}/{number}"


def _told(version: ModelVersion) -> dict[str, object]:
    return {
        "candidate": version.candidate,
        "parameters": dict(version.parameters),
        "snapshot": version.snapshot,
        "as_of": version.as_of.isoformat(),
        "asked_by": version.asked_by,
        "job_id": version.job_id,
        "verdict": version.verdict,
    }
