"""Eligibility of one account, as a person would read the rules.

The twin of :mod:`credit_limits.policy.eligibility`: it serves questions about one account and is
what the tests compare the arrays with.
"""

import math

import numpy as np

from credit_limits.domain.decision import ReasonCode
from credit_limits.policy.brakes import BRAKE_REASONS, NO_BRAKES, BrakeOrder, Brakes
from credit_limits.policy.increase_rules import OverdueLevel
from credit_limits.policy.initial_limits import RECORD_RULES
from credit_limits.policy.initial_limits_plain import (
    has_no_limit,
    income_top,
    initial_reasons_plain,
    initial_top,
    never_used,
)
from credit_limits.policy.limit_policy import LimitPolicy
from credit_limits.policy.permission import RULE_ORDER, Permission
from credit_limits.policy.portfolio import Account
from credit_limits.policy.rulebook import NO_RULES, RuleBook
from credit_limits.policy.rulebook_plain import rules_for_account
from credit_limits.policy.states_plain import (
    StateMove,
    changed,
    referred_to_person,
    state_move,
)
from credit_limits.policy.triggers_plain import (
    at_least,
    grade_place,
    revolves,
    spending_reasons,
    thin_file_top,
    triggers_of,
)


def permitted_plain(
    account: Account,
    policy: LimitPolicy,
    brakes: Brakes = NO_BRAKES,
    rulebook: RuleBook = NO_RULES,
) -> Permission:
    """What the rules permit one account; the same as the arrays say of it."""
    policy, account = policy.of_segment(account.segment), never_used(account)
    first, limit = has_no_limit(account), account.limit_minor
    asked = rules_for_account(account, rulebook, lambda free: _shared_top(account, free, policy))
    if account.human_review_only or asked.referred:
        reviewed = (ReasonCode.HUMAN_REVIEW_ONLY,)
        return Permission(limit, limit, reviewed, 0, referred_to_person(account), asked.rules)
    found, level = triggers_of(account, policy), _overdue_level(account, policy)
    move = state_move(account, policy, found, _close_months(found.closing, level, policy))
    tops = {
        ReasonCode.LIMIT_AT_CAP: _account_top(account, policy),
        ReasonCode.CUSTOMER_CAP: _customer_top(account, policy),
        ReasonCode.AFFORDABILITY: _affordable_top(account, policy),
    }
    if not first and (record := thin_file_top(account, policy)) is not None:
        tops[ReasonCode.THIN_FILE] = _round_down(record, policy)
    reasons = (
        _state_reasons(account, move)
        | found.closing
        | _observation_reasons(account, policy)
        | {reason for reason, top in tops.items() if top <= limit}
    )
    if ReasonCode.INACTIVE not in reasons:
        reasons |= spending_reasons(account, policy)
    if first:
        reasons -= set(RECORD_RULES)
    if revolves(account, policy) and ReasonCode.PERSISTENT_DEBT not in reasons:
        reasons |= {ReasonCode.REVOLVING_DEBT}
    if policy.grades.bands[grade_place(account, policy)].increase_ratio_permille <= 1000:
        reasons |= {ReasonCode.RISK_TOO_HIGH}
    reasons |= asked.reasons
    braked = _braked_tops(account, policy, brakes)
    if not reasons:
        reasons = {reason for reason, top in braked if top <= limit}

    floor = _floor(account, policy)
    cap = limit
    if not reasons:
        cap = min([*tops.values(), *asked.tops, *(top for _, top in braked)])
        cap = 0 if first and cap < policy.bounds.floor_minor else cap
    else:
        ratio = level.limit_ratio_permille if level is not None else 1000
        ratio = min(ratio, policy.hardship.limit_ratio_permille if found.extended else 1000)
        if ratio < 1000:
            cap = max(_round_down(limit * ratio // 1000, policy), floor)
    return Permission(
        floor,
        cap,
        tuple(reason for reason in RULE_ORDER if reason in reasons),
        move.close_months,
        changed(account, policy, found, move, rulebook),
        asked.rules,
        initial_reasons_plain(account),
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
    band = bands[min(grade_place(account, policy) + order.grades, len(bands) - 1)]
    top = min(band.limit_ceiling_minor, limit * band.increase_ratio_permille // 1000)
    return _round_down(top, policy)


def _state_reasons(account: Account, move: StateMove) -> set[ReasonCode]:
    reasons = set()
    if move.stays_frozen:
        reasons.add(ReasonCode.ACCOUNT_NOT_OPEN)
    if account.state_conflict:
        reasons.add(ReasonCode.FREEZE_CONFLICT)
    if move.stays_closed or move.thawed:
        reasons.add(ReasonCode.INCREASES_CLOSED)
    if account.declines_increases:
        reasons.add(ReasonCode.DECLINES_INCREASES)
    return reasons


def _observation_reasons(account: Account, policy: LimitPolicy) -> set[ReasonCode]:
    seen, needed = account.features, policy.observation
    reasons = set()
    age = seen["account_age_months"]
    young = age is not None and age < needed.account_age_months_min
    if young or not at_least(seen["statement_count_12m"], needed.statements_min):
        reasons.add(ReasonCode.OBSERVATION_TOO_SHORT)
    if not at_least(seen["on_time_streak_months"], needed.on_time_streak_min):
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
    band = policy.grades.bands[grade_place(account, policy)]
    top = min(band.limit_ceiling_minor, policy.bounds.ceiling_minor)
    if band.increase_ratio_permille > 1000:
        step = account.limit_minor * band.increase_ratio_permille // 1000
        top = min(top, initial_top(account, policy) if has_no_limit(account) else step)
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
    top, bounded = _shared_top(account, free, policy), income_top(account, policy)
    return top if bounded is None else min(top, _round_down(bounded, policy))


def _shared_top(account: Account, free_minor: int, policy: LimitPolicy) -> int:
    """Today's limit and an equal share, over the customer's accounts, of what is free."""
    share = free_minor // account.customer_account_count
    return _round_down(max(account.limit_minor + share, 0), policy)


def _overdue_level(account: Account, policy: LimitPolicy) -> OverdueLevel | None:
    days = account.features["days_past_due_latest"]
    reached = None
    for level in policy.overdue.levels:
        if at_least(days, level.days_past_due):
            reached = level
    return reached


def _floor(account: Account, policy: LimitPolicy) -> int:
    covered = math.ceil(policy.bounds.balance_cover_ratio * max(account.balance_minor, 0))
    lowest = np.array([max(covered, policy.bounds.floor_minor)])
    return min(int(policy.ladder.round_up(lowest)[0]), account.limit_minor)


def _close_months(
    causes: frozenset[ReasonCode], level: OverdueLevel | None, policy: LimitPolicy
) -> int:
    closing = policy.closing
    months = {
        ReasonCode.LINKED_RISK: closing.linked_risk_close_months,
        ReasonCode.LOAN_APPLICATION_BURST: closing.loan_applications_close_months,
        ReasonCode.DEVICE_CHANGE_BURST: closing.device_changes_close_months,
        ReasonCode.PERSISTENT_DEBT: closing.persistent_debt_close_months,
        ReasonCode.LOGIN_ANOMALY: policy.anomalies.close_months,
        ReasonCode.SPENDING_ANOMALY: policy.anomalies.close_months,
        ReasonCode.HARDSHIP: policy.hardship.close_months,
    }
    closed = [months[cause] for cause in causes if cause in months]
    return max([*closed, level.close_months if level else 0])


def _round_down(amount_minor: int, policy: LimitPolicy) -> int:
    return int(policy.ladder.round_down(np.array([amount_minor]))[0])
