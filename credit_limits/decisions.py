"""Limits decided for a portfolio: rules, candidates, economics, allocation, reasons, in order."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from credit_limits.allocation.candidates import Candidates, candidate_limits
from credit_limits.allocation.certificate import Allocation, Certificate
from credit_limits.allocation.economics import CandidateValues, candidate_values
from credit_limits.allocation.problem import AllocationProblem, Cap, exact_sum
from credit_limits.allocation.solver import allocate
from credit_limits.explanation.reasons import Choices, Codes, actions, reasons
from credit_limits.policy.brakes import NO_BRAKES, Brakes
from credit_limits.policy.eligibility import permitted
from credit_limits.policy.limit_policy import LimitPolicy
from credit_limits.policy.portfolio import PRODUCTS, Flags, Floats, Integers, Portfolio
from credit_limits.policy.portfolio_caps import CapRule, Measure


@dataclass(frozen=True, slots=True)
class DecisionBatch:
    """The decisions of a portfolio, in its order, N places each.

    ``action`` and ``reasons`` (shape (N, 4)) are places in ``explanation.reasons.ACTIONS`` and
    ``REASONS``; ``grade`` is a place among the policy's bands. ``close_months`` says for how long
    raises are closed from now on, 0 for not. Expected figures are those of the limit decided, a
    year, in minor units.
    """

    to_minor: Integers
    action: Codes
    reasons: Codes
    grade: Integers
    close_months: Integers
    expected_profit_minor: Floats
    expected_loss_minor: Floats
    exposure_minor: Floats
    certificate: Certificate


def decide(
    portfolio: Portfolio,
    policy: LimitPolicy,
    label_window_months: int,
    brakes: Brakes = NO_BRAKES,
) -> DecisionBatch:
    """Decide the limit of every account.

    Args:
        portfolio: the accounts as they stand.
        policy: the limit policy in force.
        label_window_months: the window of the model's default probability.
        brakes: what is stopped for whole products.

    Raises:
        AllocationInfeasible: the policy's caps exclude every permitted choice.
        PolicyError: the policy does not know the label window.
    """
    permissions = permitted(portfolio, policy, brakes)
    candidates = candidate_limits(portfolio.limit_minor, permissions, policy.ladder)
    values = candidate_values(portfolio, candidates, policy.economics, label_window_months)
    allocation = allocate(allocation_problem(portfolio, candidates, values, policy.caps))
    choices = _choices(portfolio, candidates, values, allocation)
    places = np.arange(len(portfolio))
    return DecisionBatch(
        to_minor=choices.to_minor,
        action=actions(choices, permissions),
        reasons=reasons(choices, permissions),
        grade=policy.grades.index(portfolio.default_probability),
        close_months=permissions.close_months,
        expected_profit_minor=values.profit[allocation.choice, places],
        expected_loss_minor=values.expected_loss[allocation.choice, places],
        exposure_minor=values.exposure[allocation.choice, places],
        certificate=allocation.certificate,
    )


def allocation_problem(
    portfolio: Portfolio,
    candidates: Candidates,
    values: CandidateValues,
    rules: tuple[CapRule, ...],
) -> AllocationProblem:
    """The portfolio's problem. Of equals today's limit is preferred.

    A cap's bound is its ratio times the measure's sum at today's limits; a cap on a product that
    the portfolio does not hold is left out.
    """
    measures = {
        str(Measure.LIMIT): candidates.limit_minor.astype(np.float64),
        str(Measure.EXPOSURE): values.exposure,
        str(Measure.EXPECTED_LOSS): values.expected_loss,
    }
    caps = tuple(_cap(portfolio, candidates, measures, rule) for rule in rules)
    return AllocationProblem(
        account_id=portfolio.account_id,
        profit=values.profit,
        allowed=candidates.allowed,
        measures=measures,
        caps=tuple(cap for cap in caps if cap.scope is None or cap.scope.any()),
        preferred=np.full(len(portfolio), candidates.hold_index, dtype=np.int64),
    )


def _cap(
    portfolio: Portfolio, candidates: Candidates, measures: Mapping[str, Floats], rule: CapRule
) -> Cap:
    scope: Flags | None = None
    today = measures[rule.measure][candidates.hold_index]
    if rule.product is not None:
        scope = np.asarray(portfolio.product == PRODUCTS.index(rule.product))
        today = today[scope]
    return Cap(rule.name, str(rule.measure), rule.ratio_to_today * exact_sum(today), scope)


def _choices(
    portfolio: Portfolio, candidates: Candidates, values: CandidateValues, allocation: Allocation
) -> Choices:
    places, hold = np.arange(len(portfolio)), candidates.hold_index
    higher = slice(hold + 1, None)
    gains = values.profit[higher] + values.change_cost[higher] - values.profit[hold]
    gains = np.where(candidates.allowed[higher], gains, -np.inf)
    return Choices(
        from_minor=portfolio.limit_minor,
        to_minor=candidates.limit_minor[allocation.choice, places],
        unconstrained_minor=candidates.limit_minor[allocation.unconstrained, places],
        can_rise=np.asarray(np.isfinite(gains).any(axis=0)),
        rise_gain_minor=gains.max(axis=0, initial=-np.inf),
    )
