"""The portfolio of a day and all that would decide about it, in hand: to try changes on.

What an adjustment would read, read in the same way; nothing is written, not even a refusal.
"""

from dataclasses import dataclass
from datetime import date

import structlog

from credit_limits.decisions import DecisionBatch, decide
from credit_limits.policy.brakes import Brakes
from credit_limits.policy.limit_policy import LimitPolicy
from credit_limits.policy.portfolio import Portfolio
from credit_limits.policy.rulebook import RuleBook
from monitoring.drift import SCORE
from tidegate.adapters.dated_policies import DatedFile, load_dated
from tidegate.operations.brakes import in_force, open_brakes
from tidegate.operations.champion import load_champion
from tidegate.operations.decision_cycle import parsed_limit_policy
from tidegate.operations.limit_state import read_portfolio
from tidegate.operations.macro_overlay import overlay_at
from tidegate.operations.platform import Platform
from tidegate.operations.rule_book import rule_book_at
from tidegate.operations.scored_rows import label_window_months, portfolio_scored

_log = structlog.get_logger(__name__)

_MODEL_NAME = "default_risk"


@dataclass(frozen=True, slots=True)
class UndecidedPortfolio:
    """Open accounts at a day, scored by the certified champion, and what is in force."""

    portfolio: Portfolio
    model_version: str
    policy_file: DatedFile
    policy: LimitPolicy
    rulebook: RuleBook
    brakes: Brakes
    label_window_months: int

    def decided(
        self, *, policy: LimitPolicy | None = None, brakes: Brakes | None = None
    ) -> DecisionBatch:
        """The decisions under what is in force, or under another policy or other brakes.

        Raises:
            AllocationInfeasible: the policy's caps cannot be met.
            PolicyError: the policy does not know the model's label window.
        """
        return decide(
            self.portfolio,
            policy or self.policy,
            self.label_window_months,
            self.brakes if brakes is None else brakes,
            self.rulebook,
        )


def read_undecided(platform: Platform, as_of: date) -> UndecidedPortfolio:
    """The portfolio of a day, ready to be decided.

    Raises:
        NoCertifiedChampion: no champion, or one whose certificate does not verify.
        DataMissing: the features of the day were not computed, or the overlay asks for macro
            figures that the lake does not have.
        PolicyError: the limit policy, the overlay or the rule book of the day cannot be used.
    """
    champion = load_champion(platform, _MODEL_NAME)
    file = load_dated(platform.policies("limits"), as_of)
    scored = portfolio_scored(platform, champion.loaded, as_of)
    _log.info("portfolio_scored", accounts=len(scored), model_version=champion.version)
    portfolio = read_portfolio(platform.lake, as_of, scored, SCORE)
    return UndecidedPortfolio(
        portfolio=overlay_at(platform, as_of).applied(portfolio),
        model_version=champion.version,
        policy_file=file,
        policy=parsed_limit_policy(file),
        rulebook=rule_book_at(platform, as_of),
        brakes=in_force(open_brakes(platform, as_of)),
        label_window_months=label_window_months(champion.loaded),
    )
