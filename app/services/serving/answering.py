"""Who answers a question now, and what is told when it is not the champion."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.services.serving.memory import ModelRefused, loaded
from data_access.errors import DataError
from data_access.scope import split
from data_access.state import alerts, champions, served
from data_access.state.engine import utc_now
from data_access.state.model_tables import ServedInstead

if TYPE_CHECKING:
    from app.context import Desk

log = logging.getLogger("shopsight.serving")

ACTOR = "worker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """Who answers under a champion's key."""

    key: str  # a capability, or a scope of one
    champion: int | None  # who should; None: the rule of thumb
    version: int | None  # who does; None: the rule of thumb (in a scope: the model of the whole)
    model: Any  # of that version; None for the rule of thumb
    why: str | None  # why it is not the champion

    @property
    def good(self) -> bool:
        return self.why is None


def model(desk: Desk, key: str) -> Serving:
    """The champion of a key, checked, or what answers in its place.

    From memory it takes one look at the app database and one at the files. Where the files are
    refused it is noted, told and audited once; mended files answer again by themselves.
    """
    return _answer(desk, key, again=False)


def ask(desk: Desk, capability: str, number: int | None) -> Any:
    """The model of a version by its number, checked; None for the rule of thumb.

    Raises
    ------
    ModelRefused : its files are missing, altered or not its own.
    """
    return None if number is None else loaded(desk, capability, number)


def look(desk: Desk, capability: str) -> list[Serving]:
    """Hash the files of whatever answers, for the whole and for scopes, and settle what is told.

    The hourly check asks this; so a mended file is noticed where nobody scores.
    """
    with desk.state.read() as session:
        keys = {scope.key(capability) for scope in champions.scoped_champions(session, capability)}
        keys |= set(served.instead_of_scopes(session, capability))
    return [_answer(desk, key, again=True) for key in (capability, *sorted(keys - {capability}))]


_settled: dict[tuple[str, str], tuple[int | None, int | None]] = {}
"""By home and key: the champion and who answers, as this process last found or wrote it down."""
_settling = threading.Lock()


def forget() -> None:
    """Know nothing of what was told, as a new process does."""
    _settled.clear()


def _answer(desk: Desk, key: str, *, again: bool) -> Serving:
    champion = _champion(desk, key)
    found = _found(desk, key, champion, again=again)
    now = (found.champion, found.version)
    if again or _settled.get((desk.state.url, key)) != now:
        with _settling:
            _settle(desk, found)
            _settled[desk.state.url, key] = now
    return found


def _champion(desk: Desk, key: str) -> int | None:
    with desk.state.read() as session:
        row = champions.get_champion(session, key)
    return row.model_version if row else None


def _found(desk: Desk, key: str, champion: int | None, *, again: bool) -> Serving:
    if champion is None:
        return Serving(key=key, champion=None, version=None, model=None, why=None)
    capability, _ = split(key)
    try:
        model = loaded(desk, capability, champion, again=again)
        return Serving(key=key, champion=champion, version=champion, model=model, why=None)
    except ModelRefused as refused:
        why = str(refused)
    with desk.state.read() as session:
        earlier = served.decided_before(session, key)
    for number in earlier:
        if number is None:  # the rule of thumb was wanted then: nothing older comes back unasked
            break
        try:
            model = loaded(desk, capability, number, again=again)
        except ModelRefused:
            continue
        return Serving(key=key, champion=champion, version=number, model=model, why=why)
    return Serving(key=key, champion=champion, version=None, model=None, why=why)


def _settle(desk: Desk, found: Serving) -> None:
    """Let the tables say what answers; where they say so already, nothing is written."""
    try:
        with desk.state.read() as session:
            row = served.get_instead(session, found.key)
        if found.why is None and row is not None:
            _tell_mended(desk, found)
        elif found.why is not None and not _said(row, found):
            _tell_refused(desk, found)
    except _SaidAlreadyError:
        pass
    except DataError:
        # Who answers does not hang on whether it can be written down.
        log.exception("what answers for %s could not be noted", found.key)


class _SaidAlreadyError(Exception):
    """Another process found the same a moment ago; nothing is written twice."""


def _said(row: ServedInstead | None, found: Serving) -> bool:
    if row is None:
        return found.why is None
    return (row.champion, row.serves, row.why) == (found.champion, found.version, found.why)


def _tell_refused(desk: Desk, found: Serving) -> None:
    assert found.champion is not None
    assert found.why is not None
    capability, _ = split(found.key)
    with desk.state.decide(
        ACTOR, "champion.refused", f"champion:{found.key}", reason=found.why
    ) as session:
        before = served.get_instead(session, found.key)
        if _said(before, found):
            raise _SaidAlreadyError
        was = before.serves if before else found.champion
        served.put_instead(
            session,
            key=found.key,
            champion=found.champion,
            serves=found.version,
            why=found.why,
            now=utc_now(),
        )
        alerts.raise_alert(
            session,
            capability=capability,
            kind="files",
            key=alert_key(found.key),
            urgency="bad",
            title=f"Version {found.champion} is refused; {name_of(found)} decides",
            text=f"{found.why} {name_of(found).capitalize()} decides in its place and is shown "
            "as what decides. Mended files decide again by themselves; or activate another "
            "version.",
            now=utc_now(),
        )
        session.before, session.after = {"serves": was}, {"serves": found.version}


def _tell_mended(desk: Desk, found: Serving) -> None:
    with desk.state.decide(ACTOR, "champion.mended", f"champion:{found.key}") as session:
        row = served.remove_instead(session, found.key)
        if row is None:
            raise _SaidAlreadyError
        alerts.end_alert(session, alert_key(found.key), now=utc_now())
        session.before, session.after = {"serves": row.serves}, {"serves": found.version}


def alert_key(key: str) -> str:
    """Under which a refused champion stands among the alerts."""
    return f"{key}/files"


def name_of(found: Serving) -> str:
    """Who answers, in words."""
    if found.version is not None:
        return f"version {found.version}"
    return "the rule of thumb" if split(found.key)[1].whole else "the model of the whole shop"


def challenger(desk: Desk, capability: str, number: int) -> Any:
    """The model of an experiment's challenger; None where its files are refused, which is told."""
    key = f"{capability}/challenger/files"
    try:
        found = loaded(desk, capability, number)
    except ModelRefused as refused:
        if _settled.get((desk.state.url, key)) != (number, None):
            _tell_challenger(desk, capability, number, key, refused)
            _settled[desk.state.url, key] = (number, None)
        return None
    if _settled.get((desk.state.url, key)) != (number, number):
        _end_alert(desk, key)
        _settled[desk.state.url, key] = (number, number)
    return found


def _tell_challenger(
    desk: Desk, capability: str, number: int, key: str, refused: ModelRefused
) -> None:
    try:
        with desk.state.write() as session:
            alerts.raise_alert(
                session,
                capability=capability,
                kind="files",
                key=key,
                urgency="watch",
                title=f"The challenger, version {number}, is refused",
                text=f"{refused} The champion decides for its share too, until the files are "
                f"mended or the experiment ends. {refused.remedy}",
                now=utc_now(),
            )
    except DataError:
        log.exception("that the challenger of %s is refused could not be told", capability)


def _end_alert(desk: Desk, key: str) -> None:
    try:
        with desk.state.write() as session:
            alerts.end_alert(session, key, now=utc_now())
    except DataError:
        log.exception("the alert %s could not be ended", key)
