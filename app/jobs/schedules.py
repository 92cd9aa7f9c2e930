"""Schedules: when which job is asked for by itself; kept by DBOS, changed at run time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any

from app.jobs.kinds import JobError
from app.jobs.queueing import APPLICATION, TICK

if TYPE_CHECKING:
    from dbos import DBOSClient

MINUTES = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1440)
"""The distances that divide an hour or a day, so that every day has the same times."""

LIVE_ON_MINUTES = 1.0
RETAIN_MINUTES = 1440.0
WATCH_MINUTES = 60.0
DIGEST_MINUTES = 1440.0
"""Every morning: on Mondays all digests of the week, on the other days those that failed."""

HOURS = {"digest": 6}
"""Local hour in which a daily schedule asks, where the night is not the time for it."""

GONE = ("retrain",)
"""Schedules of earlier versions: what learns anew is asked for by triggers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleView:
    """One schedule."""

    name: str  # the key of the job kind that it asks for
    title: str
    every_minutes: int
    active: bool
    last_fired_at: datetime | None  # naive UTC


def create_schedules(
    client: DBOSClient, wanted: dict[str, float], *, demo: bool, zone: tzinfo = UTC
) -> None:
    """Make the schedules that are missing; one that staff changed stays as they made it.

    Parameters
    ----------
    wanted : minutes between two jobs, by kind: the default of the settings.
    demo : whether the shop is a demo shop, which lives on.
    zone : of the shop, for what is asked for at a local hour.
    """
    for kind, minutes in wanted.items():
        cron, default = cron_of(minutes), str(minutes)
        if kind in HOURS:
            cron = daily_at(HOURS[kind], zone)
        known = client.get_schedule(kind)
        if known is not None and (known["context"] or {}).get("default") == default:
            continue
        context = {"kind": kind, "default": default}
        client.apply_schedules(
            [
                {
                    "schedule_name": kind,
                    "workflow_name": TICK,
                    "schedule": cron,
                    "context": context,
                    "application_name": APPLICATION,
                }
            ]
        )
    if "live_on" in wanted:
        (client.resume_schedule if demo else client.pause_schedule)("live_on")


def remove_schedules(client: DBOSClient, names: Collection[str]) -> None:
    """Remove those that are there."""
    for name in names:
        if client.get_schedule(name) is not None:
            client.delete_schedule(name)


def list_schedules(client: DBOSClient, titles: dict[str, str]) -> list[ScheduleView]:
    return [_view(row, titles) for row in client.list_schedules() if row["schedule_name"] in titles]


def change_schedule(
    client: DBOSClient, name: str, *, every_minutes: float | None = None, active: bool | None = None
) -> None:
    """Change how often a schedule asks, or pause it; workers heed it within seconds.

    Raises
    ------
    JobError : no such schedule, or a distance that is not one of `MINUTES`.
    """
    known = client.get_schedule(name)
    if known is None:
        raise JobError(f"There is no schedule {name}.", remedy="Reload the page.")
    if every_minutes is not None:
        if every_minutes not in MINUTES:
            raise JobError(
                f"A schedule cannot run every {every_minutes:g} minutes.",
                remedy=f"Choose one of {', '.join(map(str, MINUTES))} minutes.",
            )
        client.apply_schedules(
            [
                {
                    "schedule_name": name,
                    "workflow_name": known["workflow_name"],
                    "schedule": cron_of(every_minutes),
                    "context": known["context"],
                    "application_name": APPLICATION,
                }
            ]
        )
        if known["status"] != "ACTIVE" and active is None:
            client.pause_schedule(name)
    if active is not None:
        (client.resume_schedule if active else client.pause_schedule)(name)


def cron_of(minutes: float) -> str:
    """A cron line, seconds first, for the permitted distance nearest to one in minutes.

    >>> cron_of(60), cron_of(2), cron_of(1440), cron_of(0.1)
    ('0 0 */1 * * *', '0 */2 * * * *', '0 0 3 * * *', '*/6 * * * * *')
    """
    if minutes < 1:
        return f"*/{max(round(minutes * 60), 1)} * * * * *"
    nearest = min(MINUTES, key=lambda choice: abs(choice - minutes))
    if nearest < 60:
        return f"0 */{nearest} * * * *"
    if nearest < 1440:
        return f"0 0 */{nearest // 60} * * *"
    return "0 0 3 * * *"  # once a day: at night


def daily_at(hour: int, zone: tzinfo) -> str:
    """A cron line (in UTC) for a local hour of each day, as the zone stands now.

    >>> from datetime import timedelta, timezone
    >>> daily_at(6, timezone(timedelta(hours=2)))
    '0 0 4 * * *'
    """
    today = datetime.now(zone).replace(hour=hour, minute=0)
    return f"0 0 {today.astimezone(UTC).hour} * * *"


def minutes_of(cron: str) -> int:
    """The distance of a cron line of `cron_of`, in whole minutes."""
    second, minute, hour, *_ = cron.split()
    if second.startswith("*/"):
        return 1
    if minute.startswith("*/"):
        return int(minute[2:])
    return int(hour[2:]) * 60 if hour.startswith("*/") else 1440


def _view(row: Any, titles: dict[str, str]) -> ScheduleView:
    fired = row["last_fired_at"]
    return ScheduleView(
        name=row["schedule_name"],
        title=titles[row["schedule_name"]],
        every_minutes=minutes_of(row["schedule"]),
        active=row["status"] == "ACTIVE",
        last_fired_at=datetime.fromisoformat(fired).astimezone(UTC).replace(tzinfo=None)
        if fired
        else None,
    )
