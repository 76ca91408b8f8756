"""What the oracle expects, and what the regression finds, against other ways to find it."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import optimize

from credit_limits.rehearsal.economics import LenderEconomics
from credit_limits.rehearsal.logistic import fit_logistic
from credit_limits.rehearsal.money import money_of_month
from credit_limits.rehearsal.oracle import Habits, HabitsSeen, Prospects, expected_profit
from credit_limits.rehearsal.sight import LADDER, orders_to
from credit_limits.simulation.delinquency import State
from credit_limits.simulation.past_policy import NO_CHANGES
from credit_limits.simulation.portfolio import OPEN
from credit_limits.simulation.world import RunningWorld
from tests.rehearsal_core_samples import parameters, quiet_standing

ECONOMICS = LenderEconomics()


def test_the_regression_agrees_with_a_general_optimizer():
    rng = np.random.default_rng(8)
    inputs = rng.standard_normal((400, 3))
    outcome = rng.random(400) < 1.0 / (1.0 + np.exp(1.5 - inputs @ [1.0, 0.0, -0.7]))

    def loss(weights):
        log_odds = weights[0] + inputs @ weights[1:]
        likelihood = np.sum(outcome * log_odds - np.logaddexp(0.0, log_odds))
        return 0.5 * np.sum(weights[1:] ** 2) - likelihood

    best = optimize.minimize(loss, np.zeros(4), method="BFGS", options={"gtol": 1e-8})
    model = fit_logistic(inputs, outcome)
    assert [model.intercept, *model.weights] == pytest.approx(best.x, abs=1e-5)


@pytest.mark.parametrize("state", [State.UNUSED, State.CURRENT])
def test_months_of_use_agree_with_lives_lived(state):
    scene, standing = quiet_standing(customers=60, state=state)
    spotless = replace(
        scene.parameters,
        repayment=replace(
            scene.parameters.repayment,
            miss_pay_later=-10.0,
            miss_cash_loan=-10.0,
            churn_monthly=0.0,
        ),
    )
    scene = replace(scene, parameters=spotless)
    nobody = Habits(np.ones(3), np.ones(3))
    expected = Prospects.of(scene, standing, nobody).months_of_use
    rng = np.random.default_rng(2)
    start, keep = scene.accounts.start_use, scene.accounts.keep_use
    in_use = np.tile(standing.state == State.CURRENT, (4_000, 1))
    used = np.zeros(in_use.shape)
    for _ in range(12):
        in_use = rng.random(in_use.shape) < np.where(in_use, keep, start)
        used += in_use
    assert expected == pytest.approx(used.mean(axis=0), abs=0.35)
    assert expected.mean() == pytest.approx(used.mean(), rel=0.01)


def test_doubling_every_balance_and_limit_doubles_the_expected_profit_of_holding():
    """Money has no scale of its own but for the reference limit and the cost of a change."""
    scene, standing = quiet_standing(customers=80)
    habits = Habits(np.ones(3), np.ones(3))
    nobody = np.zeros(scene.accounts.count)
    flat = replace(
        scene.parameters, spending=replace(scene.parameters.spending, limit_elasticity=1.0)
    )
    scene = replace(scene, parameters=flat)
    profits = []
    for scale in (1, 2):
        scaled = replace(
            standing, limit=standing.limit * scale, absorbed_limit=standing.absorbed_limit * scale
        )
        prospects = Prospects.of(scene, scaled, habits)
        profits.append(prospects.profit(scaled.limit * 1.0, nobody, ECONOMICS))
    assert profits[1] == pytest.approx(2.0 * profits[0])


@pytest.mark.parametrize("ratio", [1000, 2000])
def test_expected_profit_is_near_what_a_year_brings_in(ratio):
    """Over two worlds, at today's limits and at twice them, lived once each for a year."""
    expected, earned = 0.0, 0.0
    for seed in (1, 2):
        world = RunningWorld(parameters(4_000, months=26, seed=seed))
        seen = HabitsSeen(world.scene)
        for _ in range(12):
            world.step()
            seen.note(world.scene, world.standing)
        scene, start = world.scene, world.standing
        punctual = (start.state <= State.CURRENT) & (start.status == OPEN)
        limits = np.stack([LADDER.scaled_down(start.limit, r) for r in LADDER.ratios_permille])
        row = LADDER.ratios_permille.index(ratio)
        limits[LADDER.hold_index] = start.limit
        value = expected_profit(
            Prospects.of(scene, start, seen.habits), limits, replace(ECONOMICS, change_cost_yuan=0)
        )
        expected += value[row, punctual].sum()
        orders = orders_to(start, np.where(punctual, limits[row], start.limit))
        for _ in range(12):
            before = world.standing
            world.step(orders)
            orders = orders_to(world.standing, world.standing.limit)
            month = money_of_month(scene, before, world.standing, NO_CHANGES, ECONOMICS)
            earned += month.profit[punctual].sum()
    assert expected == pytest.approx(earned, rel=0.2)
