"""Promotions and prices that staff plan: entered, changed, taken back, told where they collide."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.roles import Identity, Permission, require
from app.services import series as series_service
from app.services.forecasting import inputs, reading
from app.services.forecasting.done import Done
from app.services.forecasting.plan_checks import KINDS, PlanError, checked, day, percent
from app.services.forecasting.spreading import chains_of
from data_access.queries.events import promotions_in
from data_access.queries.selection import SalesSelection
from data_access.snapshots import tables
from data_access.snapshots.manifest import Manifest
from data_access.state.engine import utc_now
from data_access.state.forecast_tables import PlannedEvent
from data_access.state.plans import (
    PlanValues,
    changed_plans,
    get_plan,
    list_plans,
    reopen_plan,
    values_of,
)
from data_access.state.plans import add_plan as store_plan
from data_access.state.plans import change_plan as store_change
from data_access.state.plans import end_plan as store_end

if TYPE_CHECKING:
    from app.context import Desk

__all__ = ["KINDS", "PlanError", "PlanValues"]

MOST_TOLD = 5  # collisions that are named


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """A plan as the list shows it."""

    plan_id: int
    version: int
    values: PlanValues
    label: str  # of the product or category; "Whole shop"
    by: str
    announced_at: datetime  # naive UTC
    waiting: bool  # not yet in the stored forecast
    begun: bool


def today(desk: Desk) -> date:
    """The shop's day that runs, by its newest snapshot."""
    return inputs.as_of(desk, newest_manifest(desk)) + timedelta(days=1)


def list_all(desk: Desk, by: Identity) -> tuple[PlanView, ...]:
    """Plans that are not over, by first day; everybody may see them."""
    require(by, Permission.read_pages)
    now = today(desk)
    waiting = {plan.plan_id for plan in _waiting(desk)}
    with desk.state.read() as session:
        rows = list_plans(session, first=now)
    names = names_of(desk, [values_of(row) for row in rows])
    return tuple(
        PlanView(
            plan_id=row.plan_id,
            version=row.version,
            values=values_of(row),
            label=names[(row.level, row.series_id)],
            by=row.by,
            announced_at=row.announced_at,
            waiting=row.plan_id in waiting,
            begun=row.starts_on <= now,
        )
        for row in rows
    )


def waiting(desk: Desk) -> int:
    """Plans, changes and withdrawals that the stored forecast does not know yet."""
    return len(_waiting(desk))


def collisions(desk: Desk, values: PlanValues, *, without: int | None = None) -> tuple[str, ...]:
    """Sentences about other plans, and the shop's own promotions, of the same products and days.

    without : the plan that is being changed.
    """
    snapshot = newest_manifest(desk).number
    with desk.state.read() as session:
        rows = list_plans(session, first=values.starts_on, last=values.ends_on)
    others = [row for row in rows if row.plan_id != without]
    touches = _touching(desk, snapshot, values, [(row.level, row.series_id) for row in others])
    names = names_of(desk, [values_of(row) for row in others])
    told = [
        f"{row.by} planned “{row.name}”, {percent(row.change)}, for "
        f"{names[(row.level, row.series_id)]} {_days(row.starts_on, row.ends_on)}."
        for row, touching in zip(others, touches, strict=True)
        if touching
    ]
    if values.kind == "promotion":
        told += _own_collisions(desk, snapshot, values)
    more = len(told) - MOST_TOLD
    return (*told[:MOST_TOLD], *((f"And {more} more.",) if more > 0 else ()))


def add_plan(
    desk: Desk,
    person: Identity,
    *,
    kind: str,
    level: str,
    series_id: str | None,
    name: str,
    change: float,
    starts_on: date,
    ends_on: date | None,
    note: str | None = None,
) -> Done:
    """Enter a promotion or a price change; it is in the forecast from the next computation on.

    Raises
    ------
    AccessDenied, PlanError : nothing was changed.
    """
    require(person, Permission.decide_commerce)
    values = _checked(
        desk,
        PlanValues(
            kind=kind,
            level=level,
            series_id=series_id,
            name=name,
            change=change,
            starts_on=starts_on,
            ends_on=ends_on,
            note=note,
        ),
    )
    with desk.state.decide(person.name, "plan.added", "plan:new", after=_told(values)) as session:
        row = store_plan(session, values, by=person.name, now=utc_now())
        session.object = f"plan:{row.plan_id}"
    return _done(f"{values.name} was planned.", row, session.entry_id, back=take_back)


def change_plan(
    desk: Desk, person: Identity, *, plan_id: int, version: int, values: PlanValues
) -> Done:
    """Say something else of a plan; one that has begun can only end on another day.

    Raises
    ------
    AccessDenied, PlanError, StaleWriteError : nothing was changed.
    """
    require(person, Permission.decide_commerce)
    with desk.state.read() as session:
        before = values_of(get_plan(session, plan_id))
    after = _checked(desk, values, before)
    spoken = ("name", "note")
    same = all(
        getattr(before, name) == getattr(after, name)
        for name in PlanValues.__dataclass_fields__
        if name not in spoken
    )
    begun = before.starts_on <= today(desk)
    with desk.state.decide(
        person.name, "plan.changed", f"plan:{plan_id}", _told(before), _told(after)
    ) as session:
        row = store_change(
            session,
            plan_id,
            after,
            # What ran until now was known as it ran, whatever its new last day.
            announced_at=None if same or begun else utc_now(),
            expected_version=version,
        )
    return Done(
        text=f"{after.name} was changed.",
        number=plan_id,
        version=row.version,
        entry_id=session.entry_id,
        back=partial(change_plan, plan_id=plan_id, version=row.version, values=before),
    )


