"""One week of the shop's life, from its opening on Monday to the state that the next one needs."""

from __future__ import annotations

import numpy as np

from data_access.shop import tables as shop
from data_access.sources.demo import (
    baskets,
    campaigns,
    catalogue,
    catalogue_rows,
    customers,
    delivery,
    demand,
    fraud,
    incidents,
    orders,
    payments,
    prices,
    promotions,
    queries,
    refunds,
    reviews,
    stock,
    suppliers,
    tickets,
    truth,
    visits,
)
from data_access.sources.demo.calendar import midnight, week_start
from data_access.sources.demo.chance import Floats, Ints
from data_access.sources.demo.columns import dates, numbers, pa_floats
from data_access.sources.demo.goods import LEAF_SHARE
from data_access.sources.demo.ledger import Ledger
from data_access.sources.demo.sizes import WEEKS, Size
from data_access.sources.demo.world import ProductState, World


def found(seed: int, size: Size, start_week: int, ledger: Ledger) -> World:
    """The shop on the morning of its first day."""
    products = catalogue.cohort(seed, size, start_week, start_week, None)
    people = customers.cohort(seed, size, start_week, None)
    visible = midnight(week_start(start_week))
    world = World(
        seed=seed,
        size=size,
        start_week=start_week,
        week=start_week,
        products=products,
        people=people,
        state=ProductState.fresh(products, 0, _expected_pace(size, products, 0, start_week)),
        gone=people.gone.copy(),
        pull=np.ones(len(people), dtype=np.float32),
        pull_until=np.zeros(len(people), dtype=np.int64),
        # Three in four of those who signed up earlier have ordered earlier.
        first_order=np.where(np.arange(len(people)) % 4 == 3, 0, people.day),
    )
    for table, columns in suppliers.fixed_rows(seed, size, start_week).items():
        n = len(next(iter(columns.values())))
        ledger.add(table, columns, np.full(n, visible))
    _show_products(world, ledger, 0, visible)
    _show_customers(world, ledger, 0, np.full(len(people), visible))
    movements = stock.Movements()
    stock.open_shelves(world, movements, 0, visible)
    movements.write(world, ledger)
    for week in range(start_week, start_week + promotions.AHEAD_WEEKS):
        promotions.plan(world, ledger, week, start_week)
    return world


def live(world: World, ledger: Ledger) -> None:
    """Make the world's next week."""
    days = week_start(world.week) + np.arange(7)
    movements = stock.Movements()
    _arrivals(world, ledger, movements)
    around = incidents.around(world.seed, world.start_week, world.week)
    begun = [one for one in around if one.week == world.week]
    current = [one for one in around if one.first <= days[-1] and one.last >= days[0]]
    incidents.keep_truth(ledger, world, begun)
    campaigns.run(world, ledger)
    promotions.plan(world, ledger, world.week + promotions.AHEAD_WEEKS, world.week)
    price = prices.decide(world, ledger, days, current)
    prices.endings(world, ledger, days)

    wished = demand.draw(world, ledger, days, price, current)
    filled = baskets.fill(world, wished, days)
    bad = fraud.add(world, filled, wished, days)
    placed = orders.compose(world, filled, bad, days)
    failed = payments.decide(world, placed, current, days)
    served = stock.serve(world, ledger, movements, days, placed, filled.lines, around)
    failed = failed[_sequence(placed, filled.lines.kept(served))]
    placed, lines, paid, listed = orders.settle(world, placed, filled.lines.kept(served), wished)
    orders.write(world, ledger, placed, lines, paid, listed)
    payments.write(world, ledger, placed, failed)
    fate = delivery.send(world, ledger, placed, days, around)
    wrong = refunds.complaints(world, placed, lines, fate, days, current)
    refunds.write(world, ledger, placed, lines, paid, fate, wrong)
    refunds.charge_back(world, ledger, placed, fate)
    reviews.write(world, ledger, placed, lines, listed, paid, fate, wrong)
    tickets.write(world, ledger, placed, lines, fate, wrong)
    visits.write(world, ledger, placed, lines, days, current)

    movements.write(world, ledger)
    promotions.forget(world, int(days[-1]))
    ledger.add(
        truth.totals,
        {
            "week": dates(days[:1]),
            "orders": numbers(np.array([len(placed)])),
            "fraud_orders": numbers(np.array([int((placed.kind >= 0).sum())])),
            "lost_units": numbers(np.array([world.counters.get("lost", 0)])),
        },
        np.array([midnight(int(days[-1]) + 1)]),
    )
    world.week += 1


