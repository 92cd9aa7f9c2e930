"""The kinds of triggers: what each waits for, the value it takes, and its bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Literal
from zoneinfo import ZoneInfo

from app.jobs.kinds import JobError, Json

FEWEST_HOURS = 1.0
"""Between two times of a cron line: the data themselves are hardly newer than that."""

TIMES_LOOKED_AT = 40
"""Of a cron line, to tell how near to each other they come."""


class TriggerRefused(JobError):  # noqa: N818 - reads as what happened
    """A trigger cannot be so, and what would do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerKind:
    """One way to know that it is time; its form is drawn from here."""

    key: str
    label: str  # of the choice
    about: str  # one sentence for staff
    field: str | None  # name of its one value; None: it takes none
    kind: Literal["int", "share", "float", "cron"] | None = None
    field_label: str = ""
    default: Any = None
    minimum: float = 0.0
    maximum: float = 0.0
    step: float = 1.0
    unit: str = ""
    of: tuple[str, ...] = ()  # capabilities; empty: all


KINDS: dict[str, TriggerKind] = {
    kind.key: kind
    for kind in (
        TriggerKind(
            key="days",
            label="Every so many days",
            about="Counts from the last time; the first time from when it was set.",
            field="days",
            kind="int",
            field_label="Days",
            default=7,
            minimum=1,
            maximum=366,
            unit="days",
        ),
        TriggerKind(
            key="cron",
            label="At set times (cron)",
            about="Minute, hour, day of the month, month, day of the week, in the shop's time: "
            "“0 4 * * 1” is every Monday at 04:00.",
            field="cron",
            kind="cron",
            field_label="Cron line",
            default="0 4 * * 1",
        ),
        TriggerKind(
            key="growth",
            label="The data grew",
            about="By orders in the snapshot, against the one that the newest version learned "
            "from.",
            field="share",
            kind="share",
            field_label="By",
            default=0.1,
            minimum=0.01,
            maximum=10.0,
            step=0.01,
            unit="%",
        ),
        TriggerKind(
            key="quality",
            label="Quality fell since the champion learned",
            about="What it said of what came since, beside the rule of thumb on the same cases, "
            "against how far ahead of it the champion was when it was measured.",
            field="share",
            kind="share",
            field_label="By",
            default=0.05,
            minimum=0.01,
            maximum=1.0,
            step=0.01,
            unit="%",
        ),
        TriggerKind(
            key="season",
            label="A season changed",
            about="Spring, summer, autumn and winter begin in March, June, September and "
            "December: the first data of a season that the newest version has not seen.",
            field=None,
        ),
        TriggerKind(
            key="drift",
            label="Drift beyond a bound",
            about="The score of the daily comparison with what the champion learned from, on the "
            "view Watch: 1 is the bound of an alarm.",
            field="bound",
            kind="float",
            field_label="Score from",
            default=1.0,
            minimum=0.1,
            maximum=100.0,
            step=0.1,
        ),
        TriggerKind(
            key="pattern",
            label="A new pattern of fraud",
            about="A burst of fraud that the newest version did not know: a slice of orders, "
            "nearly all fraud, within a short time.",
            field=None,
            of=("fraud",),
        ),
    )
}


def kind_of(key: str, capability: str) -> TriggerKind:
    """
    Raises
    ------
    TriggerRefused : no such kind, or not for this capability.
    """
    found = KINDS.get(key)
    if found is None:
        raise TriggerRefused(
            f"There is no trigger of kind {key!r}.", remedy=f"Choose one of {', '.join(KINDS)}."
        )
    if found.of and capability not in found.of:
        raise TriggerRefused(
            f"“{found.label}” is not known of {capability}.",
            remedy="Choose another kind of trigger.",
        )
    return found


def checked(key: str, value: Mapping[str, Any], *, capability: str, zone: ZoneInfo) -> Json:
    """The value of a trigger in its type.

    Raises
    ------
    TriggerRefused : out of its bounds, or a time that never comes.
    """
    kind = kind_of(key, capability)
    if kind.field is None:
        return {}
    given = value.get(kind.field)
    if kind.kind == "cron":
        return {kind.field: cron(str(given or ""), zone)}
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise TriggerRefused(f"{kind.label}: {given!r} is no number.", remedy=_bounds(kind))
    if not kind.minimum <= given <= kind.maximum or (kind.kind == "int" and given != int(given)):
        raise TriggerRefused(
            f"{kind.label}: {_shown(kind, given)} cannot be used.", remedy=_bounds(kind)
        )
    return {kind.field: int(given) if kind.kind == "int" else float(given)}


