"""The closed loop: what is ordered is what the world does next, and nothing else changes."""

import numpy as np
import pytest

from credit_limits.domain.account import AccountStatus
from credit_limits.simulation.delinquency import State
from credit_limits.simulation.orders import AccountOrders, LimitOrders, positions_of
from credit_limits.simulation.parameters import WorldParameters
from credit_limits.simulation.portfolio import CLOSED, FROZEN, INCREASES_CLOSED, OPEN
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


def test_accounts_are_found_by_their_ids():
    world = lived(2)
    numbers = world.scene.accounts.number
    account = np.array([5, 0, 9])
    ids = np.array([f"A{number:08d}" for number in numbers[account]])
    assert positions_of(world.scene, ids).tolist() == [5, 0, 9]
    with pytest.raises(ValueError, match="no account A99999999"):
        positions_of(world.scene, np.array(["A99999999"]))


def beside(**orders):
    """Orders that move no limit."""
    return LimitOrders(NOTHING, NOTHING, NOTHING.astype(np.bool_), AccountOrders(**orders))


def spenders(world):
    """Some open accounts that are used every month."""
    in_use = (world.standing.state == State.CURRENT) & (world.standing.money.spent > 0)
    return np.flatnonzero(in_use & (world.standing.status == OPEN))[:60]


def test_a_frozen_account_spends_nothing_until_it_is_unfrozen_into_a_probation():
    world = lived(3)
    account = spenders(world)
    batch = world.step(beside(freeze=account))
    for _ in range(3):
        left = account[world.standing.status[account] != CLOSED]
        assert (world.standing.status[left] == FROZEN).all()
        assert (world.standing.money.spent[left] == 0).all()
        world.step(HOLD)
    ids = {f"A{number:08d}" for number in world.scene.accounts.number[left]}
    rows = batch.tables["accounts"].to_pylist()
    assert ids <= {row["account_id"] for row in rows if row["status"] == "frozen"}
    world.step(beside(unfreeze=account))
    punctual = left[world.standing.state[left] == State.CURRENT]
    assert len(punctual) > 20
    assert (world.standing.status[punctual] == INCREASES_CLOSED).all()
    assert (world.standing.money.spent[punctual] > 0).any()
    world.step(beside(reopen=punctual))
    assert (world.standing.status[punctual] == OPEN).mean() > 0.8


def test_an_order_to_unfreeze_leaves_alone_whom_the_lender_froze_for_arrears():
    world = lived(8)
    account = np.flatnonzero(world.standing.status == FROZEN)
    assert len(account) > 0
    status = world.standing.status.copy()
    calm = lived(8)
    calm.step(HOLD)
    world.step(beside(unfreeze=account))
    assert (status[account] == FROZEN).all()
    assert (world.standing.status == calm.standing.status).all()


def test_a_longer_term_halves_the_minimum_payment_for_as_long_as_it_runs():
    extended, calm = lived(3), lived(3)
    account = spenders(extended)
    extended.step(beside(extend=account, extension_months=np.full(len(account), 2)))
    calm.step(HOLD)
    usual, halved = (w.standing.money.minimum_due[account] for w in (calm, extended))
    bound = usual > 2_000
    assert bound.sum() > 10
    assert np.allclose(halved[bound] / usual[bound], 0.5, atol=0.01)
    for _ in range(2):
        extended.step(HOLD)
    money = extended.standing.money
    share = PARAMETERS.repayment.minimum_due_share
    current = account[extended.standing.state[account] == State.CURRENT]
    asked = np.maximum(np.rint(share * money.balance[current]), 1_000)
    assert (money.minimum_due[current] == np.minimum(asked, money.balance[current])).all()


def test_a_new_rate_is_what_balances_bear_and_what_the_books_say():
    changed, calm = lived(3), lived(3)
    account = np.flatnonzero((changed.standing.status == OPEN) & changed.scene.accounts.revolver)
    batch = changed.step(beside(rate=account, annual_rate=np.full(len(account), 0.36)))
    calm.step(HOLD)
    before, after = (w.standing.money.interest[account] for w in (calm, changed))
    bears = before > 1_000
    assert bears.sum() > 10
    expected = 0.36 / changed.scene.accounts.apr[account[bears]]
    assert np.allclose(after[bears] / before[bears], expected, rtol=0.01)
    rows = batch.tables["accounts"].to_pylist()
    assert {row["account_id"] for row in rows if row["apr"] == 0.36} >= {
        f"A{number:08d}" for number in changed.scene.accounts.number[account]
    }


@pytest.mark.parametrize(
    ("orders", "message"),
    [
        ({"extend": np.array([1])}, "lengths"),
        ({"extend": np.array([1]), "extension_months": np.array([0])}, "nothing"),
        ({"rate": np.array([1]), "annual_rate": np.array([1.5])}, "rate"),
    ],
)
def test_orders_beside_limits_that_cannot_be_are_unbuildable(orders, message):
    with pytest.raises(ValueError, match=message):
        AccountOrders(**orders)


@pytest.mark.parametrize(
    ("account", "to_minor", "message"),
    [([1, 2], [100], "lengths"), ([1, 1], [100, 100], "two orders"), ([1], [-1], "below zero")],
)
def test_orders_that_cannot_be_are_unbuildable(account, to_minor, message):
    with pytest.raises(ValueError, match=message):
        LimitOrders(np.array(account), np.array(to_minor), np.zeros(len(account), dtype=np.bool_))
