"""Eligibility of one account, as a person would read the rules.

The twin of :mod:`credit_limits.policy.eligibility`: it serves questions about one account and is
what the tests compare the arrays with.
"""

import math

import numpy as np

from credit_limits.domain.account import AccountStatus
from credit_limits.domain.decision import ReasonCode
from credit_limits.policy.brakes import BRAKE_REASONS, NO_BRAKES, BrakeOrder, Brakes
from credit_limits.policy.increase_rules import OverdueLevel
from credit_limits.policy.limit_policy import LimitPolicy
from credit_limits.policy.permission import RULE_ORDER, Permission
from credit_limits.policy.portfolio import Account
from credit_limits.policy.rulebook import NO_RULES, RuleBook
from credit_limits.policy.rulebook_plain import rules_for_account


def permitted_plain(
    account: Account,
    policy: LimitPolicy,
    brakes: Brakes = NO_BRAKES,
    rulebook: RuleBook = NO_RULES,
) -> Permission:
    """What the rules permit one account; the same as the arrays say of it."""
    limit = account.limit_minor
    asked = rules_for_account(account, rulebook, lambda free: _shared_top(account, free, policy))
    if account.human_review_only or asked.referred:
        return Permission(limit, limit, (ReasonCode.HUMAN_REVIEW_ONLY,), 0, asked.rules)
    tops = {
        ReasonCode.LIMIT_AT_CAP: _account_top(account, policy),
        ReasonCode.CUSTOMER_CAP: _customer_top(account, policy),
        ReasonCode.AFFORDABILITY: _affordable_top(account, policy),
    }
    reasons = (
        _state_reasons(account)
        | _behaviour_reasons(account, policy)
        | _observation_reasons(account, policy)
        | {reason for reason, top in tops.items() if top <= limit}
    )
    level = _overdue_level(account, policy)
    if level is not None:
        days = account.features["days_past_due_latest"] or 0.0
        serious = days >= policy.overdue.serious_days
        reasons |= {ReasonCode.SERIOUSLY_OVERDUE if serious else ReasonCode.OVERDUE}
    if policy.grades.band(account.default_probability).increase_ratio_permille <= 1000:
        reasons |= {ReasonCode.RISK_TOO_HIGH}
    months = _close_months(reasons, level, policy)
    reasons |= asked.reasons
    braked = _braked_tops(account, policy, brakes)
    if not reasons:
        reasons = {reason for reason, top in braked if top <= limit}

    floor = _floor(account, policy)
    cap = limit
    if not reasons:
        cap = min([*tops.values(), *asked.tops, *(top for _, top in braked)])
    elif level is not None and level.limit_ratio_permille < 1000:
        cap = max(_round_down(limit * level.limit_ratio_permille // 1000, policy), floor)
    return Permission(
        floor,
        cap,
        tuple(reason for reason in RULE_ORDER if reason in reasons),
        months,
        asked.rules,
    )


def _braked_tops(
    account: Account, policy: LimitPolicy, brakes: Brakes
) -> list[tuple[ReasonCode, int]]:
    return [
        (BRAKE_REASONS[order.measure], _braked_top(account, policy, order))
        for order in brakes.orders
        if order.holds_for(account)
    ]


def _braked_top(account: Account, policy: LimitPolicy, order: BrakeOrder) -> int:
    limit, bands = account.limit_minor, policy.grades.bands
    if order.ratio_permille is not None:
        return _round_down(limit * order.ratio_permille // 1000, policy)
    if order.grades is None:
        return limit
    own = bands.index(policy.grades.band(account.default_probability))
    band = bands[min(own + order.grades, len(bands) - 1)]
    top = min(band.limit_ceiling_minor, limit * band.increase_ratio_permille // 1000)
    return _round_down(top, policy)


def _state_reasons(account: Account) -> set[ReasonCode]:
    reasons = set()
    if account.status is AccountStatus.FROZEN:
        reasons.add(ReasonCode.ACCOUNT_NOT_OPEN)
    until = account.increases_closed_until
    if account.status is AccountStatus.INCREASES_CLOSED or (
        until is not None and until >= account.as_of
    ):
        reasons.add(ReasonCode.INCREASES_CLOSED)
    if account.declines_increases:
        reasons.add(ReasonCode.DECLINES_INCREASES)
    return reasons


def _behaviour_reasons(account: Account, policy: LimitPolicy) -> set[ReasonCode]:
    seen, closing = account.features, policy.closing
    reasons = set()
    if _at_least(seen["linked_past_due_count"], closing.linked_past_due):
        reasons.add(ReasonCode.LINKED_RISK)
    if _at_least(seen["loan_application_count_7d"], closing.loan_applications_7d) or _at_least(
        seen["loan_application_count_30d"], closing.loan_applications_30d
    ):
        reasons.add(ReasonCode.LOAN_APPLICATION_BURST)
    if _at_least(seen["device_change_count_30d"], closing.device_changes_30d):
        reasons.add(ReasonCode.DEVICE_CHANGE_BURST)
    paid = seen["payment_ratio_12m"]
    if (
        _at_least(seen["revolving_share_12m"], closing.persistent_debt_revolving_share)
        and _at_least(seen["utilization_ratio_12m"], closing.persistent_debt_utilization_ratio)
        and paid is not None
        and paid <= closing.persistent_debt_payment_ratio
    ):
        reasons.add(ReasonCode.PERSISTENT_DEBT)
    return reasons


def _observation_reasons(account: Account, policy: LimitPolicy) -> set[ReasonCode]:
    seen, needed = account.features, policy.observation
    reasons = set()
    age = seen["account_age_months"]
    young = age is not None and age < needed.account_age_months_min
    if young or not _at_least(seen["statement_count_12m"], needed.statements_min):
        reasons.add(ReasonCode.OBSERVATION_TOO_SHORT)
    if not _at_least(seen["on_time_streak_months"], needed.on_time_streak_min):
        reasons.add(ReasonCode.ON_TIME_STREAK_TOO_SHORT)
    since = account.months_since_limit_change
    if since is not None and since < needed.cool_off_months:
        reasons.add(ReasonCode.COOL_OFF)
    balance, transactions = seen["balance_mean_6m_minor"], seen["transaction_count_90d"]
    spends = transactions is not None and transactions > needed.inactive_transactions_90d
    if balance is not None and balance <= 0 and not spends:
        reasons.add(ReasonCode.INACTIVE)
    return reasons


def _account_top(account: Account, policy: LimitPolicy) -> int:
    band = policy.grades.band(account.default_probability)
    top = min(band.limit_ceiling_minor, policy.bounds.ceiling_minor)
    if band.increase_ratio_permille > 1000:
        top = min(top, account.limit_minor * band.increase_ratio_permille // 1000)
    return _round_down(top, policy)


def _customer_top(account: Account, policy: LimitPolicy) -> int:
    free = policy.bounds.customer_total_minor - account.customer_total_minor
    return _shared_top(account, free, policy)


def _affordable_top(account: Account, policy: LimitPolicy) -> int:
    rules, income = policy.affordability, account.features["income_monthly_minor"]
    free = policy.bounds.ceiling_minor * account.customer_account_count
    if income is not None:
        elsewhere = account.features["bureau_other_balance_minor"] or 0.0
        owed_at_most = rules.income_share * income / rules.minimum_payment_ratio
        free = math.floor(owed_at_most - elsewhere - account.customer_total_minor)
    return _shared_top(account, free, policy)


def _shared_top(account: Account, free_minor: int, policy: LimitPolicy) -> int:
    """Today's limit and an equal share, over the customer's accounts, of what is free."""
    share = free_minor // account.customer_account_count
    return _round_down(max(account.limit_minor + share, 0), policy)


def _overdue_level(account: Account, policy: LimitPolicy) -> OverdueLevel | None:
    days = account.features["days_past_due_latest"]
    reached = None
    for level in policy.overdue.levels:
        if _at_least(days, level.days_past_due):
            reached = level
    return reached


def _floor(account: Account, policy: LimitPolicy) -> int:
    covered = math.ceil(policy.bounds.balance_cover_ratio * max(account.balance_minor, 0))
    lowest = np.array([max(covered, policy.bounds.floor_minor)])
    return min(int(policy.ladder.round_up(lowest)[0]), account.limit_minor)


def _close_months(reasons: set[ReasonCode], level: OverdueLevel | None, policy: LimitPolicy) -> int:
    closing = policy.closing
    months = {
        ReasonCode.LINKED_RISK: closing.linked_risk_close_months,
        ReasonCode.LOAN_APPLICATION_BURST: closing.loan_applications_close_months,
        ReasonCode.DEVICE_CHANGE_BURST: closing.device_changes_close_months,
        ReasonCode.PERSISTENT_DEBT: closing.persistent_debt_close_months,
    }
    closed = [months[reason] for reason in reasons if reason in months]
    return max([*closed, level.close_months if level else 0])


def _round_down(amount_minor: int, policy: LimitPolicy) -> int:
    return int(policy.ladder.round_down(np.array([amount_minor]))[0])


def _at_least(value: float | None, bound: float) -> bool:
    return value is not None and value >= bound
