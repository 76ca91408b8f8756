"""A regression on a few rows, against what can be said of them by hand."""

import numpy as np
import pytest

from credit_limits.domain.errors import ModelError
from training.response_fit import NORMAL_95, Family, fit

ONE = np.ones((4, 1))
EACH = np.arange(4)


def test_a_constant_alone_is_the_log_of_the_weighted_mean():
    found = fit(
        ONE, np.array([1.0, 3.0, 0.0, 8.0]), np.array([1.0, 1.0, 1.0, 3.0]), EACH, Family.POISSON
    )
    assert found.coefficients[0] == pytest.approx(np.log((1 + 3 + 0 + 24) / 6))


def test_a_constant_alone_is_the_log_odds_of_the_weighted_share():
    outcome, weight = np.array([1.0, 0.0, 0.0, 1.0]), np.array([1.0, 1.0, 1.0, 2.0])
    found = fit(ONE, outcome, weight, EACH, Family.LOGISTIC)
    assert found.coefficients[0] == pytest.approx(np.log(3 / 2))


def test_the_difference_of_two_arms_is_the_log_of_the_ratio_of_their_means():
    inputs = np.column_stack([np.ones(4), [0.0, 0.0, 1.0, 1.0]])
    found = fit(inputs, np.array([1.0, 3.0, 5.0, 7.0]), np.ones(4), EACH, Family.POISSON)
    assert found.coefficients == pytest.approx([np.log(2.0), np.log(3.0)])


def test_the_error_of_a_log_mean_is_that_of_the_mean_over_it():
    """Of 1, 3, 5, 7 with mean 4: squares of the distances 9 + 1 + 1 + 9 = 20, times 4/3."""
    found = fit(ONE, np.array([1.0, 3.0, 5.0, 7.0]), np.ones(4), EACH, Family.POISSON)
    error = np.sqrt(20.0 * 4.0 / 3.0) / (4 * 4.0)
    interval = found.interval(np.ones(1))
    assert interval.value == pytest.approx(np.log(4.0))
    assert interval.high - interval.value == pytest.approx(NORMAL_95 * error)
    assert interval.value - interval.low == pytest.approx(NORMAL_95 * error)


def test_rows_of_one_customer_are_one_observation():
    """Each row twice under the same customer says no more than once."""
    outcome = np.array([1.0, 3.0, 5.0, 7.0])
    once = fit(ONE, outcome, np.ones(4), EACH, Family.POISSON)
    rows, twice = np.ones((8, 1)), np.repeat(outcome, 2)
    together = fit(rows, twice, np.ones(8), np.repeat(EACH, 2), Family.POISSON)
    apart = fit(rows, twice, np.ones(8), np.arange(8), Family.POISSON)
    assert together.covariance == pytest.approx(once.covariance)
    assert apart.covariance < 0.6 * once.covariance


@pytest.mark.parametrize(
    ("inputs", "outcome", "customer", "family", "said"),
    [
        (np.ones((4, 2)), [1, 0, 1, 0], EACH, Family.LOGISTIC, "linear in each other"),
        (ONE, [1, 0, 1, 0], np.zeros(4, int), Family.LOGISTIC, "one customer"),
        (
            np.column_stack([np.ones(4), [0.0, 0.0, 1.0, 1.0]]),
            *([0, 0, 1, 1], EACH, Family.LOGISTIC),
            "converge|parts the outcomes",
        ),
        (
            np.column_stack([np.ones(4), [0.0, 0.0, 1.0, 1.0]]),
            *([0, 0, 1, 1], EACH, Family.POISSON),
            "converge|parts the outcomes",
        ),
        (ONE, [0, 0, 0, 0], EACH, Family.LOGISTIC, "converge|parts the outcomes"),
    ],
)
def test_what_cannot_be_told_is_an_error_and_no_figure(inputs, outcome, customer, family, said):
    with pytest.raises(ModelError, match=said):
        fit(inputs, np.array(outcome, dtype=float), np.ones(4), customer, family)
