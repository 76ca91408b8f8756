"""Fraud rings: which circles may strike, when, and what becomes of those who did."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from credit_limits.simulation import rings
from credit_limits.simulation.accounts import Accounts
from credit_limits.simulation.delinquency import State
from credit_limits.simulation.parameters import Population, Repayment, WorldParameters
from credit_limits.simulation.relations import Circles, draw_circles
from credit_limits.simulation.streams import Streams
from credit_limits.simulation.world import RunningWorld

# Customers 0 and 1 are a circle, 2 and 3 another, 4 is alone.
CIRCLES = Circles(np.array([0, 0, 1, 1, -1]), np.array([0, 1, 2, 3]), 2)
CERTAIN = replace(Repayment(), ring_strike_monthly=1.0)


def accounts_opened(customer, month):
    values = {name: np.zeros(len(customer)) for name in Accounts.__slots__}
    return Accounts(**{**values, "customer": np.array(customer), "open_month": np.array(month)})


ACCOUNTS = accounts_opened([0, 0, 1, 2, 3, 4], [-5, 7, 2, -1, 0, 3])


def test_a_circle_is_complete_when_the_last_member_opens_the_first_account():
    assert rings.complete_from(CIRCLES, ACCOUNTS).tolist() == [2, 0]


@pytest.mark.parametrize(
    ("month", "able"),
    [(-1, ()), (0, ()), (1, (2, 3)), (2, (2, 3)), (3, (0, 1, 2, 3)), (50, (0, 1, 2, 3))],
)
def test_only_complete_circles_strike(month, able):
    complete = rings.complete_from(CIRCLES, ACCOUNTS)
    expected = [customer in able for customer in range(5)]
    chance = rings.strike_chance(CIRCLES, complete, month, CERTAIN)
    assert chance.tolist() == [float(flag) for flag in expected]
    drawn = rings.struck(CIRCLES, complete, month, p=CERTAIN, streams=Streams(1))
    assert drawn.tolist() == expected


def test_the_members_of_a_ring_strike_together():
    complete = np.array([-1, -1])
    half = replace(Repayment(), ring_strike_monthly=0.5)
    drawn = [rings.struck(CIRCLES, complete, m, p=half, streams=Streams(1)) for m in range(60)]
    assert all(one[0] == one[1] for one in drawn)
    assert 15 < sum(one[0] for one in drawn) < 45


def test_few_circles_turn_out_to_be_rings():
    circles, streams = draw_circles(200_000, Population(), Streams(3)), Streams(3)
    complete = np.full(circles.count, -1)
    years = [
        rings.struck(circles, complete, month, p=Repayment(), streams=streams)
        for month in range(12)
    ]
    assert np.any(years, axis=0).mean() == pytest.approx(0.4 * 12 * 0.00015, rel=0.5)


@pytest.fixture(scope="module")
def lived():
    """A world full of rings, that strike in its first months."""
    parameters = WorldParameters(
        customers=2_000,
        months=12,
        seed=3,
        repayment=replace(Repayment(), ring_strike_monthly=0.1),
    )
    world, steps = RunningWorld(parameters), []
    for _ in range(12):
        batch = world.step()
        steps.append((world.standing, batch.tables["activity_events"].to_pandas()))
    return world.scene, steps


def test_frauds_draw_all_their_lines_and_never_pay(lived):
    scene, steps = lived
    fraud = steps[2][0].fraud[scene.accounts.customer]
    fraud &= scene.accounts.open_month < 2
    before, later = steps[2][0], steps[8][0]
    there = fraud & (before.state == State.CURRENT)
    assert there.sum() > 10
    full = before.money.balance[there] >= 0.9 * before.limit[there]
    assert full.mean() > 0.95
    assert (later.state[there] >= State.CHARGED_OFF).all()


def test_a_fraud_stays_one(lived):
    _, steps = lived
    for (earlier, _), (later, _) in pairwise(steps):
        assert (later.fraud | ~earlier.fraud).all()


@pytest.mark.parametrize("kind", ["device_change", "loan_application"])
def test_a_strike_shows_in_what_the_members_do(lived, kind):
    scene, steps = lived
    (before, _), (standing, events) = steps[1], steps[2]
    strikes = np.flatnonzero(standing.fraud & ~before.fraud)
    seen = np.zeros(scene.customers.count, dtype=np.bool_)
    seen[scene.accounts.customer[standing.state < State.CHARGED_OFF]] = True
    strikes = strikes[seen[strikes]]
    number = events.loc[events["kind"] == kind, "customer_id"].str[1:].astype(int)
    mean = number.isin(strikes).sum() / len(strikes)
    others = (~number.isin(strikes)).sum() / (seen.sum() - len(strikes))
    assert mean > 3.0
    assert mean > 10.0 * others
