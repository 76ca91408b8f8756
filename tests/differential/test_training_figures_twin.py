"""Fast figures against the slow and the well known: sklearn, the gate's own, literal resampling."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score, roc_curve

from credit_limits.gates.figures import (
    calibration_slope,
    measure_calibration,
    measure_performance,
)
from training.evaluate import BINS, auc, calibration_error, evaluate, ks


def sample(rows: int, seed: int, *, rounded: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Scores, tied where they are rounded to few digits, and outcomes that follow them loosely."""
    random = np.random.default_rng(seed)
    score = np.round(np.clip(random.beta(1.2, 6.0, rows), 1e-4, 1 - 1e-4), rounded)
    return random.random(rows) < score**0.8, score


def plain_calibration_error(label: np.ndarray, score: np.ndarray) -> float:
    """Ten bins by the middle rank of each row, one row after the other."""
    gaps = [0.0] * BINS
    for own, defaulted in zip(score, label, strict=True):
        rank = sum(other < own for other in score) + (sum(other == own for other in score) + 1) / 2
        gaps[min(int((rank - 0.5) * BINS // len(score)), BINS - 1)] += own - defaulted
    return sum(abs(gap) for gap in gaps) / len(score)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("rounded", [12, 2, 1])
def test_ranking_agrees_with_sklearn(seed, rounded):
    label, score = sample(700, seed, rounded=rounded)
    false_share, true_share, _ = roc_curve(label, score)
    assert auc(label, score) == pytest.approx(roc_auc_score(label, score), abs=1e-12)
    assert ks(label, score) == pytest.approx(np.abs(true_share - false_share).max(), abs=1e-12)


@pytest.mark.parametrize("rounded", [12, 2, 1])
def test_the_calibration_error_agrees_with_its_plain_twin(rounded):
    label, score = sample(300, 7, rounded=rounded)
    assert calibration_error(label, score) == pytest.approx(
        plain_calibration_error(label, score), abs=1e-12
    )


@pytest.mark.parametrize("rounded", [12, 2])
def test_the_gate_measures_the_same(rounded):
    label, score = sample(4000, 1, rounded=rounded)
    customers = np.arange(len(label))
    found = evaluate(label, score, customers, resamples=20, seed=0)
    performance = measure_performance(label, score, customers)
    calibration = measure_calibration(label, score)
    assert found.auc.value == pytest.approx(performance.auc.value, abs=1e-12)
    assert found.ks.value == pytest.approx(performance.ks.value, abs=1e-12)
    assert found.brier.value == pytest.approx(calibration.brier, abs=1e-12)
    assert found.slope.value == pytest.approx(calibration.slope, abs=1e-9)
    assert found.ece.value == pytest.approx(calibration.expected_calibration_error, abs=1e-12)


def test_slope_intercept_and_brier_agree_with_sklearn():
    label, score = sample(3000, 2)
    log_odds = np.log(score / (1 - score)).reshape(-1, 1)
    fitted = LogisticRegression(C=np.inf, tol=1e-10, max_iter=500).fit(log_odds, label)
    found = evaluate(label, score, np.arange(len(label)), resamples=10, seed=0)
    assert found.slope.value == pytest.approx(fitted.coef_[0, 0], abs=1e-4)
    assert found.intercept.value == pytest.approx(fitted.intercept_[0], abs=1e-4)
    assert found.brier.value == pytest.approx(brier_score_loss(label, score), abs=1e-12)


def test_weights_stand_for_copied_rows():
    """Resampling by weight has the spread of literally drawing customers with replacement."""
    label, score = sample(800, 3)
    customers = np.arange(800) // 2
    random = np.random.default_rng(0)
    drawn = []
    for _ in range(400):
        chosen = random.integers(0, 400, 400)
        rows = np.concatenate([2 * chosen, 2 * chosen + 1])
        drawn.append((auc(label[rows], score[rows]), ks(label[rows], score[rows])))
    literal = np.std(drawn, axis=0)
    found = evaluate(label, score, customers, resamples=400, seed=0)
    for interval, spread in zip((found.auc, found.ks), literal, strict=True):
        assert (interval.high - interval.low) / (2 * 1.96) == pytest.approx(spread, rel=0.15)


def test_one_newton_step_is_enough_for_the_interval_of_the_slope():
    label, score = sample(2000, 4)
    random = np.random.default_rng(0)
    slopes = []
    for _ in range(400):
        copies = random.poisson(1.0, 2000)
        slopes.append(calibration_slope(np.repeat(label, copies), np.repeat(score, copies)))
    found = evaluate(label, score, np.arange(2000), resamples=400, seed=1).slope
    assert (found.high - found.low) / (2 * 1.96) == pytest.approx(np.std(slopes), rel=0.15)
