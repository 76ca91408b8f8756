"""The bounds of the causes that are judged twice: where each comes in, and below which it is gone.

A cause is one comparison at two sets of bounds, in :mod:`credit_limits.policy.triggers` for a
portfolio and in :mod:`credit_limits.policy.triggers_plain` for one account. Arrears and an account
taken over are not among them: they come in and go out by different rules.
"""

import math
from dataclasses import dataclass

from credit_limits.policy.limit_policy import LimitPolicy
from credit_limits.policy.trigger_rules import DebtBounds


@dataclass(frozen=True, slots=True)
class CauseBounds:
    """From which figure on each cause stands.

    Counts, ratios and days stand from the value itself on. Hardship stands on an account at least
    ``overdue_days`` past due and at most ``hardship_days_most``, of a customer who lost
    ``income_lost_ratio`` of the income.
    """

    overdue_days: int
    hardship_days_most: float
    income_lost_ratio: float
    linked_past_due: int
    loan_applications_7d: int
    loan_applications_30d: int
    device_changes_30d: int
    login_ratio: float
    login_count_min: int
    spend_trend: float
    spend_transactions_min: int
    debt: DebtBounds


def entering(policy: LimitPolicy) -> CauseBounds:
    """The bounds from which a cause closes an account to increases."""
    closing, unlike = policy.closing, policy.anomalies
    return CauseBounds(
        overdue_days=policy.overdue.levels[0].days_past_due,
        hardship_days_most=policy.hardship.days_past_due_most,
        income_lost_ratio=policy.hardship.income_lost_ratio,
        linked_past_due=closing.linked_past_due,
        loan_applications_7d=closing.loan_applications_7d,
        loan_applications_30d=closing.loan_applications_30d,
        device_changes_30d=closing.device_changes_30d,
        login_ratio=unlike.login_ratio,
        login_count_min=unlike.login_count_min,
        spend_trend=unlike.spend_trend,
        spend_transactions_min=unlike.spend_transactions_min,
        debt=DebtBounds(
            closing.persistent_debt_revolving_share,
            closing.persistent_debt_payment_ratio,
            closing.persistent_debt_utilization_ratio,
        ),
    )


def leaving(policy: LimitPolicy) -> CauseBounds:
    """The lower bounds: at them a cause still keeps an account closed, below them it is gone.

    Hardship, once there, does not go because more days have passed.
    """
    reopening, unlike = policy.reopening, policy.anomalies
    return CauseBounds(
        overdue_days=policy.overdue.levels[0].days_past_due,
        hardship_days_most=math.inf,
        income_lost_ratio=policy.hardship.income_lost_leave,
        linked_past_due=policy.linked.past_due_leave,
        loan_applications_7d=reopening.loan_applications_7d_leave,
        loan_applications_30d=reopening.loan_applications_30d_leave,
        device_changes_30d=reopening.device_changes_30d_leave,
        login_ratio=unlike.login_ratio_leave,
        login_count_min=unlike.login_count_min,
        spend_trend=unlike.spend_trend_leave,
        spend_transactions_min=unlike.spend_transactions_min,
        debt=DebtBounds(
            reopening.persistent_debt_revolving_share_leave,
            reopening.persistent_debt_payment_ratio_leave,
            reopening.persistent_debt_utilization_ratio_leave,
        ),
    )
