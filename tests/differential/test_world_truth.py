"""The true default probability, vectorized, against a plain twin that follows one account."""

import math
from dataclasses import replace
from itertools import islice, pairwise

import numpy as np
import pytest

from credit_limits.simulation.conditions import parameters_of_month
from credit_limits.simulation.delinquency import State
from credit_limits.simulation.parameters import Repayment, WorldParameters
from credit_limits.simulation.scenarios import ScenarioName
from credit_limits.simulation.world import RunningWorld
from credit_limits.truth.risk import default_probability

# Many late payers and many rings, so that a few customers meet every state and condition.
PARAMETERS = WorldParameters(
    customers=150,
    months=8,
    seed=21,
    scenario=ScenarioName.SHOCK_2020,
    shock_month=6,
    repayment=replace(
        Repayment(), miss_pay_later=-4.5, miss_cash_loan=-4.5, ring_strike_monthly=0.1
    ),
)


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


def ring_complete_from(scene, circle):
    """The month in which the last member of a circle opened their first account."""
    accounts = scene.accounts
    members = np.flatnonzero(scene.circles.circle_of == circle)
    return max(accounts.open_month[accounts.customer == member].min() for member in members)


def strike_chance(scene, of, month):
    """The chance of one customer that their ring strikes in a month."""
    circle = scene.circles.circle_of[of]
    if circle < 0:
        return 0.0
    able = ring_complete_from(scene, circle) < month
    return scene.parameters.repayment.ring_strike_monthly if able else 0.0


def leaving_chance(scene, standing, at, month, state):
    """The chance that one account without arrears is closed by its customer in a month."""
    r = scene.parameters.repayment
    hurt = month - standing.cut_month[at] <= r.churn_after_cut_months
    if state == State.UNUSED:
        return max(r.churn_monthly, r.churn_after_cut_monthly) if hurt else r.churn_monthly
    if state == State.CURRENT and hurt and not scene.accounts.revolver[at]:
        return r.churn_after_cut_monthly
    return 0.0


def entry_chance(scene, of, month, r):
    """The chance of one customer to fall into distress in a month."""
    deviation = scene.macro.unemployment(month) - scene.parameters.macro.unemployment_mean
    alone = r.distress_entry_monthly * math.exp(
        r.distress_entry_creditworthiness_effect * scene.customers.creditworthiness[of]
        + r.distress_entry_macro_effect * deviation
    )
    linked = scene.circles.circle_of[of] >= 0
    circle = r.circle_shock_monthly * r.circle_shock_reach if linked else 0.0
    return 1.0 - (1.0 - alone) * (1.0 - circle)


def log_odds_to_miss(scene, standing, at, r):
    """The log odds of one account to miss a payment, but for distress."""
    customers, accounts, policy = scene.customers, scene.accounts, scene.parameters.past_policy
    of, cash = accounts.customer[at], accounts.cash_loan[at]
    median = policy.cash_loan_median_yuan if cash else policy.pay_later_median_yuan
    return (
        (r.miss_cash_loan if cash else r.miss_pay_later)
        + r.creditworthiness_effect * customers.creditworthiness[of]
        + r.utilization_effect * accounts.utilization[at]
        + r.revolver_effect * accounts.revolver[at]
        + r.backup_effect * customers.backup_source[of]
        + r.limit_effect * math.log(standing.limit[at] / (100 * median))
        + r.income_effect
        * (standing.log_income[of] - math.log(scene.parameters.population.income_median_yuan))
    )


CALM, DISTRESSED, FRAUD = range(3)


