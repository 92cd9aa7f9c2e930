"""Champions whose files are refused, and what answers in their place until they are mended."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.scope import Scope, split
from data_access.state.champions import get_champion, scoped_champions, time_line
from data_access.state.model_tables import ServedInstead

FAR_BACK = 200
"""Changes of a champion among which the last good one is looked for."""


def get_instead(session: Session, key: str) -> ServedInstead | None:
    """None: the champion itself answers, as far as anybody has seen."""
    return session.get(ServedInstead, key)


def list_instead(session: Session) -> dict[str, ServedInstead]:
    """By the champion's key: a capability, or a scope of one."""
    query = select(ServedInstead).order_by(ServedInstead.capability)
    return {row.capability: row for row in session.scalars(query)}


def put_instead(
    session: Session, *, key: str, champion: int, serves: int | None, why: str, now: datetime
) -> ServedInstead:
    """Note that a champion is refused and what answers; one that was noted keeps its beginning."""
    row = session.get(ServedInstead, key)
    newest = next(iter(time_line(session, key, limit=1)), None)
    change = newest.change_id if newest else None
    if row is None:
        row = ServedInstead(
            capability=key, champion=champion, serves=serves, why=why, since=now, change_id=change
        )
        session.add(row)
    else:
        if row.champion != champion:
            row.since = now
        row.champion, row.serves, row.why, row.change_id = champion, serves, why, change
    session.flush()
    return row


def remove_instead(session: Session, key: str) -> ServedInstead | None:
    """The champion answers again; gives what had been noted."""
    row = session.get(ServedInstead, key)
    if row is not None:
        session.delete(row)
        session.flush()
    return row


def decided_before(session: Session, key: str) -> list[int | None]:
    """Who decided before today's champion, the latest first, as if what was taken back had never
    been; None: the rule of thumb (in a scope: the model of the whole).

    A version that was switched off and on again stands once.
    """
    stood: list[int | None] = [None]
    for change in reversed(time_line(session, key, limit=FAR_BACK)):
        if change.undoes is not None and len(stood) > 1:
            stood.pop()
        elif change.to_version in stood[-2:]:
            # Off and on again, or the same once more: whatever came in between was a pause.
            while stood[-1] != change.to_version:
                stood.pop()
        else:
            stood.append(change.to_version)
        if stood[-1] != change.to_version:  # the beginning lies too far back
            stood.append(change.to_version)
    return list(reversed(stood[:-1]))


def answering(session: Session, capability: str) -> tuple[int | None, dict[Scope, int]]:
    """Who really answers: for the whole (None: the rule of thumb), and by scope.

    As the champions say, but where one is refused, by what stands in its place.
    """
    instead = list_instead(session)
    row = get_champion(session, capability)
    whole = _who(row.model_version if row else None, instead.get(capability))
    scoped = {}
    for scope, found in scoped_champions(session, capability).items():
        who = _who(found.model_version, instead.get(scope.key(capability)))
        if who is not None:
            scoped[scope] = who
    return whole, scoped


def instead_of_scopes(session: Session, capability: str) -> dict[str, ServedInstead]:
    """What was noted of a capability and of its scopes, by key."""
    return {key: row for key, row in list_instead(session).items() if split(key)[0] == capability}


def _who(champion: int | None, instead: ServedInstead | None) -> int | None:
    if instead is not None and instead.champion == champion:
        return instead.serves
    return champion
