"""Logistic regression by Newton's method, for whoever needs no more than that."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from credit_limits.simulation.columns import Flags, Floats

_MOST_STEPS = 50
_MOST_HALVINGS = 30
_RIDGE = 1.0
_ENOUGH = 1e-8


@dataclass(frozen=True, slots=True)
class LogisticModel:
    """Log odds = ``intercept`` + inputs x ``weights``."""

    intercept: float
    weights: Floats

    def probability(self, inputs: Floats) -> Floats:
        """The chance of each row of ``inputs``, shape (N, inputs)."""
        return _chance(self.intercept + inputs @ self.weights)


def fit_logistic(inputs: Floats, outcome: Flags) -> LogisticModel:
    """The model of most likelihood less half the sum of its squared weights.

    That ridge keeps weights finite where an input parts the outcomes entirely; inputs are to be
    of about unit size. ``outcome`` has a row for each of ``inputs``.

    Raises:
        ValueError: the outcome is the same in every row, or there is none.
    """
    if len(outcome) == 0 or outcome.all() or not outcome.any():
        raise ValueError("a logistic regression needs rows of both outcomes")
    rows = np.column_stack([np.ones(len(inputs)), inputs])
    weights = np.zeros(rows.shape[1])
    weights[0] = np.log(outcome.mean() / (1.0 - outcome.mean()))
    for _ in range(_MOST_STEPS):
        step = _newton_step(rows, outcome, weights)
        length = _uphill(rows, outcome, weights, step)
        weights = weights + length * step
        if np.abs(length * step).max() < _ENOUGH:
            break
    return LogisticModel(float(weights[0]), weights[1:])


def _newton_step(rows: Floats, outcome: Flags, weights: Floats) -> Floats:
    ridge = np.full(len(weights), _RIDGE)
    ridge[0] = 0.0
    chance = _chance(rows @ weights)
    slope = rows.T @ (outcome - chance) - ridge * weights
    curve = (rows * (chance * (1.0 - chance))[:, None]).T @ rows + np.diag(ridge)
    return np.asarray(np.linalg.solve(curve, slope), dtype=np.float64)


def _uphill(rows: Floats, outcome: Flags, weights: Floats, step: Floats) -> float:
    """The first of 1, 1/2, 1/4, ... of a step that does not make the fit worse."""
    now, length = _merit(rows, outcome, weights), 1.0
    for _ in range(_MOST_HALVINGS):
        if _merit(rows, outcome, weights + length * step) >= now:
            return length
        length /= 2.0
    return 0.0


def _merit(rows: Floats, outcome: Flags, weights: Floats) -> float:
    """Log likelihood less the ridge."""
    log_odds = rows @ weights
    likelihood = (outcome * log_odds - np.logaddexp(0.0, log_odds)).sum()
    return float(likelihood - _RIDGE / 2.0 * (weights[1:] ** 2).sum())


def _chance(log_odds: Floats) -> Floats:
    return np.asarray(special.expit(log_odds), dtype=np.float64)
