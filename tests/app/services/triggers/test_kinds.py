"""What a trigger may be: in bounds, and at times that come."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from app.services.triggers.conditions import season_of
from app.services.triggers.kinds import TriggerRefused, checked, cron, in_words, times_of

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 4, 1, 12)


def refused(kind: str, **value: object) -> str:
    with pytest.raises(TriggerRefused) as found:
        checked(kind, value, capability="forecasting", zone=BERLIN)
    assert found.value.remedy
    return str(found.value)


@pytest.mark.parametrize("line", ["0 0 31 2 *", "0 0 30 2 *", "0 4 31 4,6,9,11 *"])
def test_a_day_that_never_comes_is_refused_in_words(line: str) -> None:
    with pytest.raises(TriggerRefused, match="never comes"):
        cron(line, BERLIN, now=NOW)


@pytest.mark.parametrize("line", ["", "hello", "0 4 * *", "0 0 4 * * *", "61 4 * * *", "@daily"])
def test_what_is_no_cron_line_is_refused(line: str) -> None:
    with pytest.raises(TriggerRefused, match="no cron line"):
        cron(line, BERLIN, now=NOW)


def test_more_often_than_once_an_hour_is_refused() -> None:
    with pytest.raises(TriggerRefused, match="again after 5 minutes"):
        cron("*/5 * * * *", BERLIN, now=NOW)
    assert cron("0 * * * *", BERLIN, now=NOW) == "0 * * * *"


def test_a_rare_day_and_spare_blanks_are_taken() -> None:
    assert cron("  0  4 29 2 * ", BERLIN, now=NOW) == "0 4 29 2 *"
    assert times_of("0 4 29 2 *", NOW, 1) == [datetime(2028, 2, 29, 4)]


def test_values_out_of_bounds_are_refused_with_the_bounds() -> None:
    assert "0 days" in refused("days", days=0)
    assert "367 days" in refused("days", days=367)
    assert "2.5 days" in refused("days", days=2.5)
    assert "no number" in refused("days", days="soon")
    assert "no number" in refused("growth", share=True)
    assert "0.1 %" in refused("growth", share=0.001)
    assert "nan" in refused("drift", bound=float("nan"))
    assert "no trigger" in refused("moon")


def test_a_pattern_of_fraud_is_only_known_of_fraud() -> None:
    assert "not known of forecasting" in refused("pattern")
    assert checked("pattern", {}, capability="fraud", zone=BERLIN) == {}


def test_what_it_waits_for_is_said_in_words() -> None:
    assert in_words("days", {"days": 1}) == "Every day"
    assert in_words("growth", {"share": 0.1}) == "The data grew by 10 %"
    assert in_words("quality", {"share": 0.05}) == (
        "Quality fell by 5 % since the champion learned"
    )
    assert in_words("season", {}) == "A season changed"
    assert in_words("cron", {"cron": "0 4 * * *"}) == "Every day at 04:00"
    assert in_words("cron", {"cron": "30 16 * * 1"}) == "Every Monday at 16:30"
    assert in_words("cron", {"cron": "0 4 1 * *"}) == "At set times: 0 4 1 * *"


def test_seasons_begin_in_march_june_september_and_december() -> None:
    months = [season_of(date(2026, month, 1)) for month in range(1, 13)]
    assert months == [
        *["winter"] * 2,
        *["spring"] * 3,
        *["summer"] * 3,
        *["autumn"] * 3,
        "winter",
    ]
