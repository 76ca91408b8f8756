"""Figures of scores: hand-made samples with answers that can be counted on paper."""

import numpy as np
import pytest

from credit_limits.domain.errors import ModelError, NotEnoughOutcomes
from training.evaluate import auc, calibration_error, calibration_noise, evaluate, ks

LABEL = np.array([True, True, False, False])


def figures(label, score, customers=None, resamples=200, seed=1):
    customers = np.arange(len(label)) if customers is None else customers
    return evaluate(label, score, customers, resamples=resamples, seed=seed)


def calibrated(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    score = random.beta(1.0, 8.0, rows)
    return random.random(rows) < score, score


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        ([0.9, 0.8, 0.2, 0.1], 1.0),
        ([0.1, 0.2, 0.8, 0.9], 0.0),
        ([0.9, 0.4, 0.6, 0.1], 3 / 4),
        ([0.5, 0.5, 0.5, 0.5], 1 / 2),
        ([0.9, 0.5, 0.5, 0.1], (1 + 1 + 1 + 1 / 2) / 4),
    ],
)
def test_auc_counts_pairs_and_ties_half(score, expected):
    assert auc(LABEL, np.array(score)) == expected


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        ([0.9, 0.8, 0.2, 0.1], 1.0),
        ([0.1, 0.2, 0.8, 0.9], 1.0),
        ([0.9, 0.4, 0.6, 0.1], 1 / 2),
        ([0.5, 0.5, 0.5, 0.5], 0.0),
    ],
)
def test_ks_is_the_largest_gap(score, expected):
    assert ks(LABEL, np.array(score)) == expected


def test_the_calibration_error_is_the_mean_gap_over_bins():
    score = np.repeat([0.1, 0.3], 100)
    label = np.concatenate([np.arange(100) < 20, np.arange(100) < 30])
    assert calibration_error(label, score) == pytest.approx(0.5 * 0.1 + 0.5 * 0.0)


def test_right_scores_show_the_noise_and_no_more():
    found = []
    for seed in range(30):
        label, score = calibrated(2000, seed)
        found.append(calibration_error(label, score))
    assert np.mean(found) == pytest.approx(calibration_noise(score), rel=0.15)


def test_right_scores_have_slope_one_and_add_up():
    label, score = calibrated(100_000)
    found = figures(label, score, resamples=20)
    assert found.slope.value == pytest.approx(1.0, abs=0.03)
    assert found.intercept.value == pytest.approx(0.0, abs=0.06)
    assert found.predicted_over_observed.value == pytest.approx(1.0, abs=0.03)
    assert found.brier.value == pytest.approx(np.mean(score * (1 - score)), rel=0.03)


def test_a_score_twice_too_high_says_so():
    label, score = calibrated(50_000)
    found = figures(label, np.minimum(2 * score, 1.0), resamples=20)
    assert found.predicted_over_observed.value == pytest.approx(2.0, abs=0.1)


def test_a_score_too_sure_of_itself_has_a_slope_below_one():
    label, score = calibrated(50_000)
    sure = 1 / (1 + ((1 - score) / score) ** 2)
    assert figures(label, sure, resamples=20).slope.value == pytest.approx(0.5, abs=0.05)


def test_intervals_hold_the_value_and_stay_in_range():
    label, score = calibrated(300)
    for name, found in figures(label, score).as_plain().items():
        assert found["low"] <= found["value"] <= found["high"], name
    assert figures(*calibrated(80)).auc.high <= 1.0


def test_auc_of_many_samples_lies_in_its_interval_as_often_as_it_says():
    truth = auc(*calibrated(200_000, seed=99))
    held = 0
    for seed in range(100):
        label, score = calibrated(1500, seed)
        interval = figures(label, score, resamples=60, seed=seed).auc
        held += interval.low <= truth <= interval.high
    assert 88 <= held <= 100


def test_rows_of_one_customer_widen_the_interval():
    label, score = calibrated(1000)
    repeated_label, repeated_score = np.tile(label, 6), np.tile(score, 6)
    own = figures(repeated_label, repeated_score).auc
    shared = figures(repeated_label, repeated_score, np.tile(np.arange(1000), 6)).auc
    single = figures(label, score).auc
    assert own.value == pytest.approx(shared.value)
    assert shared.high - shared.low == pytest.approx(single.high - single.low, rel=0.2)
    assert own.high - own.low < 0.6 * (shared.high - shared.low)


def test_the_seed_decides_the_interval():
    label, score = calibrated(500)
    assert figures(label, score, seed=5) == figures(label, score, seed=5)
    assert figures(label, score, seed=5) != figures(label, score, seed=6)


def test_scores_that_know_the_label_are_refused():
    label, _ = calibrated(500)
    with pytest.raises(ModelError, match="knows the label"):
        figures(label, np.where(label, 0.9, 0.1))


@pytest.mark.parametrize("label", [[True, False, False, False], [True, True, True, False]])
def test_too_few_of_a_kind_are_refused(label):
    with pytest.raises(NotEnoughOutcomes, match="two needed"):
        figures(np.array(label), np.array([0.4, 0.3, 0.2, 0.1]))


@pytest.mark.parametrize("score", [[0.5, np.nan, 0.1, 0.2], [1.2, 0.1, 0.1, 0.2], [-0.1, 0, 0, 0]])
def test_what_is_no_probability_is_refused(score):
    with pytest.raises(ValueError, match="probabilities"):
        figures(LABEL, np.array(score))
