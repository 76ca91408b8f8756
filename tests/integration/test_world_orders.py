"""The closed loop: what is ordered is what the world does next, and nothing else changes."""

import numpy as np
import pytest

from credit_limits.domain.account import AccountStatus
from credit_limits.simulation.orders import LimitOrders, orders_by_id
from credit_limits.simulation.parameters import WorldParameters
from credit_limits.simulation.portfolio import CLOSED, INCREASES_CLOSED, OPEN
from credit_limits.simulation.world import RunningWorld

PARAMETERS = WorldParameters(customers=400, months=10, seed=3)
NOTHING = np.zeros(0, dtype=np.int64)
HOLD = LimitOrders(NOTHING, NOTHING, NOTHING.astype(np.bool_))


def lived(months):
    world = RunningWorld(PARAMETERS)
    for _ in range(months):
        world.step()
    return world


def alive(world):
    return np.flatnonzero((world.standing.status != CLOSED) & (world.standing.limit > 0))


def test_without_orders_the_past_policy_decides_and_with_empty_ones_nobody():
    world = lived(2)
    assert len(world.changes.account) > 0
    batches = [world.step(HOLD) for _ in range(8)]
    assert not any("limit_changes" in batch.tables for batch in batches)
    assert len(world.changes.account) == 0


def test_the_same_orders_give_the_same_rows():
    one, two = lived(4), lived(4)
    account = alive(one)[:50]
    orders = LimitOrders(account, one.standing.limit[account] * 2, np.zeros(50, dtype=np.bool_))
    first, second = one.step(orders), two.step(orders)
    assert first.tables.keys() == second.tables.keys()
    assert all(first.tables[name].equals(second.tables[name]) for name in first.tables)


def test_an_order_is_the_limit_of_the_next_month_and_a_row_of_its_changes():
    world = lived(4)
    account = alive(world)[:50]
    before = world.standing.limit[account]
    orders = LimitOrders(account, before + 100_000, np.zeros(50, dtype=np.bool_))
    batch = world.step(orders)
    left = world.standing.status[account] != CLOSED
    assert left.sum() > 40
    assert (world.standing.limit[account][left] == before[left] + 100_000).all()
    changes = batch.tables["limit_changes"].to_pydict()
    assert set(changes["reason"]) == {"limit_decision"}
    assert not any(changes["randomized"])
    assert changes["propensity"] == [None] * len(changes["reason"])
    assert changes["to_minor"] == world.changes.to_minor.tolist()
    assert {moment.day for moment in changes["event_timestamp"]} == {1}


def test_an_order_for_a_closed_account_changes_nothing():
    world = lived(10 - 1)
    account = np.flatnonzero(world.standing.status == CLOSED)
    assert len(account) > 0
    before = world.standing.limit[account]
    world.step(LimitOrders(account, before + 100, np.zeros(len(account), dtype=np.bool_)))
    assert len(world.changes.account) == 0
    assert (world.standing.limit[account] == before).all()


def test_increases_stay_closed_for_six_months_and_the_tables_say_so():
    world = RunningWorld(WorldParameters(customers=400, months=14, seed=3))
    for _ in range(4):
        world.step()
    account = np.flatnonzero((world.standing.status == OPEN) & (world.standing.limit > 0))[:100]
    close = np.ones(len(account), dtype=np.bool_)
    batch = world.step(LimitOrders(account, world.standing.limit[account], close))
    closed = account[world.standing.status[account] == INCREASES_CLOSED]
    assert len(closed) > 80
    ids = {f"A{number:08d}" for number in world.scene.accounts.number[closed]}
    rows = batch.tables["accounts"].to_pylist()
    said = {r["account_id"] for r in rows if r["status"] == AccountStatus.INCREASES_CLOSED.value}
    assert ids <= said
    for _ in range(5):
        world.step(HOLD)
        assert not (world.standing.status[closed] == OPEN).any()
    for _ in range(3):
        world.step(HOLD)
    assert (world.standing.status[closed] == OPEN).mean() > 0.5


def test_a_higher_limit_brings_a_higher_balance_and_more_default_in_time():
    def after(ratio):
        world = RunningWorld(WorldParameters(customers=3_000, months=14, seed=5))
        for _ in range(2):
            world.step()
        everyone = alive(world)
        to_minor = (world.standing.limit[everyone] * ratio).astype(np.int64)
        world.step(LimitOrders(everyone, to_minor, np.zeros(len(everyone), dtype=np.bool_)))
        late = 0
        for _ in range(10):
            world.step(HOLD)
            late += int(world.standing.newly_late.sum())
        return world.standing.money.balance.sum(), late

    (balance, late), (balance_raised, late_raised) = after(1.0), after(3.0)
    assert balance_raised > 1.2 * balance
    assert late_raised > 1.1 * late


def test_orders_by_id_find_their_accounts():
    world = lived(2)
    numbers = world.scene.accounts.number
    account = np.array([5, 0, 9])
    ids = np.array([f"A{number:08d}" for number in numbers[account]])
    orders = orders_by_id(world.scene, ids, np.array([1, 2, 3]), np.zeros(3, dtype=np.bool_))
    assert orders.account.tolist() == [5, 0, 9]
    with pytest.raises(ValueError, match="no account A99999999"):
        orders_by_id(
            world.scene, np.array(["A99999999"]), np.array([1]), np.zeros(1, dtype=np.bool_)
        )


@pytest.mark.parametrize(
    ("account", "to_minor", "message"),
    [([1, 2], [100], "lengths"), ([1, 1], [100, 100], "two orders"), ([1], [-1], "below zero")],
)
def test_orders_that_cannot_be_are_unbuildable(account, to_minor, message):
    with pytest.raises(ValueError, match=message):
        LimitOrders(np.array(account), np.array(to_minor), np.zeros(len(account), dtype=np.bool_))