def take_back(desk: Desk, person: Identity, *, plan_id: int, version: int) -> Done:
    """As if it had never been planned; a plan that ran is ended by its last day instead.

    Raises
    ------
    AccessDenied, PlanError, StaleWriteError : nothing was changed.
    """
    require(person, Permission.decide_commerce)
    with desk.state.read() as session:
        values = values_of(get_plan(session, plan_id))
    if values.starts_on <= today(desk):
        raise PlanError(
            f"{values.name} began on {day(values.starts_on)}, so it has had its effect.",
            remedy="Change its last day to end it.",
        )
    with desk.state.decide(
        person.name, "plan.taken_back", f"plan:{plan_id}", before=_told(values)
    ) as session:
        row = store_end(session, plan_id, by=person.name, now=utc_now(), expected_version=version)
    return _done(f"{values.name} was taken back.", row, session.entry_id, back=bring_back)


def bring_back(desk: Desk, person: Identity, *, plan_id: int, version: int) -> Done:
    """Undo `take_back`.

    Raises
    ------
    AccessDenied, PlanError, StaleWriteError : nothing was changed.
    """
    require(person, Permission.decide_commerce)
    with desk.state.read() as session:
        values = _checked(desk, values_of(get_plan(session, plan_id)))
    with desk.state.decide(
        person.name, "plan.brought_back", f"plan:{plan_id}", after=_told(values)
    ) as session:
        row = reopen_plan(session, plan_id, now=utc_now(), expected_version=version)
    return _done(f"{values.name} is planned again.", row, session.entry_id, back=take_back)


def _checked(desk: Desk, values: PlanValues, before: PlanValues | None = None) -> PlanValues:
    found = checked(values, today(desk), before)
    if found.level == "shop":
        return found
    level: Any = found.level
    known = None
    if level in ("product", "category") and found.series_id is not None:
        known = series_service.label(desk, newest_manifest(desk).number, level, found.series_id)
    if known is None:
        raise PlanError(
            f"There is no {found.level} {str(found.series_id)[:40]!r}.",
            remedy="Choose a product or a category of this shop, or the whole shop.",
        )
    return found


def _done(text: str, row: PlannedEvent, entry_id: int, *, back: Callable[..., Done]) -> Done:
    return Done(
        text=text,
        number=row.plan_id,
        version=row.version,
        entry_id=entry_id,
        back=partial(back, plan_id=row.plan_id, version=row.version),
    )


def _told(values: PlanValues) -> dict[str, Any]:
    """As the audit keeps it."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in asdict(values).items()
    }


def _waiting(desk: Desk) -> list[PlannedEvent]:
    publication = reading.newest(desk)
    if publication is None:
        return []
    # A computation knows what was entered before it began.
    seconds = float(publication.summary.get("seconds", 0.0))
    since = publication.created_at - timedelta(seconds=seconds)
    now = today(desk)
    with desk.state.read() as session:
        rows = changed_plans(session, since)
    return [row for row in rows if row.ends_on is None or row.ends_on >= now]


def _own_collisions(desk: Desk, snapshot: int, values: PlanValues) -> list[str]:
    level: Any = values.level
    span = SalesSelection(
        level=level,
        series_id=values.series_id,
        first_day=values.starts_on,
        last_day=values.ends_on or values.starts_on,
    )
    rows = desk.analytics.frame(snapshot, promotions_in(span)).to_dict("records")
    return [
        f"The shop's own “{row['name']}”, {percent(-row['discount'])}, runs "
        f"{_days(row['starts_on'].date(), row['ends_on'].date())}."
        for row in rows
    ]


def _touching(
    desk: Desk,
    snapshot: int,
    values: PlanValues,
    others: Sequence[tuple[str, str | None]],
) -> list[bool]:
    """Whether each of the others concerns products that the plan concerns."""
    every = [*others, (values.level, values.series_id)]
    ids = {series for level, series in every if level == "product" and series}
    products, categories = tables.products, tables.categories
    above = chains_of(
        desk.analytics.frame(snapshot, sa.select(categories.c.category_id, categories.c.parent_id))
    )
    category_of = {}
    if ids:
        frame = desk.analytics.frame(
            snapshot,
            sa.select(products.c.product_id, products.c.category_id).where(
                products.c.product_id.in_(sorted(ids))
            ),
        )
        category_of = dict(zip(frame["product_id"], frame["category_id"], strict=True))

    def chain(level: str, series: str | None) -> set[tuple[str, str | None]]:
        category = category_of.get(series) if level == "product" else series
        up = {("category", one) for one in above.get(str(category), ())}
        return {(level, series), ("shop", None), *up}

    mine = (values.level, values.series_id)
    return [one in chain(*mine) or mine in chain(*one) for one in others]


def names_of(desk: Desk, rows: Sequence[PlanValues]) -> dict[tuple[str, str | None], str]:
    named: dict[tuple[str, str | None], str] = {
        (row.level, row.series_id): row.series_id or "Whole shop" for row in rows
    }
    for level in ("product", "category"):
        ids = {row.series_id for row in rows if row.level == level and row.series_id}
        if ids:
            found = series_service.labels(desk, newest_manifest(desk).number, level, ids)
            named |= {(level, series): name for series, name in found.items()}
    return named


def _days(first: date, last: date | None) -> str:
    if last is None:
        return f"from {day(first)} on"
    return f"on {day(first)}" if first == last else f"from {day(first)} to {day(last)}"


def newest_manifest(desk: Desk) -> Manifest:
    newest = desk.store.newest()
    if newest is None:
        raise PlanError(
            "The shop's data has not been read yet.",
            remedy="Refresh the data on the page Data, then plan.",
        )
    return newest
