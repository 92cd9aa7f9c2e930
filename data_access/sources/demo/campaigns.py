"""Mails with a held-out part, and tests with two arms: who was in, and what it really did."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from data_access.shop import tables as shop
from data_access.sources.demo import truth
from data_access.sources.demo.calendar import DAY, HOUR, as_date, instants, week_start
from data_access.sources.demo.chance import Floats, Ints, generator, uniform_of
from data_access.sources.demo.columns import Arrow, pa_floats, repeated, stamps, words
from data_access.sources.demo.customers import customer_codes, life_rows
from data_access.sources.demo.ledger import Ledger
from data_access.sources.demo.sizes import WEEKS
from data_access.sources.demo.world import World

MAIL_EVERY_WEEKS = 4
HELD_OUT = 0.15
_MAIL_DAYS = 13
_TESTS = {
    # weeks before the end of the first three years: (name, weeks it runs, effect of arm B)
    41: ("Free shipping from 49 instead of 59", 5, 0.11),
    23: ("Shorter checkout form", 4, 0.0),
    2: ("Larger photographs", 6, 0.04),
}
_LATER_TESTS = (("Reviews above the fold", 5, 0.03), ("Green buttons", 4, 0.0))
_LATER_EVERY_WEEKS = 13


def run(world: World, ledger: Ledger) -> None:
    """Send the week's mail, begin its test."""
    since = world.week - world.start_week
    if since >= 3 and since % MAIL_EVERY_WEEKS == 3:
        _mail(world, ledger)
    test = _TESTS.get(WEEKS - since)
    if test is None and since > WEEKS and (since - WEEKS) % _LATER_EVERY_WEEKS == 0:
        test = _LATER_TESTS[(since - WEEKS) // _LATER_EVERY_WEEKS % len(_LATER_TESTS)]
    if test is not None:
        _test(world, ledger, *test)
    world.tests.take(world.tests.columns["end"] < week_start(world.week))


def _mail(world: World, ledger: Ledger) -> None:
    rng = generator(world.seed, "mail", world.week)
    monday = week_start(world.week)
    people = world.people
    known = np.flatnonzero((people.day < monday) & ~people.crook)
    n = int(min(world.size.mailing, 0.30 * len(known)))
    members = np.sort(rng.choice(known, size=n, replace=False))
    held = rng.random(n) < HELD_OUT
    start = int(instants(monday, 7 * HOUR + int(rng.integers(0, 3_600)) * 1_000_000))
    code = f"mail-{world.week}"
    month = as_date(monday + 3)
    effect = 0.14 + 0.10 * rng.random()
    winback = 0.015 + 0.015 * rng.random()
    gone = world.gone[members] < monday
    wholesale = people.wholesale[members]
    treated = ~held & ~gone & ~wholesale
    who = members[treated]
    world.pull[who] = 1 + effect
    world.pull_until[who] = monday + _MAIL_DAYS
    back = members[~held & gone & ~wholesale & (rng.random(n) < winback)]
    stay = 20 + rng.exponential(240.0, len(back)).astype(np.int64)
    since = np.full(len(back), monday)
    world.gone[back] = monday + stay
    ledger.add(
        truth.customer_lives, life_rows(back, since, monday + stay), np.full(len(back), start)
    )
    _campaign(
        ledger, code, f"News of {month:%B %Y}", "mail", start, start + _MAIL_DAYS * DAY, members,
        words(("treated", "held_out"), held.astype(np.int64)),
    )  # fmt: skip
    _truth(
        ledger, code, start,
        {"alive": (effect, 0.0), "gone": (0.0, winback), "wholesale": (0.0, 0.0)},
    )  # fmt: skip


def _test(world: World, ledger: Ledger, name: str, length: int, effect: float) -> None:
    monday = week_start(world.week)
    index = np.arange(len(world.people))
    share = min(0.5, 2.0 * world.size.mailing / len(index))
    code = f"test-{world.week}"
    inside = uniform_of(world.seed, f"in-{code}", index) < share
    inside &= (world.people.day < monday) & ~world.people.crook
    members = np.flatnonzero(inside)
    start = int(instants(monday, 0))
    end_day = monday + 7 * length
    world.tests.add(
        campaign=np.array([world.week]),
        start=np.array([monday]),
        end=np.array([end_day - 1]),
        effect=np.array([round(effect * 1e6)]),
    )
    arm_b = uniform_of(world.seed, f"arm-{code}", members) < 0.5
    _campaign(
        ledger, code, name, "ab_test", start, int(instants(end_day, 0)), members,
        words(("A", "B"), arm_b.astype(np.int64)),
    )  # fmt: skip
    _truth(ledger, code, start, {"B": (effect, 0.0)})


def pull(world: World, days: Ints) -> Floats:
    """Factor on each customer's rate of buying this week, from mails and tests."""
    factor = np.where(world.pull_until >= days[0], world.pull, 1.0).astype(np.float64)
    tests = world.tests.columns
    for place in range(len(tests["start"])):
        monday, effect = int(tests["start"][place]), tests["effect"][place] / 1e6
        if not effect or not monday <= days[0] <= tests["end"][place]:
            continue
        code = f"test-{int(tests['campaign'][place])}"
        index = np.arange(len(world.people))
        known = int((world.people.day < monday).sum())
        # As many customers as there were when the test began decide on the share inside.
        size = known + _arrived_that_week(world, monday)
        share = min(0.5, 2.0 * world.size.mailing / size)
        inside = uniform_of(world.seed, f"in-{code}", index) < share
        inside &= (world.people.day < monday) & ~world.people.crook
        arm_b = uniform_of(world.seed, f"arm-{code}", index) < 0.5
        factor[inside & arm_b] *= 1 + effect
    return factor


def _arrived_that_week(world: World, monday: int) -> int:
    return int(((world.people.day >= monday) & (world.people.day < monday + 7)).sum())


def _campaign(
    ledger: Ledger, code: str, name: str, kind: str, start: int, end: int, members: Ints,
    arm: Arrow,
) -> None:  # fmt: skip
    moment = np.array([start])
    ledger.add(
        shop.campaigns,
        {
            "campaign_id": pa.array([code]),
            "name": pa.array([name]),
            "kind": pa.array([kind]),
            "starts_at": stamps(moment),
            "ends_at": stamps(np.array([end])),
            "updated_at": stamps(moment),
        },
        moment,
    )
    moments = np.full(len(members), start)
    ledger.add(
        shop.campaign_members,
        {
            "campaign_id": repeated(code, len(members)),
            "customer_id": customer_codes(members),
            "arm": arm,
            "assigned_at": stamps(moments),
            "updated_at": stamps(moments),
        },
        moments,
    )


def _truth(ledger: Ledger, code: str, start: int, effects: dict[str, tuple[float, float]]) -> None:
    n = len(effects)
    ledger.add(
        truth.campaign_effects,
        {
            "campaign_id": pa.array([code] * n),
            "segment": pa.array(list(effects)),
            "effect": pa_floats(np.array([effect for effect, _ in effects.values()])),
            "winback_share": pa_floats(np.array([share for _, share in effects.values()])),
        },
        np.full(n, start),
    )
