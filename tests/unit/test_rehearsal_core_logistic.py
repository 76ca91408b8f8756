"""The logistic regression: what it must find, and where it must give up."""

import numpy as np
import pytest

from credit_limits.rehearsal.logistic import fit_logistic


def drawn(rows, weights, intercept, seed=3):
    rng = np.random.default_rng(seed)
    inputs = rng.standard_normal((rows, len(weights)))
    log_odds = intercept + inputs @ np.array(weights)
    return inputs, rng.random(rows) < 1.0 / (1.0 + np.exp(-log_odds))


def test_finds_the_weights_that_made_the_data():
    model = fit_logistic(*drawn(200_000, [1.0, -0.5], -2.0))
    assert model.intercept == pytest.approx(-2.0, abs=0.05)
    assert model.weights == pytest.approx([1.0, -0.5], abs=0.05)


def test_without_inputs_that_matter_it_predicts_the_rate():
    inputs, outcome = drawn(5_000, [0.0], -1.0)
    model = fit_logistic(inputs * 0.0, outcome)
    assert model.probability(np.zeros((1, 1))) == pytest.approx(outcome.mean())


def test_an_input_that_parts_the_outcomes_entirely_gets_a_finite_weight():
    inputs = np.linspace(-1.0, 1.0, 100)[:, None]
    model = fit_logistic(inputs, inputs[:, 0] > 0)
    assert 1.0 < model.weights[0] < 100.0


def test_inputs_that_repeat_each_other_share_the_weight():
    inputs, outcome = drawn(20_000, [1.0], -1.0)
    alone = fit_logistic(inputs, outcome)
    shared = fit_logistic(np.column_stack([inputs, inputs]), outcome)
    assert shared.weights == pytest.approx([alone.weights[0] / 2.0] * 2, abs=0.01)


def test_far_apart_log_odds_do_not_overflow():
    model = fit_logistic(*drawn(500, [1.0], 0.0))
    assert model.probability(np.array([[1e6], [-1e6]])).tolist() == [1.0, 0.0]


@pytest.mark.parametrize("outcome", [[], [False, False], [True, True]])
def test_rows_of_both_outcomes_are_needed(outcome):
    with pytest.raises(ValueError, match="rows of both outcomes"):
        fit_logistic(np.zeros((len(outcome), 1)), np.array(outcome, dtype=bool))
