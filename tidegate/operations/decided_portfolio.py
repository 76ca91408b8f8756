"""What a model would decide today: the decisions that the gate judges, made once and shared."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from credit_limits.decisions import DecisionBatch, decide
from credit_limits.domain.decision import ReasonCode
from credit_limits.policy.brakes import NO_BRAKES
from credit_limits.policy.eligibility import permitted
from credit_limits.policy.portfolio import Flags, Integers, Portfolio
from monitoring.drift import SCORE
from tidegate.adapters.dated_policies import load_dated
from tidegate.operations.decision_cycle import parsed_limit_policy
from tidegate.operations.limit_state import read_portfolio
from tidegate.operations.macro_overlay import overlay_at
from tidegate.operations.platform import Platform
from tidegate.operations.rule_book import rule_book_at
from tidegate.operations.scored_rows import label_window_months

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
    platform: Platform, loaded: "LoadedVersion", as_of: date, scored: pd.DataFrame
) -> DecidedPortfolio:
    """The decisions of a model for every account of ``scored``, under the limit policy in force.

    Brakes are left out: a brake stops raises whatever the model says, and a model that is to
    follow one that was braked could not be judged under it. Nothing is written.

    Raises:
        DataMissing: the lake lacks accounts or customers.
        ModelError: the version does not say its label window.
        PolicyError: the limit policy or the rule book cannot be used, or the policy does not know
            the label window.
        AllocationInfeasible: the caps of the policy cannot be met.
    """
    policy = parsed_limit_policy(load_dated(platform.policies("limits"), as_of))
    rulebook = rule_book_at(platform, as_of)
    overlay = overlay_at(platform, as_of)
    portfolio = overlay.applied(read_portfolio(platform.lake, as_of, scored, SCORE))
    window_months = label_window_months(loaded)
    batch = decide(portfolio, policy, window_months, NO_BRAKES, rulebook)
    forbidden = permitted(portfolio, policy, NO_BRAKES, rulebook)
    return DecidedPortfolio(portfolio, batch, forbidden.has(ReasonCode.PERSISTENT_DEBT))
