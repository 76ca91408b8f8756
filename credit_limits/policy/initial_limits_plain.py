"""First limits for one account, as a person would give them.

The twin of :mod:`credit_limits.policy.initial_limits`.
"""

import math
from dataclasses import replace

from credit_limits.domain.decision import ReasonCode
from credit_limits.policy.limit_policy import LimitPolicy
from credit_limits.policy.portfolio import PRODUCTS, Account
from credit_limits.policy.triggers_plain import grade_place


def has_no_limit(account: Account) -> bool:
    """Whether the account has never had a limit."""
    return (
        account.limit_minor == 0
        and account.balance_minor <= 0
        and not account.features["statement_count_12m"]
        and account.months_since_limit_change is None
    )


def never_used(account: Account) -> Account:
    """The account with what is known for sure where it was never used."""
    if not has_no_limit(account):
        return account
    known = {"days_past_due_latest": 0.0, "revolving_share_12m": 0.0, "utilization_ratio_12m": 0.0}
    return replace(account, features={**account.features, **known})


def initial_top(account: Account, policy: LimitPolicy) -> int:
    """The amount that grade, product, file and a missing income give an account without a limit."""
    rules, seen = policy.initial_limits, account.features
    thin = seen["bureau_other_balance_minor"] is None
    amounts = rules.thin_file_amounts_minor if thin else rules.amounts_minor
    top = amounts[grade_place(account, policy)][PRODUCTS.index(account.product)]
    if seen["income_monthly_minor"] is None:
        top = min(top, rules.income_unknown_ceiling_minor)
    return top


def income_top(account: Account, policy: LimitPolicy) -> int | None:
    """The most that a known income bears of a first limit; ``None`` for no bound."""
    income = account.features["income_monthly_minor"]
    if income is None or not has_no_limit(account):
        return None
    return math.floor(policy.initial_limits.income_months * income)


def initial_reasons_plain(account: Account) -> tuple[ReasonCode, ...]:
    """Why a first limit is what it is; nothing for an account that has, or had, a limit."""
    if not has_no_limit(account):
        return ()
    seen, reasons = account.features, [ReasonCode.INITIAL_LIMIT]
    if seen["bureau_other_balance_minor"] is None:
        reasons.append(ReasonCode.INITIAL_LIMIT_THIN_FILE)
    if seen["income_monthly_minor"] is None:
        reasons.append(ReasonCode.INITIAL_LIMIT_INCOME_UNKNOWN)
    return tuple(reasons)
