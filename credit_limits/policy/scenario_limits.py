"""Sub-limits of a pay-later line by what it is spent on: a riskier use may take less of the limit.

A use is everyday, and may take the whole limit, or risky: it has a multiplier of the account's
default probability and a share of the limit. The share shrinks with the grade that the account
would have at the multiplied probability. The same for one account, as plain statements, stands in
:mod:`credit_limits.policy.scenario_limits_plain`.
"""

import numpy as np

from credit_limits.domain.account import AccountStatus, Product, Scenario
from credit_limits.policy.limit_policy import LimitPolicy
from credit_limits.policy.portfolio import PRODUCTS, STATUSES, Integers, Portfolio
from credit_limits.policy.triggers import risk_grade

NO_SUB_LIMIT = -1
"""Place holder for an account that has no sub-limits: a cash loan."""


def scenario_limits_minor(
    portfolio: Portfolio, policy: LimitPolicy, to_minor: Integers, state: Integers
) -> Integers:
    """The sub-limit of every scenario, shape (N, 9) in the order of :class:`Scenario`.

    For a risky scenario s of an account with the limit L: L x share(s) x ratio(grade at the
    default probability times m(s)), rounded down to the steps of the ladder. L 10,000 yuan, a
    default probability of 0.05 and cash with m 2.0 and share 0.05: 0.05 x 2.0 = 0.10 is grade D;
    at a ratio of 0.6 that is 10,000 x 0.05 x 0.6 = 300 yuan. An everyday scenario has L.

    All risky sub-limits together are bounded by sum of m(s) x sub-limit(s) <= L: fully used for
    every risky purpose, the line bears no more expected loss than fully used for everyday ones.
    The policy cannot state shares that break it. The balance does not enter.

    Args:
        portfolio: the accounts, at the probabilities that decide.
        policy: the limit policy in force.
        to_minor: the limit decided for each account.
        state: its state from now on, a place in ``STATUSES``; all sub-limits of a frozen one are 0.

    Returns:
        Amounts in minor units; :data:`NO_SUB_LIMIT` in the rows of cash loans.
    """
    segment, everyday = portfolio.segment, 1.0
    ratios = policy.by_segment(lambda own: own.scenario_limits.grade_ratios_permille)
    multipliers = policy.by_segment(lambda own: own.scenario_limits.risk_multipliers)
    shares = policy.by_segment(lambda own: own.scenario_limits.shares_permille)
    found = np.repeat(to_minor[:, None], len(Scenario), axis=1)
    for place in np.flatnonzero((multipliers > everyday).any(axis=0)).tolist():
        multiplier = multipliers[segment, place]
        grade = risk_grade(portfolio, policy, multiplier)
        share = shares[segment, place] * ratios[segment, grade]
        bounded = policy.ladder.round_down(to_minor * share // 1_000_000)
        found[:, place] = np.where(multiplier > everyday, bounded, to_minor)
    found[state == STATUSES.index(AccountStatus.FROZEN)] = 0
    found[portfolio.product != PRODUCTS.index(Product.PAY_LATER)] = NO_SUB_LIMIT
    return found
