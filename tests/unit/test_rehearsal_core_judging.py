"""Models judged by the truth."""

from datetime import date

import numpy as np
import pytest

from credit_limits.rehearsal.judging import (
    WORSE_MARGIN,
    ModelTrial,
    TrueRisk,
    trial_of,
    true_loss,
    true_risk,
)
from credit_limits.simulation.world import RunningWorld
from credit_limits.truth.risk import default_probability
from tests.rehearsal_core_samples import parameters

DAY = date(2024, 6, 30)
TRUTH = np.array([0.1, 0.5, 0.9])


def test_the_loss_of_a_coin_called_even_is_log_two():
    assert true_loss(np.array([0.5, 0.5]), np.array([0.5, 0.5])) == pytest.approx(np.log(2.0))


def test_the_loss_is_what_the_log_loss_tends_to():
    rng = np.random.default_rng(4)
    truth, predicted = rng.random(50_000), rng.uniform(0.05, 0.95, 50_000)
    happened = rng.random(50_000) < truth
    observed = -np.mean(np.where(happened, np.log(predicted), np.log(1.0 - predicted)))
    assert true_loss(predicted, truth) == pytest.approx(observed, abs=0.02)


@pytest.mark.parametrize("shift", [-0.05, 0.05])
def test_no_prediction_is_better_than_the_truth(shift):
    assert true_loss(TRUTH, TRUTH) < true_loss(TRUTH + shift, TRUTH)


def test_a_sure_prediction_that_is_wrong_costs_much_but_not_everything():
    assert 10.0 < true_loss(np.array([0.0]), np.array([1.0])) < 30.0


def test_single_precision_does_not_lose_the_ends():
    ends = np.array([0.0, 1.0], dtype=np.float32)
    assert true_loss(ends, ends) == pytest.approx(0.0, abs=1e-7)


@pytest.mark.parametrize(
    ("predicted", "truth", "message"),
    [
        ([0.5], [0.5, 0.5], "same, some, accounts"),
        ([], [], "same, some, accounts"),
        ([1.2], [0.5], "outside 0 to 1"),
        ([0.5], [-0.1], "outside 0 to 1"),
        ([np.nan], [0.5], "outside 0 to 1"),
    ],
)
def test_what_cannot_be_judged_is_refused(predicted, truth, message):
    with pytest.raises(ValueError, match=message):
        true_loss(np.array(predicted), np.array(truth))


def test_a_promotion_is_judged_on_the_same_accounts():
    risk = TrueRisk(DAY, np.array(["A1", "A2", "A3"]), TRUTH)
    trial = trial_of(risk, ("2", TRUTH), ("1", np.full(3, 0.5)))
    assert (trial.month_end, trial.new_version, trial.old_version) == (DAY, "2", "1")
    assert trial.worsened_by == true_loss(TRUTH, TRUTH) - np.log(2.0)
    assert not trial.worse


def test_the_first_champion_is_worse_than_none():
    trial = trial_of(TrueRisk(DAY, np.array(["A1"]), np.array([0.5])), ("1", np.ones(1)), None)
    assert trial.old_version is None
    assert not trial.worse


@pytest.mark.parametrize(("above", "worse"), [(0.0, False), (0.9, False), (1.1, True)])
def test_worse_means_by_more_than_the_margin(above, worse):
    assert ModelTrial(DAY, "2", 0.1 + above * WORSE_MARGIN, "1", 0.1).worse is worse


def test_the_truth_of_a_world_names_its_accounts():
    world = RunningWorld(parameters(40))
    world.step()
    risk = true_risk(world)
    truth = default_probability(world.scene, world.standing)
    at = np.flatnonzero(~np.isnan(truth))
    ids = [f"A{number:08d}" for number in world.scene.accounts.number[at]]
    assert risk.account_id.tolist() == ids
    assert (risk.probability == truth[at]).all()
    assert risk.month_end == date(2023, 1, 31)
