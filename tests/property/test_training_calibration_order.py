"""Whatever the coefficients, calibration keeps the order of the scores and their range."""

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from training.calibration import Calibration, fit_calibration

CALIBRATIONS = st.builds(Calibration, st.floats(0.05, 5.0), st.floats(-5.0, 5.0))
LOG_ODDS = arrays(np.float64, st.integers(2, 40), elements=st.floats(-8.0, 8.0))


@given(CALIBRATIONS, LOG_ODDS)
def test_a_higher_score_never_becomes_a_lower_probability(calibration, log_odds):
    ordered = np.sort(log_odds)
    probabilities = calibration.probabilities(ordered)
    assert (np.diff(probabilities) >= 0.0).all()
    assert (probabilities >= 0.0).all()
    assert (probabilities <= 1.0).all()


@given(CALIBRATIONS, st.floats(-8.0, 8.0), st.floats(0.001, 4.0))
def test_scores_that_differ_stay_apart(calibration, log_odds, step):
    """As far as double precision can tell: at log-odds 25 a probability is 1 - 1.4e-11, its nearest
    neighbours are 1.1e-16 away, and the smallest step drawn here moves it by 7e-16."""
    assume(calibration.slope * (log_odds + step) + calibration.intercept <= 25.0)
    low, high = calibration.probabilities(np.array([log_odds, log_odds + step]))
    assert low < high


@given(CALIBRATIONS, LOG_ODDS, st.randoms(use_true_random=False))
def test_rows_do_not_know_each_other(calibration, log_odds, random):
    order = list(range(len(log_odds)))
    random.shuffle(order)
    shuffled = calibration.probabilities(log_odds[order])
    assert (shuffled == calibration.probabilities(log_odds)[order]).all()


@given(
    arrays(np.float64, 60, elements=st.floats(-6.0, 3.0), unique=True),
    st.integers(0, 2**32 - 1),
    st.floats(1.0, 200.0),
)
def test_what_is_fitted_adds_up(log_odds, seed, prior):
    label = np.random.default_rng(seed).random(60) < 1 / (1 + np.exp(-log_odds))
    label[:2] = [True, False]
    label[np.argmax(log_odds)] = True
    found = fit_calibration(log_odds, label, slope_prior_rows=prior)
    assert np.isclose(found.probabilities(log_odds).sum(), label.sum(), rtol=1e-6)