def _sequence(placed: orders.Orders, lines: baskets.Lines) -> Ints:
    """Places of the orders that keep a line, as they were placed."""
    filled = np.bincount(lines.order, minlength=len(placed)) > 0
    which = np.flatnonzero(filled)
    return which[np.argsort(placed.placed[which], kind="stable")]


def _arrivals(world: World, ledger: Ledger, movements: stock.Movements) -> None:
    """New products and new customers of the week."""
    first = len(world.products)
    more = catalogue.cohort(world.seed, world.size, world.start_week, world.week, world.products)
    monday = midnight(week_start(world.week))
    if len(more):
        world.products = world.products.grown(more)
        pace = _expected_pace(world.size, world.products, first, world.start_week)
        world.state = world.state.grown(ProductState.fresh(world.products, first, pace))
        _show_products(world, ledger, first, monday)
        stock.open_shelves(world, movements, first, monday)
    people = customers.cohort(world.seed, world.size, world.start_week, world.week)
    if len(people):
        at = len(world.people)
        world.people = world.people.grown(people)
        world.gone = np.concatenate([world.gone, people.gone])
        world.pull = np.concatenate([world.pull, np.ones(len(people), dtype=np.float32)])
        zeros = np.zeros(len(people), dtype=np.int64)
        world.pull_until = np.concatenate([world.pull_until, zeros])
        world.first_order = np.concatenate([world.first_order, zeros])
        _show_customers(world, ledger, at, people.signed_up)


def _expected_pace(size: Size, products: catalogue.Products, first: int, start_week: int) -> Floats:
    """Units a day that a buyer would guess for a product when it is taken in."""
    share = np.zeros(len(products))
    for leaf in range(len(LEAF_SHARE)):
        which = products.leaf == leaf
        total = products.level[which].sum()
        share[which] = LEAF_SHARE[leaf] * products.level[which] / max(total, 1e-9)
    lines = size.orders * demand.LINES_PER_ORDER / (WEEKS * 7)
    return (share * lines * 1.5)[first:]


def _show_products(world: World, ledger: Ledger, first: int, visible: int) -> None:
    n = len(world.products) - first
    moment = np.full(n, visible)
    rows = catalogue_rows.product_rows(world.seed, world.products, first, visible)
    ledger.add(shop.products, rows, moment)
    followed = prices.watched(world, np.arange(first, len(world.products)))
    rivals = {"rival_elasticity": pa_floats(np.where(followed, demand.RIVALS, 0.0))}
    ledger.add(truth.products, catalogue_rows.truth_rows(world.products, first) | rivals, moment)
    prices.listed(world, ledger, first, visible)
    queries.keep_truth(ledger, world.products, first, visible)


def _show_customers(world: World, ledger: Ledger, first: int, visible: Ints) -> None:
    part = customers.Customers(
        **{
            name: getattr(world.people, name)[first:]
            for name in customers.Customers.__dataclass_fields__
        }
    )
    ledger.add(shop.customers, customers.customer_rows(world.seed, part, first), visible)
    here = world.people.rate[world.gone >= week_start(world.week)].sum()
    a_year = world.size.orders / 3 / max(float(here), 1.0)
    ledger.add(truth.customers, customers.truth_rows(part, first, a_year), visible)
    index = np.arange(first, len(world.people))
    ledger.add(truth.customer_lives, customers.life_rows(index, part.day, part.gone), visible)
