"""Worlds lived through: calm stays as it is, scenarios do what they say, cuts drive people away."""

from itertools import pairwise

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from credit_limits.simulation.delinquency import State
from credit_limits.simulation.orders import LimitOrders
from credit_limits.simulation.parameters import WorldParameters
from credit_limits.simulation.past_policy import NO_CHANGES
from credit_limits.simulation.portfolio import BURN_IN_MONTHS, CLOSED, advance, begin
from credit_limits.simulation.scenarios import ScenarioName
from credit_limits.simulation.world import RunningWorld, build_scene, past_policy
from credit_limits.truth.risk import default_probability

SHOCK_MONTH = 10
SEEDS = (1, 2, 3, 4)


def lived(months, *, customers=6_000, seed=1, scenario=ScenarioName.CALM, shock_month=SHOCK_MONTH):
    """A scene and the standing at the end of each month under the past policy, without tables."""
    scene = build_scene(
        WorldParameters(
            customers=customers,
            months=months,
            seed=seed,
            opening_horizon_months=30,
            scenario=scenario,
            shock_month=shock_month,
        )
    )
    standing, standings = begin(scene), []
    for month in range(-BURN_IN_MONTHS, months):
        changes = past_policy(scene, standing) if month >= 0 else NO_CHANGES
        standing = advance(scene, standing, changes, standing.log_income)
        if month >= 0:
            standings.append(standing)
    return scene, standings


def balance_share(standing, state):
    """The share of the balance on statements that is in ``state`` or worse."""
    billed = standing.state <= State.CHARGED_OFF
    balance = np.where(billed, standing.money.balance, 0)
    return balance[standing.state >= state].sum() / balance.sum()


def defaults_within_six_months(standings, month):
    """Which accounts are at risk at the end of a month, and which of them default in six."""
    at_risk = standings[month].state <= State.DPD_60
    window = standings[month + 1 : month + 7]
    reached = np.any([(s.state >= State.DPD_90) & (s.state < State.ABSENT) for s in window], axis=0)
    return at_risk, at_risk & reached


def arrears_path(scenario, months=26):
    """The mean share of balance 30 and more days past due, a month, over several seeds."""
    paths = []
    for seed in SEEDS:
        _, standings = lived(months, customers=16_000, seed=seed, scenario=scenario)
        paths.append([balance_share(standing, State.DPD_30) for standing in standings])
    return np.mean(paths, axis=0)


@pytest.fixture(scope="module")
def calm_path():
    return arrears_path(ScenarioName.CALM)


def test_in_calm_no_cohort_is_worse_than_another():
    """The six-month default rate of the cohorts of two years is level, the seeds taken together."""
    rates = []
    for seed in range(1, 9):
        _, standings = lived(30, customers=8_000, seed=seed)
        pairs = [defaults_within_six_months(standings, month) for month in range(24)]
        rates.append([defaulted.sum() / at_risk.sum() for at_risk, defaulted in pairs])
    quarters = np.mean(rates, axis=0).reshape(8, 3).mean(axis=1)
    assert np.abs(quarters / quarters.mean() - 1.0).max() < 0.10
    assert quarters[4:].mean() == pytest.approx(quarters[:4].mean(), rel=0.06)


def test_until_a_scenario_begins_the_world_is_the_calm_one(calm_path):
    for scenario in ScenarioName:
        path = arrears_path(scenario, months=SHOCK_MONTH)
        assert (path == calm_path[:SHOCK_MONTH]).all()


def test_the_shock_of_2020_raises_arrears_by_seven_tenths_in_four_months_and_passes(calm_path):
    ratio = arrears_path(ScenarioName.SHOCK_2020) / calm_path
    assert ratio[SHOCK_MONTH] > 1.10
    assert ratio[SHOCK_MONTH + 3] == pytest.approx(3.01 / 1.76, rel=0.2)
    assert ratio[SHOCK_MONTH : SHOCK_MONTH + 8].max() < 2.1
    assert ratio[-1] < 1.12


