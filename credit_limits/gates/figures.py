"""The figures of a scored sample, computed by the gate itself and not taken from the training."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from credit_limits.domain.errors import NotEnoughOutcomes
from credit_limits.gates.delong import auc_interval
from credit_limits.gates.evidence import CalibrationEvidence, Interval, PerformanceEvidence

_BINS = 10
_BANDS = 5000
_RESAMPLES = 200
_LOGIT_CLIP = 1e-9


def measure_performance(
    label: NDArray[np.bool_],
    score: NDArray[np.float64],
    customer: NDArray[np.intp],
    *,
    seed: int = 0,
) -> PerformanceEvidence:
    """AUC and KS with 95 % intervals.

    Args:
        label: true for a default.
        score: predicted default probability, same length.
        customer: a number for each row's customer, from 0 on; rows of one belong together.
        seed: of the bootstrap of KS.

    Raises:
        NotEnoughOutcomes: fewer than two rows or customers of a kind.
    """
    return PerformanceEvidence(
        rows=len(label),
        defaults=int(label.sum()),
        auc=auc_interval(label, score, customer),
        ks=ks_interval(label, score, customer, seed=seed),
    )


def ks_interval(
    label: NDArray[np.bool_],
    score: NDArray[np.float64],
    customer: NDArray[np.intp],
    *,
    seed: int = 0,
) -> Interval:
    """Kolmogorov-Smirnov distance of the scores of defaults and good rows, with 95 % interval.

    The interval is the basic bootstrap's, ``2 KS - quantile`` (Davison and Hinkley, 1997, 5.2):
    a resampled KS lies above the sample's more often than below, and this turns it round, where
    taking the quantiles themselves would flatter the lower end. Customers are resampled by
    Poisson weights, over at most 5,000 bands of equal scores; the value itself is exact.

    >>> label, score = np.array([True, True, False, False]), np.array([0.9, 0.4, 0.6, 0.1])
    >>> ks_interval(label, score, np.arange(4)).value
    0.5
    """
    if not np.isfinite(score).all():
        return Interval(np.nan, np.nan, np.nan)
    _, step = np.unique(score, return_inverse=True)
    ones = np.ones(len(score))
    value = _distance(label, step, ones)
    band = step if step.max() < _BANDS else (rankdata(score) * _BANDS / len(score)).astype(np.intp)
    random = np.random.default_rng(seed)
    customers = int(customer.max()) + 1
    weights = (random.poisson(1.0, customers).astype(np.float64) for _ in range(_RESAMPLES))
    resampled = [_distance(label, band, weight[customer]) for weight in weights]
    low, high = value + _distance(label, band, ones) - np.nanquantile(resampled, (0.975, 0.025))
    return Interval(value, max(0.0, float(low)), min(1.0, float(high)))


def _distance(
    label: NDArray[np.bool_], band: NDArray[np.intp], weight: NDArray[np.float64]
) -> float:
    """KS of weighted rows in bands of rising score; NaN where a class has no weight."""
    everyone = np.cumsum(np.bincount(band, weights=weight))
    defaults = np.cumsum(np.bincount(band, weights=weight * label))
    goods = everyone - defaults
    if not defaults[-1] or not goods[-1]:
        return float("nan")
    return float(np.abs(defaults / defaults[-1] - goods / goods[-1]).max())


def measure_calibration(
    label: NDArray[np.bool_], score: NDArray[np.float64]
) -> CalibrationEvidence:
    """How far predicted probabilities are from what happened.

    The expected calibration error is taken over ten bins of equal numbers of rows (Naeini et
    al., 2015, with bins of equal count); what sampling gives of it where the model is right is
    ``sum of w_b sqrt(2/pi) sqrt(p_b (1 - p_b) / n_b)``. Worked: 1,000 rows in one bin at 0.1,
    0.798 x sqrt(0.09 / 1000) = 0.0076.

    Raises:
        NotEnoughOutcomes: only one class.
    """
    if label.all() or not label.any():
        raise NotEnoughOutcomes("calibration needs defaults and good rows")
    observed = label.astype(np.float64)
    rate = float(observed.mean())
    brier = float(np.mean((score - observed) ** 2))
    error, noise = _calibration_error(observed, score)
    return CalibrationEvidence(
        rows=len(label),
        default_rate=rate,
        predicted_over_observed=float(score.mean()) / rate,
        slope=calibration_slope(label, score),
        brier=brier,
        brier_skill=1.0 - brier / (rate * (1.0 - rate)),
        expected_calibration_error=error,
        excess_calibration_error=max(0.0, error - noise) / rate if np.isfinite(error) else np.nan,
    )


def calibration_slope(label: NDArray[np.bool_], score: NDArray[np.float64]) -> float:
    """Slope of the logistic regression of the outcome on the log-odds of the score (Cox, 1958).

    1 where the spread is right; below 1 where high scores are too high and low ones too low.
    NaN where it does not settle, as with a score that separates the classes completely.
    """
    clipped = np.clip(score, _LOGIT_CLIP, 1.0 - _LOGIT_CLIP)
    design = np.column_stack([np.ones(len(score)), np.log(clipped / (1.0 - clipped))])
    if not np.isfinite(design).all():
        return float("nan")
    weights = np.zeros(2)
    for _ in range(50):
        fitted = 1.0 / (1.0 + np.exp(-np.clip(design @ weights, -500.0, 500.0)))
        curvature = (design * (fitted * (1.0 - fitted))[:, None]).T @ design
        if np.linalg.cond(curvature) > 1e12:
            return float("nan")
        step = np.linalg.solve(curvature, design.T @ (label - fitted))
        weights = weights + step
        if np.abs(step).max() < 1e-10:
            return float(weights[1])
    return float("nan")


def _calibration_error(
    observed: NDArray[np.float64], score: NDArray[np.float64]
) -> tuple[float, float]:
    """The error and what sampling alone gives of it, both weighted by rows."""
    if not np.isfinite(score).all():
        return float("nan"), float("nan")
    bins = np.minimum((rankdata(score) - 0.5) * _BINS // len(score), _BINS - 1).astype(np.intp)
    counts = np.bincount(bins, minlength=_BINS).astype(np.float64)
    gap = np.abs(np.bincount(bins, weights=score - observed, minlength=_BINS))
    spread = np.sqrt(np.bincount(bins, weights=score * (1.0 - score), minlength=_BINS))
    return float(gap.sum() / counts.sum()), float(np.sqrt(2 / np.pi) * spread.sum() / counts.sum())
