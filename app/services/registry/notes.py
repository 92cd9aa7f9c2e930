"""What staff say of a version, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.access import Identity, Permission, require
from app.services.done import Done
from app.services.registry.views import Noted, VersionRefused
from data_access.state import version_notes
from data_access.state.engine import utc_now

if TYPE_CHECKING:
    from app.context import Desk

LONGEST = 2_000
"""Characters of a note."""


def note_of(desk: Desk, capability: str, number: int) -> Noted:
    with desk.state.read() as session:
        row = version_notes.get_note(session, capability, number)
        return Noted(
            number=number,
            note=row.note if row else "",
            row_version=row.version if row else 0,
            changed_by=row.changed_by if row else None,
            changed_at=row.changed_at if row else None,
        )


def note(
    desk: Desk, identity: Identity, capability: str, number: int, text: str, *, expected: int
) -> Done:
    """Say something of a version; gives the way back.

    Parameters
    ----------
    expected : `Noted.row_version` that the person saw.

    Raises
    ------
    AccessDenied : the role may not.
    StaleWriteError : somebody else wrote meanwhile.
    VersionRefused : it is too long.
    DataError : there is no such version.
    """
    require(identity, Permission.manage_models)
    text = text.strip()
    if len(text) > LONGEST:
        raise VersionRefused(
            f"The note has {len(text):,} characters.", remedy=f"Keep it under {LONGEST:,}."
        )
    desk.models.head(capability, number)
    before = note_of(desk, capability, number)
    subject = f"version:{capability}/{number}"
    with desk.state.decide(
        identity.name, "version.noted", subject, {"note": before.note}, {"note": text}
    ) as session:
        row = version_notes.set_note(
            session,
            capability=capability,
            number=number,
            note=text,
            by=identity.name,
            now=utc_now(),
            expected_version=expected,
        )
    after = row.version
    return Done(
        text=f"The note of version {number} is saved."
        if text
        else f"The note of version {number} is taken away.",
        number=number,
        version=after,
        entry_id=session.entry_id,
        back=lambda desk, by: note(desk, by, capability, number, before.note, expected=after),
    )
