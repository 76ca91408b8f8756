"""Calibration: two numbers, found by rows that the booster has not learnt from."""

import numpy as np
import pytest

from credit_limits.domain.errors import ModelError, NotEnoughOutcomes
from training.calibration import Calibration, fit_calibration

RANDOM = np.random.default_rng(3)
LOG_ODDS = RANDOM.normal(-2.0, 1.0, 20_000)


def outcomes(slope: float, intercept: float, seed: int = 4) -> np.ndarray:
    """Outcomes of a world in which the booster's log-odds are off by these two numbers."""
    chance = 1 / (1 + np.exp(-(slope * LOG_ODDS + intercept)))
    return np.random.default_rng(seed).random(len(LOG_ODDS)) < chance


@pytest.mark.parametrize(("slope", "intercept"), [(1.0, 0.0), (0.7, 0.3), (1.4, -0.5)])
def test_the_two_numbers_of_the_world_are_found(slope, intercept):
    found = fit_calibration(LOG_ODDS, outcomes(slope, intercept), slope_prior_rows=0.0)
    assert found.slope == pytest.approx(slope, abs=0.08)
    assert found.intercept == pytest.approx(intercept, abs=0.15)


def test_predicted_defaults_add_up_to_those_observed():
    label = outcomes(0.8, 0.5)
    found = fit_calibration(LOG_ODDS, label, slope_prior_rows=40.0)
    assert found.probabilities(LOG_ODDS).sum() == pytest.approx(label.sum(), rel=1e-9)


def test_the_prior_holds_the_slope_of_few_rows_near_one():
    label = outcomes(0.3, -0.5)[:200]
    free = fit_calibration(LOG_ODDS[:200], label, slope_prior_rows=0.0)
    held = fit_calibration(LOG_ODDS[:200], label, slope_prior_rows=40.0)
    assert abs(held.slope - 1.0) < abs(free.slope - 1.0)


def test_a_ranking_that_is_upside_down_is_refused():
    with pytest.raises(ModelError, match="slope -"):
        fit_calibration(LOG_ODDS, outcomes(-1.0, -4.0), slope_prior_rows=0.0)


def test_rows_of_one_kind_are_refused():
    with pytest.raises(NotEnoughOutcomes, match="one kind"):
        fit_calibration(LOG_ODDS[:50], np.zeros(50, dtype=bool), slope_prior_rows=40.0)


@pytest.mark.parametrize(
    ("slope", "intercept"), [(0.0, 0.0), (-1.0, 0.0), (float("nan"), 0.0), (1.0, float("inf"))]
)
def test_a_calibration_that_would_not_rank_cannot_be_built(slope, intercept):
    with pytest.raises(ModelError, match="calibration with slope"):
        Calibration(slope, intercept)
