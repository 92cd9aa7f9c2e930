"""How long is kept what, as staff may set it; shown at Models, Retention."""

from __future__ import annotations

from app.access.roles import Permission
from app.services.setting_types import Definition

GROUP = "Retention"
_TECHNICAL = frozenset({Permission.manage_settings})


def _days(key: str, label: str, default: int, help_: str, *, least: int = 1) -> Definition:
    return Definition(
        key=key,
        label=label,
        group=GROUP,
        kind="int",
        default=default,
        minimum=least,
        maximum=36_500,
        step=1,
        unit="days",
        help=help_,
        needs=_TECHNICAL,
    )


def _count(key: str, label: str, default: int, help_: str) -> Definition:
    return Definition(
        key=key,
        label=label,
        group=GROUP,
        kind="int",
        default=default,
        minimum=1,
        maximum=100_000,
        step=1,
        unit="",
        help=help_,
        needs=_TECHNICAL,
    )


RETENTION: tuple[Definition, ...] = (
    _count(
        "keep_snapshots",
        "Newest snapshots",
        10,
        "A working day of hourly refreshes to look back on. What a model that decides learned from "
        "is kept besides.",
    ),
    _count(
        "keep_publications",
        "Newest publications",
        30,
        "Of each capability. Of older ones the last of each week stays for two years, then the "
        "last of each month.",
    ),
    _count(
        "keep_versions",
        "Newest versions",
        100,
        "Of each capability. Older ones go once they are older than the days beside, and nothing "
        "needs them.",
    ),
    _days(
        "keep_versions_days",
        "Versions",
        365,
        "A version goes only where it is also not among the newest.",
    ),
    _days(
        "keep_predictions_days",
        "Predictions",
        730,
        "Those made since the model that decides now began are kept besides.",
        least=30,
    ),
    _days(
        "keep_scores_days",
        "Scores of orders",
        730,
        "The scores of orders that became a case are kept besides.",
        least=30,
    ),
    _days("keep_checks_days", "Drift checks", 365, "The newest of each capability stays."),
    _days("keep_alerts_days", "Ended alerts", 365, "An alert that stands is never removed."),
    _days("keep_uses_days", "Hours of use", 365, "Calls, errors and seconds of each version."),
    _days("keep_notes_days", "Jobs", 365, "Jobs that look after the shop stay for one day."),
    _days("keep_lines_days", "Log lines", 90, "The job itself stays longer."),
)
