"""The parts of a number as a table: what, how much, and what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui import forecasts, tables, words

if TYPE_CHECKING:
    from app.services.forecasting import Contributions, ForecastView

MEANING = {
    "usual level": "What usually sells",
    "season": "The time of the year",
    "trend": "Growing or shrinking over months",
    "price": "The price against what it was",
    "promotion": "Promotions running or planned",
    "holiday": "Public holidays in or near the week",
    "recent sales": "The pace of the last weeks",
    "other columns": "Weather, events and other columns uploaded",
    "override": "What a person changed",
    "not explained": "What is missing to the total",
    "correction": "Past bias taken out; never below zero",
}


def _told(units: float) -> float:
    """Without the sign of what rounds to nothing: "−0.0" reads as a loss."""
    return abs(units) if abs(units) < 0.05 else units


def table(found: ForecastView, why: Contributions) -> None:
    """Parts with the total at the end."""
    records: list[dict[str, object]] = [
        {
            "part": words.sentence(name),
            "units": _told(units),
            "meaning": MEANING.get(name, ""),
        }
        for name, units in forecasts.explained(why)
    ]
    records.append({"part": "Forecast", "units": why.total, "meaning": "The sum of the parts"})
    tables.show(
        tables.rows(records),
        {
            "part": tables.text_column("Part"),
            "units": tables.count_column("Units", decimals=1),
            "meaning": tables.text_column("Meaning"),
        },
        alt=f"Parts of the forecast of {found.label} in units",
    )