def cron(text: str, zone: ZoneInfo, *, now: datetime | None = None) -> str:
    """A cron line of five fields that comes again and again, but not more than once an hour.

    now : naive local time; only for tests.

    Raises
    ------
    TriggerRefused : not to be understood, never comes (31 February), or too often.
    """
    line = " ".join(text.split())
    if len(line.split(" ")) != 5 or len(line) > 100:
        raise TriggerRefused(
            f"“{line[:60]}” is no cron line.",
            remedy="Write five fields: minute, hour, day of the month, month, day of the week; "
            "for example 0 4 * * 1 for every Monday at 04:00.",
        )
    times = times_of(line, now or datetime.now(zone).replace(tzinfo=None), TIMES_LOOKED_AT)
    nearest = min(
        (after - before for before, after in pairwise(times)),
        default=timedelta.max,
    )
    if nearest < timedelta(hours=FEWEST_HOURS):
        raise TriggerRefused(
            f"“{line}” comes again after {nearest / timedelta(minutes=1):.0f} minutes.",
            remedy="Give one minute, so that it comes at most once an hour; data are no newer.",
        )
    return line


def times_of(line: str, after: datetime, count: int) -> list[datetime]:
    """The next local times of a cron line.

    Raises
    ------
    TriggerRefused : it is none, or it never comes.
    """
    from croniter import CroniterBadDateError, CroniterError, croniter

    try:
        steps = croniter(line, after)
        return [steps.get_next(datetime) for _ in range(count)]
    except CroniterBadDateError as error:
        raise TriggerRefused(
            f"“{line}” never comes: there is no such day.",
            remedy="Choose a day that the month has; the last day of a month is L.",
        ) from error
    except (CroniterError, ValueError, KeyError, OverflowError) as error:
        raise TriggerRefused(
            f"“{line}” is no cron line.",
            remedy="Minutes go from 0 to 59, hours from 0 to 23, days from 1 to 31, months from "
            "1 to 12, days of the week from 0 (Sunday) to 6.",
        ) from error


def in_words(key: str, value: Mapping[str, Any]) -> str:
    """What a trigger waits for: "every 7 days", "the data grew by 10 %"."""
    kind = KINDS.get(key)
    if kind is None:
        return key
    given = value.get(kind.field) if kind.field else None
    if key == "days":
        return "Every day" if given == 1 else f"Every {given} days"
    if key == "cron":
        return _cron_in_words(str(given))
    if key == "growth":
        return f"The data grew by {_shown(kind, given)}"
    if key == "quality":
        return f"Quality fell by {_shown(kind, given)} since the champion learned"
    if key == "drift":
        return f"Drift scores {_shown(kind, given)} or more"
    return kind.label


DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _cron_in_words(line: str) -> str:
    """ "Every Monday at 04:00" where it is as simple as that; else the line itself."""
    fields = line.split()
    if len(fields) == 5 and all(one.isdigit() for one in fields[:2]) and fields[2:4] == ["*", "*"]:
        at = f"{int(fields[1]):02}:{int(fields[0]):02}"
        if fields[4] == "*":
            return f"Every day at {at}"
        if fields[4].isdigit() and int(fields[4]) < len(DAYS):
            return f"Every {DAYS[int(fields[4])]} at {at}"
    return f"At set times: {line}"


def _shown(kind: TriggerKind, value: Any) -> str:
    if kind.kind == "share" and isinstance(value, int | float):
        return f"{value * 100:g} %"
    return f"{value:g} {kind.unit}".strip() if isinstance(value, int | float) else str(value)


def _bounds(kind: TriggerKind) -> str:
    whole = "a whole number " if kind.kind == "int" else ""
    return f"Choose {whole}from {_shown(kind, kind.minimum)} to {_shown(kind, kind.maximum)}."