def moves(scene, at, state, now, *, miss, r):
    """Where one account goes from a state in a month, with the chance of each."""
    accounts, worth = scene.accounts, scene.customers.creditworthiness[scene.accounts.customer[at]]
    start, keep = accounts.start_use[at], accounts.keep_use[at]
    if accounts.cash_loan[at] and now == DISTRESSED:
        start = min(1.0, start * scene.parameters.spending.cash_start_distress_ratio)
    rolls = {State.DPD_30: r.roll_30, State.DPD_60: r.roll_60}
    if state == State.CURRENT:
        worse = logistic(miss + (r.distress_effect if now == DISTRESSED else 0.0))
    elif state != State.UNUSED:
        shift = r.roll_creditworthiness_effect * worth
        worse = logistic(rolls[state] + shift + (r.roll_distress_effect * (now == DISTRESSED)))
    if now == FRAUD:
        start = keep = worse = 1.0
    if state == State.UNUSED:
        return {State.CURRENT: start, State.UNUSED: 1.0 - start}
    stay = r.stay_share if state != State.CURRENT else 0.0
    cured = (1.0 - worse) * (1.0 - stay)
    to = {"default" if state == State.DPD_60 else State(state + 1): worse}
    for follows, chance in (
        (state, (1.0 - worse) * stay),
        (State.CURRENT, cured * keep),
        (State.UNUSED, cured * (1.0 - keep)),
    ):
        to[follows] = to.get(follows, 0.0) + chance
    return to


def plain_default_probability(scene, standing, at, horizon=6):
    """Probabilities of each state and condition of one account, moved month by month."""
    of = scene.accounts.customer[at]
    now = FRAUD if standing.fraud[of] else DISTRESSED if standing.distressed[of] else CALM
    mass = {(State(standing.state[at]), now): 1.0}
    for month in range(standing.month + 1, standing.month + 1 + horizon):
        r = parameters_of_month(scene.parameters, month).repayment
        miss, enters = log_odds_to_miss(scene, standing, at, r), entry_chance(scene, of, month, r)
        strikes = strike_chance(scene, of, month)
        turns = {
            CALM: {CALM: 1.0 - enters, DISTRESSED: enters},
            DISTRESSED: {CALM: r.distress_exit_monthly, DISTRESSED: 1.0 - r.distress_exit_monthly},
            FRAUD: {FRAUD: 1.0},
        }
        moved = {}
        for (state, was), share in mass.items():
            if state == "default":
                moved[state, was] = moved.get((state, was), 0.0) + share
                continue
            stays = share * (1.0 - leaving_chance(scene, standing, at, month, state))
            for now, turn in turns[was].items():
                to = moves(scene, at, state, now, miss=miss, r=r)
                for follows, chance in to.items():
                    struck = 1.0 if now == FRAUD else strikes
                    for then, part in ((FRAUD, struck), (now, 1.0 - struck)):
                        weight = stays * turn * chance * part
                        moved[follows, then] = moved.get((follows, then), 0.0) + weight
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


def test_the_comparison_covers_every_state_and_condition(scene, standings):
    seen = np.unique(np.concatenate([standing.state for standing in standings]))
    assert set(seen) >= {State.UNUSED, State.CURRENT, State.DPD_30, State.DPD_60}
    last = standings[-1]
    assert last.distressed.any()
    assert last.fraud.any()
    assert (last.month - last.cut_month <= 6).any()
    assert strike_chances(scene, last) == {0.0, 0.1}


def strike_chances(scene, standing):
    """The different chances that the rings of honest customers strike next month."""
    honest = np.flatnonzero(~standing.fraud)
    return {strike_chance(scene, of, standing.month + 1) for of in honest}


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
    at_risk = np.isfinite(now) & ~standings[5].fraud[scene.accounts.customer]
    assert (raised[at_risk] > now[at_risk]).all()
    assert (cut[at_risk] < now[at_risk]).all()


def test_a_longer_horizon_is_never_safer(scene, standings):
    chances = [default_probability(scene, standings[4], horizon=h) for h in range(1, 7)]
    at_risk = np.isfinite(chances[0])
    for shorter, longer in pairwise(chances):
        assert (longer[at_risk] >= shorter[at_risk]).all()
    assert all(((c[at_risk] >= 0) & (c[at_risk] <= 1)).all() for c in chances)
