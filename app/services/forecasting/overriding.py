"""Overriding a forecast: save what was looked at, take it back, bring it back, list them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING

from app.access.roles import Identity, Permission, require
from app.services import series as series_service
from app.services.forecasting import reading
from app.services.forecasting.done import Done
from app.services.forecasting.override_checks import (
    REASONS,
    OverrideError,
    Wanted,
    checked_reason,
    said,
    span_words,
)
from app.services.forecasting.override_preview import (
    Seen,
    open_weeks,
    overlapping,
    preview,
    related,
)
from app.services.forecasting.overrides import chains, snapshot_of
from app.services.forecasting.spreading import weeks_of
from data_access.state.engine import StaleWriteError, utc_now
from data_access.state.forecast_tables import ForecastOverride
from data_access.state.overrides import (
    Said,
    add_override,
    end_override,
    get_override,
    holding,
    reopen_override,
)
from data_access.state.publications import newest_publication
from ml.forecasting import KEY

if TYPE_CHECKING:
    from app.context import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideView:
    """An override that reaches open weeks, as the list shows it."""

    override_id: int
    version: int
    level: str
    series_id: str
    label: str
    said: str
    first_week: date
    last_week: date
    reason: str
    note: str | None
    by: str
    at: datetime  # naive UTC
    replaced: int  # weeks in which a later one holds instead

    @property
    def weeks(self) -> int:
        return len(weeks_of(self.first_week, self.last_week))


def save(
    desk: Desk,
    by: Identity,
    wanted: Wanted,
    *,
    reason: str,
    note: str | None = None,
    seen: Seen,
) -> Done:
    """Keep an override that was looked at.

    Raises
    ------
    AccessDenied, OverrideError : nothing was changed.
    StaleWriteError : the forecast or an override of the series changed since it was looked at.
    """
    require(by, Permission.decide_commerce)
    reason, note = checked_reason(reason, note)
    found = preview(desk, wanted)
    name = f"override:{wanted.level}/{wanted.series_id}"
    with desk.state.decide(by.name, "override.added", name) as session:
        newest = newest_publication(session, KEY)
        if newest is None or newest.publication_id != seen.publication:
            raise StaleWriteError(
                "A new forecast was computed meanwhile; nothing was saved.",
                remedy="Look at the new before and after, then save; your figures are still there.",
            )
        held = overlapping(holding(session), wanted)
        above = chains(desk, newest)
        concern = related(desk, snapshot_of(desk, newest), held, wanted, above)
        _still_seen(concern, seen, found.label)
        if found.seen != seen:
            raise _changed(found.label, None)
        row = add_override(
            session,
            level=wanted.level,
            series_id=wanted.series_id,
            kind=wanted.kind,
            value=found.value,
            reason=reason,
            note=note,
            publication=newest.publication_id,
            model_version=newest.model_version,
            weeks=[Said(week=w.week, before=w.model, after=w.after) for w in found.weeks],
            by=by.name,
            now=utc_now(),
        )
        session.before = {"units": {w.week.isoformat(): round(w.now, 2) for w in found.weeks}}
        session.after = {
            "units": {w.week.isoformat(): round(w.after, 2) for w in found.weeks},
            "said": found.said,
            "override": row.override_id,
        }
        session.reason = REASONS[reason] + (f": {note}" if note else "")
    return Done(
        text=f"{found.label}: {found.said} for {span_words(wanted.first_week, wanted.last_week)}.",
        number=row.override_id,
        version=row.version,
        entry_id=session.entry_id,
        back=partial(take_back, override_id=row.override_id, version=row.version),
    )


def take_back(desk: Desk, by: Identity, *, override_id: int, version: int) -> Done:
    """Let the model, or the override before, speak again; past weeks stay for the scoreboard.

    Raises
    ------
    AccessDenied, OverrideError, StaleWriteError : nothing was changed.
    """
    require(by, Permission.decide_commerce)
    with desk.state.read() as session:
        row = get_override(session, override_id)
    _check_open(desk, row)
    name = f"override:{row.level}/{row.series_id}"
    told = {"said": said(row.kind, row.value), "override": override_id}
    with desk.state.decide(by.name, "override.taken_back", name, before=told) as session:
        ended = end_override(
            session, override_id, by=by.name, now=utc_now(), expected_version=version
        )
    return Done(
        text=f"{_name_of(desk, row)}: {told['said']} was taken back.",
        number=override_id,
        version=ended.version,
        entry_id=session.entry_id,
        back=partial(bring_back, override_id=override_id, version=ended.version),
    )


def bring_back(desk: Desk, by: Identity, *, override_id: int, version: int) -> Done:
    """Undo `take_back`.

    Raises
    ------
    AccessDenied, OverrideError, StaleWriteError : nothing was changed.
    """
    require(by, Permission.decide_commerce)
    with desk.state.read() as session:
        row = get_override(session, override_id)
    _check_open(desk, row)
    name = f"override:{row.level}/{row.series_id}"
    told = {"said": said(row.kind, row.value), "override": override_id}
    with desk.state.decide(by.name, "override.brought_back", name, after=told) as session:
        again = reopen_override(session, override_id, expected_version=version)
    return Done(
        text=f"{_name_of(desk, row)}: {told['said']} holds again.",
        number=override_id,
        version=again.version,
        entry_id=session.entry_id,
        back=partial(take_back, override_id=override_id, version=again.version),
    )


def list_open(desk: Desk, by: Identity) -> tuple[OverrideView, ...]:
    """Overrides that reach weeks to come, newest first; everybody may see them."""
    require(by, Permission.read_pages)
    publication, newest = reading.newest(desk), desk.store.newest_number()
    if publication is None or newest is None:
        return ()
    weeks = open_weeks(desk, publication)
    with desk.state.read() as session:
        rows = holding(session, from_week=weeks[0]) if weeks else []
    names = _names(desk, newest, rows)
    return tuple(
        OverrideView(
            override_id=row.override_id,
            version=row.version,
            level=row.level,
            series_id=row.series_id,
            label=names.get((row.level, row.series_id), row.series_id),
            said=said(row.kind, row.value),
            first_week=row.first_week,
            last_week=row.last_week,
            reason=REASONS.get(row.reason, row.reason),
            note=row.note,
            by=row.by,
            at=row.at,
            replaced=_replaced(row, rows),
        )
        for row in reversed(rows)
    )


def _still_seen(concern: Sequence[ForecastOverride], seen: Seen, label: str) -> None:
    known = dict(seen.overrides)
    news = [one for one in concern if known.get(one.override_id) != one.version]
    if news:
        raise _changed(label, news[-1])
    if len(concern) != len(known):
        raise _changed(label, None)


def _changed(label: str, other: ForecastOverride | None) -> StaleWriteError:
    if other is None:
        what = f"An override that concerns {label} was taken back meanwhile"
    else:
        what = (
            f"{other.by} has just set {said(other.kind, other.value)} for "
            f"{span_words(other.first_week, other.last_week)}, which concerns {label}"
        )
    return StaleWriteError(
        f"{what}; nothing was saved.",
        remedy="Look at the new before and after, then save; your figures are still there.",
    )


def _replaced(row: ForecastOverride, rows: Sequence[ForecastOverride]) -> int:
    later = {
        week
        for one in rows
        if one.override_id > row.override_id
        and (one.level, one.series_id) == (row.level, row.series_id)
        for week in weeks_of(one.first_week, one.last_week)
    }
    return sum(week in later for week in weeks_of(row.first_week, row.last_week))


def _check_open(desk: Desk, row: ForecastOverride) -> None:
    publication = reading.newest(desk)
    weeks = open_weeks(desk, publication) if publication else ()
    if not weeks or row.last_week < weeks[0]:
        raise OverrideError(
            "The weeks of this override are closed; it stays for the scoreboard.",
            remedy="Make a new override for weeks to come.",
        )


def _name_of(desk: Desk, row: ForecastOverride) -> str:
    newest = desk.store.newest_number()
    names = _names(desk, newest, [row]) if newest is not None else {}
    return names.get((row.level, row.series_id), row.series_id)


def _names(
    desk: Desk, snapshot: int, rows: Sequence[ForecastOverride]
) -> dict[tuple[str, str], str]:
    named: dict[tuple[str, str], str] = {}
    for level in ("product", "category"):
        ids = {row.series_id for row in rows if row.level == level}
        if ids:
            found = series_service.labels(desk, snapshot, level, ids)
            named |= {(level, series): name for series, name in found.items()}
    return named
