"""Fast DeLong against its definition over all pairs, and against resampling."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score, roc_curve

from credit_limits.gates.delong import auc_interval, paired_difference
from credit_limits.gates.figures import calibration_slope, ks_interval

Z = 1.959963984540054


def slow_paired(label: np.ndarray, score: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """Difference of AUC and its standard error by comparing every pair, as in DeLong (1988)."""

    def wins(values: np.ndarray) -> np.ndarray:
        defaults, goods = values[label][:, None], values[~label][None, :]
        return (defaults > goods) + 0.5 * (defaults == goods)

    first, second = wins(score), wins(other)
    variance = 0.0
    for axis, count in ((1, label.sum()), (0, (~label).sum())):
        covariance = np.cov(first.mean(axis=axis), second.mean(axis=axis))
        variance += (covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]) / count
    return float(first.mean() - second.mean()), float(np.sqrt(max(variance, 0.0)))


@given(
    rows=st.integers(4, 60),
    levels=st.integers(2, 30),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_fast_difference_is_that_over_all_pairs(rows, levels, seed):
    random = np.random.default_rng(seed)
    label = random.permutation(np.arange(rows) < random.integers(2, rows - 1))
    score, other = random.integers(0, levels, (2, rows)) / levels
    fast = paired_difference(label, score, other, random.permutation(rows))
    value, error = slow_paired(label, score, other)
    assert fast.value == pytest.approx(value, abs=1e-12)
    assert fast.high - fast.value == pytest.approx(Z * error, abs=1e-7)


@pytest.fixture(scope="module")
def scored() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(5)
    label = random.random(3000) < 0.2
    signal = label + random.normal(0, 1.2, 3000)
    return label, signal + random.normal(0, 0.3, 3000), signal + random.normal(0, 0.5, 3000)


def test_intervals_agree_with_the_bootstrap(scored):
    label, score, other = scored
    random = np.random.default_rng(6)
    drawn = []
    for _ in range(400):
        rows = random.integers(0, len(label), len(label))
        drawn.append(
            (
                roc_auc_score(label[rows], score[rows]),
                roc_auc_score(label[rows], other[rows]),
            )
        )
    first, second = np.array(drawn).T
    each = np.arange(len(label))
    single = auc_interval(label, score, each)
    paired = paired_difference(label, score, other, each)
    assert (single.high - single.low) / (2 * Z) == pytest.approx(first.std(), rel=0.12)
    assert (paired.high - paired.low) / (2 * Z) == pytest.approx((first - second).std(), rel=0.12)


def test_the_interval_covers_the_truth_as_often_as_it_says():
    random = np.random.default_rng(8)
    truth = 0.7602  # of two normal distributions one apart: Phi(1 / sqrt 2)
    covered = 0
    for _ in range(400):
        label = np.arange(300) < 60
        found = auc_interval(label, label + random.normal(0, 1, 300), np.arange(300))
        covered += found.low <= truth <= found.high
    assert 0.92 <= covered / 400 <= 0.98


def test_intervals_of_repeated_customers_agree_with_the_bootstrap_of_customers():
    random = np.random.default_rng(9)
    customer = np.repeat(np.arange(600), 4)
    weakness = random.normal(0, 1, 600)[customer]
    label = weakness + random.normal(0, 0.7, 2400) > 1.2
    score = 0.5 * weakness + random.normal(0, 0.5, 2400)
    other = score + random.normal(0, 0.4, 2400)
    rows_of = customer.reshape(600, 4) * 4 + np.arange(4)
    drawn = []
    for _ in range(400):
        rows = rows_of[random.integers(0, 600, 600)].ravel()
        first, second = (roc_auc_score(label[rows], of[rows]) for of in (score, other))
        drawn.append((first, _ks(label[rows], score[rows]), first - second))
    of_auc, of_ks, of_difference = np.array(drawn).std(axis=0)
    auc, ks = auc_interval(label, score, customer), ks_interval(label, score, customer)
    assert (auc.high - auc.low) / (2 * Z) == pytest.approx(of_auc, rel=0.15)
    assert (ks.high - ks.low) / (2 * Z) == pytest.approx(of_ks, rel=0.2)
    paired = paired_difference(label, score, other, customer)
    assert (paired.high - paired.low) / (2 * Z) == pytest.approx(of_difference, rel=0.15)
    narrow = auc_interval(label, score, np.arange(2400))
    assert narrow.high - narrow.low < 0.85 * (auc.high - auc.low)


def _ks(label: np.ndarray, score: np.ndarray) -> float:
    goods, defaults, _ = roc_curve(label, score)
    return float(np.abs(defaults - goods).max())


def test_auc_and_ks_agree_with_scikit_learn(scored):
    label, score, _ = scored
    assert auc_interval(label, score, np.arange(3000)).value == pytest.approx(
        roc_auc_score(label, score), abs=1e-12
    )
    assert ks_interval(label, score, np.arange(3000)).value == pytest.approx(_ks(label, score))


def test_the_slope_is_that_of_an_unpenalised_logistic_regression(scored):
    label, score, _ = scored
    probability = 1 / (1 + np.exp(-(0.7 * score - 1.5)))
    logit = np.log(probability / (1 - probability))[:, None]
    plain = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(logit, label)
    assert calibration_slope(label, probability) == pytest.approx(plain.coef_[0, 0], abs=1e-5)
