"""Calibration: two numbers that turn a booster's log-odds into probabilities that happen.

``log-odds calibrated = slope x log-odds + intercept`` (Cox, 1958; Platt, 1999). With a slope above
zero it keeps every ranking and every monotone constraint, and the contributions of the inputs,
times the slope, still add up to the calibrated log-odds.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from credit_limits.domain.errors import ModelError, NotEnoughOutcomes
from training.rows import Flags, Floats

_STEPS = 100
_SETTLED = 1e-10


@dataclass(frozen=True, slots=True)
class Calibration:
    """``slope`` above 0, ``intercept`` in log-odds."""

    slope: float
    intercept: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.slope) and math.isfinite(self.intercept) and self.slope > 0):
            raise ModelError(f"calibration with slope {self.slope}, intercept {self.intercept}")

    def probabilities(self, log_odds: Floats) -> Floats:
        """Probabilities, 0 to 1, never falling as ``log_odds`` rises.

        Slope 2, intercept 1 on log-odds of -0.5: 1 / (1 + exp(0)) = 0.5.

        >>> Calibration(2.0, 1.0).probabilities(np.array([-0.5]))
        array([0.5])
        """
        return np.asarray(expit(self.slope * log_odds + self.intercept), dtype=np.float64)


def fit_calibration(log_odds: Floats, label: Flags, *, slope_prior_rows: float) -> Calibration:
    """The most probable slope and intercept, the slope with a normal prior around 1.

    Minimizes ``log-loss + slope_prior_rows / 2 x (slope - 1)^2`` by Newton's method; it is convex.
    The intercept has no prior, so on these rows predicted defaults add up to the observed ones.

    Args:
        log_odds: what the booster says of rows that it has not learnt from.
        label: true for a default, same length, both kinds present.
        slope_prior_rows: precision of the prior.

    Raises:
        NotEnoughOutcomes: only one kind.
        ModelError: the rows contradict the booster's ranking (a slope of zero or below), or the
            coefficients do not settle.
    """
    if label.all() or not label.any():
        raise NotEnoughOutcomes(f"calibration on {len(label)} rows of one kind; both are needed")
    slope, intercept = 1.0, 0.0
    for _ in range(_STEPS):
        fitted = expit(slope * log_odds + intercept)
        spread = fitted * (1.0 - fitted)
        gradient = np.array(
            [
                (log_odds * (fitted - label)).sum() + slope_prior_rows * (slope - 1.0),
                (fitted - label).sum(),
            ]
        )
        cross = (spread * log_odds).sum()
        curvature = np.array(
            [
                [(spread * log_odds**2).sum() + slope_prior_rows, cross],
                [cross, spread.sum()],
            ]
        )
        step = np.clip(np.linalg.solve(curvature, gradient), -1.0, 1.0)
        slope, intercept = slope - float(step[0]), intercept - float(step[1])
        if np.abs(step).max() < _SETTLED:
            return Calibration(slope, intercept)
    raise ModelError("the calibration did not settle; more calibration rows are needed")
