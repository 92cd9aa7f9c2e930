"""The API called by its own description and against it: three hundred calls, always the same."""

from __future__ import annotations

from pathlib import Path

from tests.factories.api_fuzz import fuzz
from tests.factories.api_home import known_bodies, known_values, make_desk, serve
from tests.factories.app_database import cheap_hashes
from tests.factories.small_shop import close

CALLS = 300


def test_three_hundred_calls_are_answered_as_the_description_says(tmp_path: Path) -> None:
    with cheap_hashes():
        desk = make_desk(tmp_path / "home")
        found = fuzz(desk, serve(desk), CALLS, known=known_values(desk), bodies=known_bodies())
    desk.analytics.close()
    close(desk)
    assert found.failures == [], "\n\n".join(found.failures[:20])
    assert found.calls >= CALLS
    # The gate, the roles and the limits stand before much; behind them is what is to be tried.
    assert [one for one in found.operations if not found.beyond[one]] == []
    assert found.beyond.total() >= found.calls / 2
    assert [one for one in found.operations if not found.done[one]] == []
    assert found.done.total() >= found.calls / 5
