"""List prices: random tests, costs passed on, answers to demand and to competitors, slips."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from data_access.shop import tables as shop
from data_access.sources.demo import truth
from data_access.sources.demo.calendar import HOUR, SECOND, instants, midnight
from data_access.sources.demo.catalogue import charming, product_codes
from data_access.sources.demo.chance import Floats, Ints, generator, uniform_of
from data_access.sources.demo.columns import NONE, Arrow, dates, numbers, stamps, words
from data_access.sources.demo.demand import index_of
from data_access.sources.demo.incidents import Incident
from data_access.sources.demo.ledger import Ledger
from data_access.sources.demo.world import World

REASONS = ("test", "cost", "demand", "competitor", "slip", "correction", "listed")
TEST, COST, DEMAND, COMPETITOR, SLIP, CORRECTION, LISTED = range(7)
_STEPS = np.array([-0.15, -0.10, -0.08, -0.05, -0.03, 0.03, 0.05, 0.08, 0.10, 0.15])
_TEST_SHARE = 0.010  # of products a week
_ANSWER_SHARE = 0.06  # of products a week whose demand has moved
_COST_SHARE = 0.012  # of suppliers a week
_PASS_ON = 0.6
_LOWEST, _HIGHEST = 0.72, 1.40  # of the fair price
COMPETITORS = ("Haus & Hof", "Gartenglück", "Maison Directe")


def watched(world: World, index: Ints) -> np.ndarray:
    """Products whose competitors are looked up, by their number alone."""
    return uniform_of(world.seed, "watched", index) < world.size.watched_share


def listed(world: World, ledger: Ledger, first: int, visible: int) -> None:
    """First prices of the products from number ``first`` on."""
    index = np.arange(first, len(world.products))
    begin = np.array([midnight(int(day)) for day in world.products.launch[first:]], dtype=np.int64)
    moment = np.full(len(index), visible)
    ledger.add(
        shop.price_history,
        _rows(index, begin, world.products.price[first:], np.full(len(index), LISTED), moment),
        moment,
    )


def decide(world: World, ledger: Ledger, days: Ints, incidents: list[Incident]) -> Ints:
    """Change prices and costs for the week; returns list prices by day and product."""
    rng = generator(world.seed, "prices", world.week)
    products, state = world.products, world.state
    n = len(products)
    live = (products.launch < days[0]) & (products.end > days[-1])
    fair = products.price * index_of(days[:1], world.start_week)[0]
    wish = np.zeros(n)
    reason = np.full(n, -1)
    signal = np.full(n, np.nan)

    draw = rng.random(n)
    step = _STEPS[rng.integers(0, len(_STEPS), n)]
    test = draw < _TEST_SHARE
    wish[test], reason[test] = step[test], TEST

    # The owner lowers what sells badly and raises what sells well: a naive regression of sales
    # on prices is wrong on these.
    recent = state.recent[:, -4:].sum(axis=1) + 2.0
    before = state.recent[:, :8].sum(axis=1) / 2 + 2.0
    moved = np.log(recent / before)
    answer = (np.abs(moved) > 0.45) & (draw > 1 - _ANSWER_SHARE) & (reason < 0)
    wish[answer] = (np.sign(moved) * np.clip(np.abs(moved) * 0.09, 0.03, 0.09))[answer]
    reason[answer], signal[answer] = DEMAND, moved[answer]

    shaken = rng.random(world.size.suppliers) < _COST_SHARE
    change = rng.normal(0.028, 0.03, world.size.suppliers)
    passes = rng.random(n) < _PASS_ON
    touched = shaken[products.supplier] & live
    factor = 1 + change[products.supplier]
    cost_day = int(rng.integers(0, 5))
    _costs(world, ledger, touched, factor, int(days[cost_day]))
    passed = touched & passes & (reason < 0) & (np.abs(factor - 1) > 0.01)
    wish[passed], reason[passed] = (factor - 1)[passed], COST

    _rivals(world, ledger, rng, days, fair, live)
    gap = state.rival - np.log(state.price / fair)
    follow = (state.rival != 0) & (np.abs(gap) > 0.12) & (rng.random(n) < 0.07) & (reason < 0)
    wish[follow], reason[follow] = 0.5 * gap[follow], COMPETITOR

    wanted: Floats = np.clip(state.price * np.exp(wish), _LOWEST * fair, _HIGHEST * fair)
    new = charming(wanted, rng.integers(0, 4, n).astype(np.int64))
    day = _away_from_slips(world, days, rng.integers(0, 7, n), incidents)
    changed = (reason >= 0) & live & (new != state.price) & (new > 1.12 * state.cost)
    which = np.flatnonzero(changed)
    matrix = np.repeat(state.price[None, :], len(days), axis=0)
    later = np.arange(len(days))[:, None] >= day[which][None, :]
    matrix[:, which] = np.where(later, new[which], state.price[which])
    _changes(ledger, which, days[day[which]], new[which], reason[which], signal[which])
    state.price[which] = new[which]
    _slips(world, ledger, days, matrix, incidents)
    return matrix


def _away_from_slips(world: World, days: Ints, day: Ints, incidents: list[Incident]) -> Ints:
    """Days of the week of planned changes, none on the day of a slip or of its correction."""
    for incident in incidents:
        first = int(incident.first - days[0])
        if incident.kind != "price_slip" or not -1 <= first < len(days):
            continue
        product = incident.product(world)
        while day[product] in (first, first + 1):
            day[product] = (day[product] + 2) % 7
    return day


def _changes(
    ledger: Ledger, which: Ints, day: Ints, price: Ints, reason: Ints, signal: Floats
) -> None:
    start = instants(day, np.zeros(len(day), dtype=np.int64))
    ledger.add(shop.price_history, _rows(which, start, price, reason, start), start)
    ledger.add(
        truth.cost_changes,
        {
            "product_id": product_codes(which),
            "valid_from": stamps(start),
            "reason": words(REASONS, reason),
            "demand_signal": pa.array(signal, from_pandas=True),
        },
        start,
    )


def _rows(index: Ints, start: Ints, price: Ints, reason: Ints, moment: Ints) -> dict[str, Arrow]:
    return {
        "product_id": product_codes(index),
        "valid_from": stamps(start),
        "price": numbers(price),
        "reason": words(REASONS, reason),
        "updated_at": stamps(moment),
    }


def _slips(
    world: World, ledger: Ledger, days: Ints, matrix: Ints, incidents: list[Incident]
) -> None:
    """A digit slips: the price is a tenth for a day, and is put right the next midnight."""
    for incident in incidents:
        if incident.kind != "price_slip" or not days[0] <= incident.first <= days[-1]:
            continue
        product = incident.product(world)
        row = int(incident.first - days[0])
        if row + 1 < len(days) and matrix[row + 1, product] != matrix[row, product]:
            continue  # a planned change would hide the correction
        if row > 0 and matrix[row - 1, product] != matrix[row, product]:
            continue
        right = int(matrix[row, product])
        wrong = right // 10
        matrix[row, product] = wrong
        day = np.array([incident.first, incident.first + 1])
        which = np.array([product, product])
        reason = np.array([SLIP, CORRECTION])
        _changes(ledger, which, day, np.array([wrong, right]), reason, np.full(2, np.nan))


def _costs(world: World, ledger: Ledger, touched: np.ndarray, factor: Floats, day: int) -> None:
    which = np.flatnonzero(touched)
    new = np.rint(world.state.cost[which] * factor[which] / 10).astype(np.int64) * 10
    world.state.cost[which] = new
    moment = np.full(len(which), int(instants(day, 7 * HOUR + 40 * 60 * SECOND)))
    ledger.patch_products(
        {
            "product_id": product_codes(which),
            "unit_cost": numbers(new),
            "ended_on": dates(np.full(len(which), NONE)),
            "updated_at": stamps(moment),
        },
        moment,
    )


def endings(world: World, ledger: Ledger, days: Ints) -> None:
    """Products whose last day falls into this week say so the morning after."""
    ending = np.flatnonzero((world.products.end >= days[0]) & (world.products.end <= days[-1]))
    last = world.products.end[ending]
    moment = instants(last + 1, np.full(len(ending), 6 * HOUR))
    ledger.patch_products(
        {
            "product_id": product_codes(ending),
            "unit_cost": numbers(np.full(len(ending), NONE)),
            "ended_on": dates(last),
            "updated_at": stamps(moment),
        },
        moment,
    )


def _rivals(
    world: World,
    ledger: Ledger,
    rng: np.random.Generator,
    days: Ints,
    fair: Floats,
    live: np.ndarray,
) -> None:
    """Competitors' prices: each has its own level, wanders, and follows ours half way."""
    n = len(live)
    which = np.flatnonzero(watched(world, np.arange(n)) & live)
    if not len(which):
        return
    ours = np.log(world.state.price[which] / fair[which])
    former = world.state.rival[which]
    drawn = rng.normal(0, 1, (2, len(which)))
    wander = 0.86 * former + 0.10 * ours + 0.028 * drawn[0] + 0.004
    opened = former == 0
    wander[opened] = 0.09 * drawn[1][opened] - 0.01
    world.state.rival[which] = wander
    for place in range(2):
        name = (which + place) % len(COMPETITORS)
        own = 0.05 * (uniform_of(world.seed, f"rival-{place}", which) - 0.5)
        price = charming(fair[which] * np.exp(wander + own), (which + place) % 4)
        seen = instants(
            int(days[0]) + (which + place) % 5,
            9 * HOUR + rng.integers(0, 6 * 3_600, len(which)) * SECOND,
        )
        ledger.add(
            shop.competitor_prices,
            {
                "product_id": product_codes(which),
                "competitor": words(COMPETITORS, name),
                "observed_at": stamps(seen),
                "price": numbers(price),
                "updated_at": stamps(seen),
            },
            seen,
        )
