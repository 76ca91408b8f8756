"""Sub-limits by scenario for one account, as a person would work them out.

The twin of :mod:`credit_limits.policy.scenario_limits`.
"""

from dataclasses import replace

import numpy as np

from credit_limits.domain.account import AccountStatus, Product, Scenario
from credit_limits.policy.limit_policy import LimitPolicy
from credit_limits.policy.portfolio import Account
from credit_limits.policy.triggers_plain import grade_place


def scenario_limits_plain(
    account: Account, policy: LimitPolicy, to_minor: int, state: AccountStatus
) -> dict[Scenario, int]:
    """The sub-limit of every scenario, in minor units; empty for a cash loan."""
    if account.product is not Product.PAY_LATER:
        return {}
    if state is AccountStatus.FROZEN:
        return dict.fromkeys(Scenario, 0)
    rules = policy.of_segment(account.segment).scenario_limits
    limits = {}
    for rule in rules.scenarios:
        limits[rule.scenario] = to_minor
        if rule.risky:
            probability = min(account.default_probability * rule.risk_multiplier, 1.0)
            place = grade_place(replace(account, default_probability=probability), policy)
            ratio = rules.grade_ratios_permille[place]
            amount = to_minor * rule.share_permille * ratio // 1_000_000
            limits[rule.scenario] = int(policy.ladder.round_down(np.array([amount]))[0])
    return limits
