"""What is needed never goes, nor what is new; whatever the numbers and ages are."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from app.services.retention.choosing import Thing, choose

NOW = datetime(2026, 3, 20)


def test_over_five_hundred_random_homes_nothing_needed_young_or_newest_goes() -> None:
    chance = Random(7)
    for _ in range(500):
        things = [
            Thing(number, NOW - timedelta(hours=chance.randrange(2_000)))
            for number in range(chance.randrange(40))
        ]
        chance.shuffle(things)
        keep = chance.randrange(12)
        before = None if chance.random() < 0.3 else NOW - timedelta(hours=chance.randrange(2_000))
        needed = {one.id: "why" for one in things if chance.random() < 0.4}
        chosen = choose(things, keep=keep, before=before, needed=needed)

        going = set(chosen.going)
        at = {one.id: one.at for one in things}
        newest = sorted(things, key=lambda one: one.at, reverse=True)[:keep]
        assert not going & set(needed)
        assert not going & {one.id for one in newest}
        assert before is None or all(at[one] < before for one in going)
        assert set(chosen.held) <= set(needed)
        # What is left after it went is left alone by the next run.
        left = [one for one in things if one.id not in going]
        assert choose(left, keep=keep, before=before, needed=needed).going == ()


def test_everything_else_goes() -> None:
    things = [Thing(number, NOW - timedelta(days=number)) for number in range(10)]
    chosen = choose(things, keep=2, before=NOW - timedelta(days=4), needed={7: "it decides now"})
    assert chosen.going == (5, 6, 8, 9)
    assert chosen.held == {7: "it decides now"}
