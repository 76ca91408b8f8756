"""Regression on limits drawn at random: counts as if drawn alike, errors by customer.

Both regressions have the canonical link of their family, so one Newton iteration serves both
(McCullagh and Nelder, Generalized Linear Models, 1989, 2.5). Their likelihoods are used as
estimating equations alone: balances are no counts, and a Poisson regression of them is consistent
as long as the mean is right (Gourieroux, Monfort and Trognon, 1984; Santos Silva and Tenreyro,
2006, for amounts with zeros). What the family assumes of the variance is therefore not believed:
errors are the sandwich, with the rows of a customer taken together (Liang and Zeger, 1986).
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy import special

from credit_limits.domain.errors import ModelError
from credit_limits.gates.measured import Interval
from training.rows import Floats, Indices

NORMAL_95 = float(special.ndtri(0.975))
_MOST_STEPS = 100
_MOST_HALVINGS = 40
_ENOUGH = 1e-10


class Family(StrEnum):
    """What is regressed: a mean that is never negative, or the chance of an event."""

    POISSON = "poisson"
    LOGISTIC = "logistic"


@dataclass(frozen=True, slots=True)
class Fitted:
    """Coefficients, and their covariance with the rows of a customer taken together."""

    coefficients: Floats
    covariance: Floats

    def interval(self, contrast: Floats) -> Interval:
        """Of the sum of ``contrast`` times the coefficients, 95 %."""
        value = float(contrast @ self.coefficients)
        error = float(np.sqrt(contrast @ self.covariance @ contrast))
        return Interval(value, value - NORMAL_95 * error, value + NORMAL_95 * error)


def fit(
    inputs: Floats, outcome: Floats, weight: Floats, customer: Indices, family: Family
) -> Fitted:
    """The weighted regression of ``outcome`` on ``inputs`` with its sandwich covariance.

    Args:
        inputs: float64 ``[rows, inputs]`` of full rank; a constant is an input like another.
        outcome: at least 0 for :attr:`Family.POISSON`, 0 or 1 for :attr:`Family.LOGISTIC`.
        weight: how much each row counts, above 0.
        customer: a number for the customer of each row.
        family: which regression.

    Raises:
        ModelError: inputs that are linear in each other, one customer, or no convergence, as
            where an input parts the outcomes entirely.
    """
    if np.linalg.matrix_rank(inputs) < inputs.shape[1]:
        raise ModelError("the inputs of the regression are linear in each other")
    coefficients = _maximum(inputs, outcome, weight, family)
    try:
        bread = np.linalg.inv(_curve(inputs, coefficients, weight, family))
    except np.linalg.LinAlgError as error:
        raise ModelError("the regression does not converge") from error
    residual = weight * (outcome - _mean(inputs @ coefficients, family))
    count = int(customer.max()) + 1
    if count < 2:
        raise ModelError("rows of one customer have no error")
    summed = np.zeros((count, inputs.shape[1]))
    np.add.at(summed, customer, residual[:, None] * inputs)
    filling = summed.T @ summed * (count / (count - 1.0))
    covariance = bread @ filling @ bread
    if not np.isfinite(covariance).all() or (np.diag(covariance) <= 0.0).any():
        raise ModelError("an input parts the outcomes entirely, and the regression has no error")
    return Fitted(coefficients, covariance)


def _maximum(inputs: Floats, outcome: Floats, weight: Floats, family: Family) -> Floats:
    """Newton's method from 0, each step halved until it helps."""
    at = np.zeros(inputs.shape[1])
    merit = _merit(inputs @ at, outcome, weight, family)
    for _ in range(_MOST_STEPS):
        slope = inputs.T @ (weight * (outcome - _mean(inputs @ at, family)))
        try:
            step = np.linalg.solve(_curve(inputs, at, weight, family), slope)
        except np.linalg.LinAlgError as error:
            raise ModelError("the regression does not converge") from error
        for _ in range(_MOST_HALVINGS):
            found = _merit(inputs @ (at + step), outcome, weight, family)
            if found >= merit:
                break
            step = step / 2.0
        else:
            return at  # no step helps: the top, to the last digit
        at, merit = at + step, found
        if np.abs(step).max() < _ENOUGH:
            return at
    raise ModelError(f"the regression does not converge in {_MOST_STEPS} steps")


def _curve(inputs: Floats, at: Floats, weight: Floats, family: Family) -> Floats:
    mean = _mean(inputs @ at, family)
    variance = mean if family is Family.POISSON else mean * (1.0 - mean)
    return np.asarray((inputs * (weight * variance)[:, None]).T @ inputs)


def _mean(linear: Floats, family: Family) -> Floats:
    raw = np.exp(linear) if family is Family.POISSON else special.expit(linear)
    return np.asarray(raw, dtype=np.float64)


def _merit(linear: Floats, outcome: Floats, weight: Floats, family: Family) -> float:
    """Log likelihood up to a constant; minus infinity where it overflows."""
    with np.errstate(over="ignore"):
        base = np.exp(linear) if family is Family.POISSON else np.logaddexp(0.0, linear)
    return float((weight * (outcome * linear - base)).sum())
