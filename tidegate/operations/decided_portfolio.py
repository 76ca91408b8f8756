"""What a model would decide today: the decisions that the gate judges, made once and shared."""

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from credit_limits.decisions import DecisionBatch
from credit_limits.domain.decision import ReasonCode
from credit_limits.domain.limit_response import LimitResponse
from credit_limits.policy.brakes import NO_BRAKES
from credit_limits.policy.eligibility import permitted
from credit_limits.policy.portfolio import Flags, Integers, Portfolio
from tidegate.operations.decision_inputs import Undecided
from tidegate.operations.platform import Platform
from tidegate.operations.undecided_day import read_day

if TYPE_CHECKING:
    from tidegate.adapters.registry import LoadedVersion


@dataclass(frozen=True, slots=True)
class DecidedPortfolio:
    """The accounts open at a day, in order of their id, and what a model would decide for them.

    ``in_persistent_debt``: whose raises the limit policy forbids for persistent debt.
    """

    portfolio: Portfolio
    batch: DecisionBatch
    in_persistent_debt: Flags

    @property
    def added_minor(self) -> Integers:
        """By how much each limit would rise, 0 where it would not."""
        added: Integers = (self.batch.to_minor - self.portfolio.limit_minor).clip(min=0)
        return added


def decided_today(
    platform: Platform,
    loaded: "LoadedVersion",
    as_of: date,
    scored: pd.DataFrame,
    *,
    response: LimitResponse | None,
) -> DecidedPortfolio:
    """The decisions of a model for every account of ``scored``, under the limit policy in force.

    ``response`` is the limit response that the model decides with.

    Brakes are left out: a brake stops raises whatever the model says, and a model that is to
    follow one that was braked could not be judged under it. Nothing is written.

    Raises:
        DataMissing: the lake lacks accounts or customers.
        ModelError: the version does not say its label window.
        PolicyError: the limit policy or the rule book cannot be used, or the policy does not know
            the label window.
        AllocationInfeasible: the caps of the policy cannot be met.
    """
    day = read_day(platform, loaded, as_of, scored, response=response)
    undecided = replace(day.undecided, brakes=NO_BRAKES)
    batch = undecided.decided()
    return DecidedPortfolio(undecided.portfolio, batch, in_persistent_debt(undecided))


def in_persistent_debt(undecided: Undecided) -> Flags:
    """Whose raises the limit policy forbids for persistent debt."""
    found = permitted(
        undecided.portfolio, undecided.policy, undecided.brakes, undecided.rulebook
    ).has(ReasonCode.PERSISTENT_DEBT)
    return np.asarray(found)
