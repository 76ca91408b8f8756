"""The true default probability, vectorized, against a plain twin that follows one account."""

import math
from itertools import islice, pairwise

import numpy as np
import pytest

from credit_limits.simulation.delinquency import State
from credit_limits.simulation.parameters import WorldParameters
from credit_limits.simulation.world import RunningWorld
from credit_limits.truth.risk import default_probability

PARAMETERS = WorldParameters(customers=150, months=8, seed=21)


@pytest.fixture(scope="module")
def lived():
    world, standings = RunningWorld(PARAMETERS), []
    for _ in range(PARAMETERS.months):
        world.step()
        standings.append(world.standing)
    return world.scene, standings


@pytest.fixture(scope="module")
def scene(lived):
    return lived[0]


@pytest.fixture(scope="module")
def standings(lived):
    return lived[1]


def logistic(x):
    return 1.0 / (1.0 + math.exp(-x))


def plain_default_probability(scene, standing, at, horizon=6):
    """Probabilities of each (state, distressed) pair of one account, moved month by month."""
    r, customers, accounts = scene.parameters.repayment, scene.customers, scene.accounts
    of = accounts.customer[at]
    worth, cash = customers.creditworthiness[of], accounts.cash_loan[at]
    policy = scene.parameters.past_policy
    median = policy.cash_loan_median_yuan if cash else policy.pay_later_median_yuan
    miss = (
        (r.miss_cash_loan if cash else r.miss_pay_later)
        + r.creditworthiness_effect * worth
        + r.utilization_effect * accounts.utilization[at]
        + r.revolver_effect * accounts.revolver[at]
        + r.backup_effect * customers.backup_source[of]
        + r.limit_effect * math.log(standing.limit[at] / (100 * median))
        + r.income_effect
        * (standing.log_income[of] - math.log(scene.parameters.population.income_median_yuan))
    )
    rolls = {State.DPD_30: r.roll_30, State.DPD_60: r.roll_60}
    mass = {(State(standing.state[at]), bool(standing.distressed[of])): 1.0}
    for month in range(standing.month + 1, standing.month + 1 + horizon):
        deviation = scene.macro.unemployment(month) - scene.parameters.macro.unemployment_mean
        alone = r.distress_entry_monthly * math.exp(
            r.distress_entry_creditworthiness_effect * worth
            + r.distress_entry_macro_effect * deviation
        )
        linked = scene.circles.circle_of[of] >= 0
        circle = r.circle_shock_monthly * r.circle_shock_reach if linked else 0.0
        enters = 1.0 - (1.0 - alone) * (1.0 - circle)
        moved = {}

        def add(state, distressed, share, moved=moved):
            moved[state, distressed] = moved.get((state, distressed), 0.0) + share

        for (state, was), share in mass.items():
            for now in (False, True):
                turns = (1.0 - r.distress_exit_monthly) if was else enters
                weight = share * (turns if now else 1.0 - turns)
                start = accounts.start_use[at]
                if cash and now:
                    start = min(1.0, start * scene.parameters.spending.cash_start_distress_ratio)
                keep = accounts.keep_use[at]
                if state == "default":
                    add("default", now, weight)
                elif state == State.UNUSED:
                    stays = weight * (1.0 - r.churn_monthly)
                    add(State.CURRENT, now, stays * start)
                    add(State.UNUSED, now, stays * (1.0 - start))
                else:
                    shift = r.distress_effect if now else 0.0
                    worse = logistic(miss + shift)
                    if state != State.CURRENT:
                        shift = r.roll_creditworthiness_effect * worth
                        shift += r.roll_distress_effect if now else 0.0
                        worse = logistic(rolls[state] + shift)
                    follows = "default" if state == State.DPD_60 else State(state + 1)
                    add(follows, now, weight * worse)
                    stay = r.stay_share if state != State.CURRENT else 0.0
                    add(state, now, weight * (1.0 - worse) * stay)
                    cured = weight * (1.0 - worse) * (1.0 - stay)
                    add(State.CURRENT, now, cured * keep)
                    add(State.UNUSED, now, cured * (1.0 - keep))
        mass = moved
    return sum(share for (state, _), share in mass.items() if state == "default")


@pytest.mark.parametrize("month", [0, 3, 7])
def test_the_twin_agrees_on_every_account_at_risk(scene, standings, month):
    standing = standings[month]
    fast = default_probability(scene, standing)
    at_risk = np.flatnonzero(standing.state <= State.DPD_60)
    assert len(at_risk) > 100
    slow = [plain_default_probability(scene, standing, at) for at in at_risk]
    np.testing.assert_allclose(fast[at_risk], slow, rtol=1e-10)


def test_the_comparison_covers_every_state(standings):
    seen = np.unique(np.concatenate([standing.state for standing in standings]))
    assert set(seen) >= {State.UNUSED, State.CURRENT, State.DPD_30, State.DPD_60}


@pytest.mark.parametrize("horizon", [1, 3])
def test_the_twin_agrees_over_shorter_horizons(scene, standings, horizon):
    fast = default_probability(scene, standings[2], horizon=horizon)
    for at in islice(np.flatnonzero(np.isfinite(fast)), 25):
        slow = plain_default_probability(scene, standings[2], at, horizon)
        assert fast[at] == pytest.approx(slow, rel=1e-10, abs=1e-15)


def test_nobody_who_has_defaulted_or_is_gone_is_at_risk(scene, standings):
    for standing in standings:
        chance = default_probability(scene, standing)
        assert (np.isnan(chance) == (standing.state > State.DPD_60)).all()


def test_a_higher_limit_raises_the_true_risk_of_everyone_who_can_default(scene, standings):
    now = default_probability(scene, standings[5])
    raised = default_probability(scene, standings[5], limit_ratio=1.5)
    cut = default_probability(scene, standings[5], limit_ratio=0.5)
    at_risk = np.isfinite(now)
    assert (raised[at_risk] > now[at_risk]).all()
    assert (cut[at_risk] < now[at_risk]).all()


def test_a_longer_horizon_is_never_safer(scene, standings):
    chances = [default_probability(scene, standings[4], horizon=h) for h in range(1, 7)]
    at_risk = np.isfinite(chances[0])
    for shorter, longer in pairwise(chances):
        assert (longer[at_risk] >= shorter[at_risk]).all()
    assert all(((c[at_risk] >= 0) & (c[at_risk] <= 1)).all() for c in chances)
