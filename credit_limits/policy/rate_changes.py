"""The annual rate of each account: brought to that of its grade, and never above the law."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from credit_limits.policy.limit_policy import LimitPolicy
from credit_limits.policy.portfolio import Flags, Floats, Portfolio
from credit_limits.policy.pricing_policy import BASIS_POINTS
from credit_limits.policy.rulebook import Effect, RuleBook
from credit_limits.policy.rulebook_effects import counted_annual_rate
from credit_limits.policy.rulebook_findings import Finding, find
from credit_limits.policy.triggers import risk_grade


@dataclass(frozen=True, slots=True)
class RateChanges:
    """The new annual rate of N accounts, NaN where it stays, and which of the two reasons it has.

    ``above_legal`` are rates that the law no longer allows, ``of_grade`` those too far from what
    the policy asks of the grade.
    """

    annual_rate: Floats
    above_legal: Flags
    of_grade: Flags


def rate_changes(
    portfolio: Portfolio,
    policy: LimitPolicy,
    rulebook: RuleBook,
    findings: Sequence[Finding],
    *,
    opened: Flags,
    reviewed: Flags,
) -> RateChanges:
    """The rates that change.

    A rate above what the law allows falls to it at once. Of an account that is open and not past
    due, a rate further from its grade's than the policy's step is brought to it, where neither
    the opening nor the last change is too recent. What the law allows is asked at the new rate,
    and where it cannot be told, the rate stays.

    Args:
        portfolio: the accounts.
        policy: the limit policy in force.
        rulebook: the rules of law in force.
        findings: of every rule, for these accounts at today's rates.
        opened: accounts that are open after the decision.
        reviewed: accounts of which a person decides.
    """
    lawful = counted_annual_rate(portfolio, findings)
    of_grade, grade_rate = _by_grade(portfolio, policy, opened & ~reviewed)
    of_grade, grade_rate = _lawful_at(portfolio, rulebook, of_grade, grade_rate)
    above_legal = (lawful < portfolio.annual_rate) & ~reviewed
    rate = np.where(above_legal, lawful, np.nan)
    rate = np.where(of_grade, np.fmin(grade_rate, rate), rate)
    return RateChanges(rate, above_legal, of_grade & ~above_legal)


def _by_grade(portfolio: Portfolio, policy: LimitPolicy, may_change: Flags) -> tuple[Flags, Floats]:
    """Whose rate is due to follow its grade, and the rate of everybody's grade."""
    rules, seen = policy.pricing, portfolio.features
    asked = np.array(rules.rates)[risk_grade(portfolio, policy), portfolio.product]
    known = ~np.isnan(portfolio.annual_rate)
    today = np.rint(np.nan_to_num(portfolio.annual_rate) * BASIS_POINTS)
    due = may_change & known & (np.abs(today - asked) > rules.step_basis_points)
    due &= (seen.days_past_due_latest == 0) & (seen.account_age_months >= rules.months_min)
    due &= ~(portfolio.months_since_rate_change < rules.months_min)
    return np.asarray(due), asked / BASIS_POINTS


def _lawful_at(
    portfolio: Portfolio, rulebook: RuleBook, due: Flags, rate: Floats
) -> tuple[Flags, Floats]:
    """Those whose new rate the law can judge, and the new rates within it."""
    book = rate_rules(rulebook)
    if not book.rules or not due.any():
        return due, rate
    then = replace(portfolio.where(due), annual_rate=rate[due])
    findings = find(then, book)
    rate = rate.copy()
    rate[due] = counted_annual_rate(then, findings)
    due = due.copy()
    due[due] = ~np.logical_or.reduce([finding.unknown for finding in findings])
    return due, rate


def rate_rules(rulebook: RuleBook) -> RuleBook:
    """The rules of the book that cap a rate."""
    capping = tuple(
        rule
        for rule in rulebook.rules
        if rule.consequence.effect is Effect.CAP_ANNUAL_RATE and rule.consequence.blocks
    )
    return replace(rulebook, rules=capping)