def test_a_slow_downturn_takes_its_time(calm_path):
    ratio = arrears_path(ScenarioName.SLOW_DOWNTURN) / calm_path
    assert ratio[SHOCK_MONTH + 2] < 1.08
    assert 1.15 < ratio[SHOCK_MONTH + 9] < ratio[-1]
    assert 1.35 < ratio[-1] < 1.9


def test_a_boom_lowers_arrears(calm_path):
    ratio = arrears_path(ScenarioName.BOOM) / calm_path
    assert ratio[-6:].mean() < 0.85


def test_a_changed_relation_spoils_what_was_learnt_before_and_moves_no_input():
    calm, changed = (
        lived(22, customers=20_000, scenario=scenario)
        for scenario in (ScenarioName.CALM, ScenarioName.CHANGED_RELATION)
    )
    scene, standings = changed
    judged = {}
    for name, (lived_scene, lived_standings) in (("calm", calm), ("changed", changed)):
        at_risk, defaulted = defaults_within_six_months(lived_standings, 15)
        learnt = default_probability(calm[0], lived_standings[15])[at_risk]
        true = default_probability(lived_scene, lived_standings[15])[at_risk]
        judged[name] = [roc_auc_score(defaulted[at_risk], chance) for chance in (learnt, true)]
        assert true.mean() == pytest.approx(learnt.mean(), rel=0.25)
    assert judged["changed"][0] < judged["calm"][0] - 0.04
    assert judged["changed"][0] < judged["changed"][1]
    both = (calm[1][15].state <= State.CURRENT) & (standings[15].state <= State.CURRENT)
    assert (calm[1][15].distressed == standings[15].distressed).all()
    used = [(lived[1][15].money.balance / scene.reference_minor)[both] for lived in (calm, changed)]
    assert used[0].mean() == pytest.approx(used[1].mean(), rel=0.02)


def test_the_truth_sees_the_scenario_that_comes():
    scene, standings = lived(12, scenario=ScenarioName.SHOCK_2020)
    calm, _ = lived(12)
    early, late = standings[2], standings[SHOCK_MONTH - 1]
    assert np.array_equal(
        default_probability(scene, early), default_probability(calm, early), equal_nan=True
    )
    foreseen = np.nanmean(default_probability(scene, late))
    assert foreseen > 1.4 * np.nanmean(default_probability(calm, late))


def test_customers_whose_limit_is_cut_leave_unless_they_carry_a_balance():
    def left(ratio):
        world = RunningWorld(WorldParameters(customers=3_000, months=9, seed=5))
        world.step()
        free = world.standing.state <= State.CURRENT
        everyone = np.flatnonzero(free & (world.standing.status != CLOSED))
        to_minor = (world.standing.limit[everyone] * ratio).astype(np.int64)
        nobody = np.zeros(len(everyone), dtype=np.bool_)
        world.step(LimitOrders(everyone, to_minor, nobody))
        gone = np.zeros(world.scene.accounts.count, dtype=np.bool_)
        for _ in range(7):
            world.step(LimitOrders(everyone[:0], to_minor[:0], nobody[:0]))
            gone |= world.standing.churned
        revolver = world.scene.accounts.revolver[everyone]
        return gone[everyone][~revolver].mean(), gone[everyone][revolver].mean()

    (kept, carrying), (cut, carrying_cut) = left(1.0), left(0.6)
    assert cut > kept + 0.10
    assert carrying_cut < carrying + 0.10
    assert cut > carrying_cut


def test_what_is_charged_off_comes_back_in_part_and_later():
    _, standings = lived(30)
    charged = np.array([standing.money.charged_off.sum() for standing in standings])
    recovered = np.array([standing.money.recovered.sum() for standing in standings])
    assert (charged > 0).all()
    assert 0.05 < recovered[12:].sum() / charged[12:].sum() < 0.35
    for earlier, later in pairwise(standings):
        newly = (later.state == State.DPD_90) & (earlier.state == State.DPD_60)
        assert (later.money.charged_off[newly] == later.money.balance[newly]).all()
        assert later.money.charged_off[~newly].sum() == 0
