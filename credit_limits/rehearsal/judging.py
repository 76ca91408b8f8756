"""Judging a model by what only the world knows: the true default probabilities."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from credit_limits.simulation.columns import Floats, labels
from credit_limits.simulation.world import RunningWorld
from credit_limits.truth.risk import default_probability

WORSE_MARGIN = 0.002
"""Nats an account: a tenth of what a good model gains over the base rate alone."""
_SURE = 1e-9


@dataclass(frozen=True, slots=True)
class TrueRisk:
    """The accounts at risk at a month's end, by id, and their true chance of default.

    ``probability`` is of reaching 90 days past due within the next six months.
    """

    month_end: date
    account_id: npt.NDArray[np.str_]
    probability: Floats


@dataclass(frozen=True, slots=True)
class ModelTrial:
    """A promotion, judged: true losses of the new champion and of the old on the same accounts.

    ``old_version`` and ``old_loss`` are None where there was no champion before.
    """

    month_end: date
    new_version: str
    new_loss: float
    old_version: str | None
    old_loss: float | None

    @property
    def worsened_by(self) -> float:
        """Loss of the new above the old, nats an account; negative where the new is better."""
        return 0.0 if self.old_loss is None else self.new_loss - self.old_loss

    @property
    def worse(self) -> bool:
        """Whether the new champion is worse by more than the margin."""
        return self.worsened_by > WORSE_MARGIN


def true_risk(world: RunningWorld) -> TrueRisk:
    """The truth at the end of the month that a world has just lived."""
    probability = default_probability(world.scene, world.standing)
    at = np.flatnonzero(~np.isnan(probability))
    ids = labels("A", world.scene.accounts.number[at], 8)
    return TrueRisk(
        month_end=world.scene.calendar.month_end(world.standing.month),
        account_id=np.asarray(ids.to_numpy(zero_copy_only=False), dtype=np.str_),
        probability=probability[at],
    )


def true_loss(predicted: Floats, true_probability: Floats) -> float:
    """Expected log loss of predictions under the truth, nats an account.

    -(p ln q + (1 - p) ln (1 - q)), mean over accounts; smallest, but not 0, where q = p. It is
    what the out-of-time log loss tends to, without the luck of who defaulted. With p 0.5 and
    q 0.25: -(0.5 ln 0.25 + 0.5 ln 0.75) = 0.837.

    Raises:
        ValueError: the two differ in length, are empty, or hold what is no probability.

    >>> round(true_loss(np.array([0.25]), np.array([0.5])), 3)
    0.837
    """
    if len(predicted) != len(true_probability) or len(predicted) == 0:
        raise ValueError("predictions and truth must be of the same, some, accounts")
    for values in (predicted, true_probability):
        if not ((values >= 0.0) & (values <= 1.0)).all():
            raise ValueError("a probability outside 0 to 1")
    q = np.clip(predicted.astype(np.float64), _SURE, 1.0 - _SURE)
    loss = true_probability * np.log(q) + (1.0 - true_probability) * np.log(1.0 - q)
    return float(-loss.mean())


def trial_of(
    risk: TrueRisk,
    new: tuple[str, Floats],
    old: tuple[str, Floats] | None,
) -> ModelTrial:
    """A promotion judged; of each model its version and its predictions of the same accounts."""
    new_version, new_predicted = new
    return ModelTrial(
        month_end=risk.month_end,
        new_version=new_version,
        new_loss=true_loss(new_predicted, risk.probability),
        old_version=old[0] if old else None,
        old_loss=true_loss(old[1], risk.probability) if old else None,
    )
