"""Limits decided for a portfolio: rules, candidates, economics, allocation, reasons, in order."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from credit_limits.allocation.candidates import Candidates, candidate_limits
from credit_limits.allocation.certificate import Allocation, Certificate
from credit_limits.allocation.economics import CandidateValues, candidate_values
from credit_limits.allocation.solver import allocate
from credit_limits.decisions_at_prices import (
    NextHigher,
    chosen_at_prices,
    next_higher,
    worth_at_prices,
)
from credit_limits.explanation.reasons import (
    Choices,
    Codes,
    actions,
    change_reasons,
    reasons,
    state_causes,
)
from credit_limits.policy.account_changes import AccountChanges
from credit_limits.policy.brakes import NO_BRAKES, Brakes
from credit_limits.policy.eligibility import permitted
from credit_limits.policy.initial_limits import with_first_use
from credit_limits.policy.lender import Lender
from credit_limits.policy.limit_policy import LimitPolicy
from credit_limits.policy.permission import Permissions
from credit_limits.policy.portfolio import Floats, Integers, Portfolio
from credit_limits.policy.rulebook import NO_RULES, RuleBook
from credit_limits.policy.rulebook_effects import counted_annual_rate
from credit_limits.policy.rulebook_findings import RuleTouch, with_duties
from credit_limits.policy.scenario_limits import scenario_limits_minor
from credit_limits.portfolio_problem import (
    DayAccounts,
    GroupSizes,
    RatioHeld,
    allocation_problem,
    ratios_held,
)


@dataclass(frozen=True, slots=True)
class DecisionBatch:
    """The decisions of a portfolio, in its order, N places each.

    ``action``, ``actions`` (shape (N, 6)) and ``reasons`` (shape (N, 4)) are places in
    ``explanation.reasons.ACTIONS`` and ``REASONS``; ``actions`` are all that is done, ``action``
    is the first of them. ``grade`` is a place among the policy's bands. ``close_months`` says for
    how long raises are closed from now on, 0 for not. ``changes`` is what becomes of an account
    beside its limit, for ``change_reasons`` (shape (N, 4)); ``state_causes`` is what its state
    rests on. Expected figures are those of the limit decided, a
    year, in minor units; ``provision_minor`` is what is set aside for losses then.
    ``scenario_limits_minor`` (shape (N, 9)) are sub-limits in the order of ``Scenario``, -1 where
    the account has none. ``next_higher`` is the limit above it that was permitted, and what it
    missed by at the prices of the caps. ``rules`` holds every rule of the rule book with the
    accounts that it touched, ``ratios`` what every ratio row of the policy comes to.
    """

    to_minor: Integers
    action: Codes
    reasons: Codes
    grade: Integers
    close_months: Integers
    actions: Codes
    changes: AccountChanges
    change_reasons: Codes
    state_causes: Codes
    expected_profit_minor: Floats
    expected_loss_minor: Floats
    exposure_minor: Floats
    provision_minor: Floats
    next_higher: NextHigher
    rules: tuple[RuleTouch, ...]
    ratios: tuple[RatioHeld, ...]
    certificate: Certificate
    scenario_limits_minor: Integers


def decide(
    portfolio: Portfolio,
    policy: LimitPolicy,
    label_window_months: int,
    brakes: Brakes = NO_BRAKES,
    rulebook: RuleBook = NO_RULES,
    *,
    day: DayAccounts = MappingProxyType({}),
) -> DecisionBatch:
    """Decide the limit of every account.

    Args:
        portfolio: the accounts as they stand.
        policy: the limit policy in force.
        label_window_months: the window of the model's default probability.
        brakes: what holds raises back.
        rulebook: the rules of law in force for the lender.
        day: of how many accounts in the scope of each count of changes these are a part; where it
            does not say, they are the whole day's.

    Raises:
        AllocationInfeasible: the policy's caps exclude every permitted choice.
        PolicyError: the policy does not know the label window, or the lender does not say what a
            partner funds and a cap asks for it.
    """
    permissions = permitted(portfolio, policy, brakes, rulebook)
    allocated = _allocated(
        portfolio, permissions, policy, label_window_months, lender=rulebook.lender, day=day
    )
    choices = allocated.choices
    done = actions(choices, permissions)
    return DecisionBatch(
        to_minor=choices.to_minor,
        action=done[:, 0],
        reasons=reasons(choices, permissions),
        grade=policy.grades.index(portfolio.default_probability),
        close_months=permissions.close_months,
        actions=done,
        changes=permissions.changes,
        change_reasons=change_reasons(permissions),
        state_causes=state_causes(permissions),
        expected_profit_minor=allocated.profit_minor,
        expected_loss_minor=allocated.loss_minor,
        exposure_minor=allocated.exposure_minor,
        provision_minor=allocated.provision_minor,
        next_higher=allocated.next_higher,
        rules=with_duties(permissions.rules, done),
        ratios=ratios_held(portfolio, choices.to_minor, policy),
        certificate=allocated.certificate,
        scenario_limits_minor=scenario_limits_minor(
            portfolio, policy, choices.to_minor, permissions.changes.state
        ),
    )


@dataclass(frozen=True, slots=True)
class _Allocated:
    """What is kept of an allocation, N places each: the figures of the limits chosen."""

    choices: Choices
    profit_minor: Floats
    loss_minor: Floats
    exposure_minor: Floats
    provision_minor: Floats
    next_higher: NextHigher
    certificate: Certificate


def _allocated(
    portfolio: Portfolio,
    permissions: Permissions,
    policy: LimitPolicy,
    label_window_months: int,
    *,
    lender: Lender,
    day: DayAccounts,
) -> _Allocated:
    """Candidates, their economics and the choice among them.

    A function of its own so that the arrays of all candidates, a kilobyte an account, are let go
    before reasons are sought.
    """
    candidates = candidate_limits(portfolio.limit_minor, permissions, policy.ladder)
    counted = _counted(portfolio, permissions, policy)
    values = candidate_values(counted, candidates, policy.economics, label_window_months)
    problem = allocation_problem(portfolio, candidates, values, policy, lender=lender, day=day)
    allocation = allocate(problem)
    chosen, places = allocation.choice, np.arange(len(portfolio))
    loss = values.expected_loss[chosen, places]
    prices = {cap.name: cap.price for cap in allocation.certificate.caps}
    worth = worth_at_prices(problem, prices)
    return _Allocated(
        choices=_choices(portfolio, candidates, values, allocation),
        profit_minor=values.profit[chosen, places],
        loss_minor=loss,
        exposure_minor=values.exposure[chosen, places],
        provision_minor=loss * values.provision_ratio,
        next_higher=next_higher(candidates.limit_minor, chosen, worth),
        certificate=allocation.certificate,
    )


def decide_at_prices(
    portfolio: Portfolio,
    policy: LimitPolicy,
    label_window_months: int,
    prices: Mapping[str, float],
    brakes: Brakes = NO_BRAKES,
    *,
    rulebook: RuleBook = NO_RULES,
    sizes: GroupSizes = MappingProxyType({}),
) -> tuple[Integers, Permissions]:
    """The limit that each account would be given at these prices of the caps, in minor units.

    Every account is decided by itself: what the others are given enters through the prices, by
    the name of the cap or the ratio row, and through the ``sizes`` of the groups that a ratio row
    divides by; a row without them costs nothing. With it what the rules permit the account.
    """
    permissions = permitted(portfolio, policy, brakes, rulebook)
    candidates = candidate_limits(portfolio.limit_minor, permissions, policy.ladder)
    counted = _counted(portfolio, permissions, policy)
    values = candidate_values(counted, candidates, policy.economics, label_window_months)
    problem = allocation_problem(
        portfolio, candidates, values, policy, lender=rulebook.lender, sizes=sizes
    )
    choice = chosen_at_prices(problem, worth_at_prices(problem, prices))
    return candidates.limit_minor[choice, np.arange(len(portfolio))], permissions


def _counted(portfolio: Portfolio, permissions: Permissions, policy: LimitPolicy) -> Portfolio:
    """The portfolio as it is counted on: at lawful rates, first limits used as expected."""
    findings = [rule.finding for rule in permissions.rules]
    portfolio = with_first_use(portfolio, permissions.cap_minor, policy)
    return replace(portfolio, annual_rate=counted_annual_rate(portfolio, findings))


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
