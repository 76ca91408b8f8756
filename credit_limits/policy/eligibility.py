"""Eligibility in bulk: for every account the permitted limits and what forbids a raise.

Each rule is a column of flags. The same rules for one account, as plain statements, stand in
:mod:`credit_limits.policy.eligibility_plain`; tests hold the two together.
"""

from collections.abc import Mapping

import numpy as np

from credit_limits.domain.account import AccountStatus
from credit_limits.domain.decision import ReasonCode
from credit_limits.policy.brakes import NO_BRAKES, Brakes
from credit_limits.policy.limit_policy import LimitPolicy
from credit_limits.policy.permission import RULE_ORDER, Permissions
from credit_limits.policy.portfolio import STATUSES, Flags, Integers, Portfolio
from credit_limits.policy.rulebook import NO_RULES, RuleBook
from credit_limits.policy.rulebook_effects import rule_effects
from credit_limits.policy.rulebook_findings import RuleTouch, find


def permitted(
    portfolio: Portfolio,
    policy: LimitPolicy,
    brakes: Brakes = NO_BRAKES,
    rulebook: RuleBook = NO_RULES,
) -> Permissions:
    """What the rules of the rule book and of the lender's own policy permit each account.

    A feature that is not known never closes raises by itself, but a raise needs the statements
    and the streak to be known, and whatever a blocking rule of the rule book asks for. The rule
    book only ever takes away: it raises no limit and forces no cut. A brake holds back those
    whom every rule would let rise.

    Returns:
        Floors, caps, reasons and closures, N places each: ``floor <= min(cap, limit)`` always;
        ``cap > limit`` exactly where no rule forbids a raise.
    """
    ceilings = _raise_ceilings(portfolio, policy)
    rules = {
        **_state_rules(portfolio),
        **_overdue_rules(portfolio, policy),
        **_behaviour_rules(portfolio, policy),
        **_observation_rules(portfolio, policy),
        **{reason: top <= portfolio.limit_minor for reason, top in ceilings.items()},
    }
    rules[ReasonCode.RISK_TOO_HIGH] = _grade_ratios(portfolio, policy) <= 1000
    months = _close_months(portfolio, policy, rules)
    findings = find(portfolio, rulebook)
    asked = rule_effects(
        portfolio, findings, lambda free: policy.ladder.round_down(_with_share(portfolio, free))
    )
    for reason, flags in asked.forbidden.items():
        rules[reason] = flags | rules.get(reason, np.zeros_like(flags))
    reviewed = portfolio.human_review_only | asked.referred
    masks = np.where(reviewed, _mask(ReasonCode.HUMAN_REVIEW_ONLY), _masks(rules))
    braked, free = brakes.raise_ceilings(portfolio, policy), masks == 0
    for reason, ceiling in braked.items():
        masks = np.where(free & (ceiling <= portfolio.limit_minor), masks | _mask(reason), masks)
    floor, forced = _cuts(portfolio, policy)
    top = np.minimum.reduce([*ceilings.values(), asked.ceiling_minor, *braked.values()])
    cap = np.where(masks == 0, top, forced)
    return Permissions(
        floor_minor=np.where(reviewed, portfolio.limit_minor, floor),
        cap_minor=np.where(reviewed, portfolio.limit_minor, cap),
        reasons=masks.astype(np.uint32),
        close_months=np.where(reviewed, 0, months),
        rules=tuple(map(RuleTouch, findings, asked.held)),
    )


def _mask(reason: ReasonCode) -> np.uint32:
    return np.uint32(1 << RULE_ORDER.index(reason))


def _masks(rules: Mapping[ReasonCode, Flags]) -> Integers:
    total: Integers = np.zeros(len(next(iter(rules.values()))), dtype=np.int64)
    for reason, flags in rules.items():
        total += np.where(flags, int(_mask(reason)), 0)
    return total


def _state_rules(portfolio: Portfolio) -> dict[ReasonCode, Flags]:
    status = portfolio.status
    earlier = portfolio.increases_closed_until >= np.datetime64(portfolio.as_of)
    return {
        ReasonCode.ACCOUNT_NOT_OPEN: status == STATUSES.index(AccountStatus.FROZEN),
        ReasonCode.INCREASES_CLOSED: earlier
        | (status == STATUSES.index(AccountStatus.INCREASES_CLOSED)),
        ReasonCode.DECLINES_INCREASES: portfolio.declines_increases,
    }


def _overdue_rules(portfolio: Portfolio, policy: LimitPolicy) -> dict[ReasonCode, Flags]:
    days = portfolio.features.days_past_due_latest
    overdue = days >= policy.overdue.levels[0].days_past_due
    serious = overdue & (days >= policy.overdue.serious_days)
    return {ReasonCode.SERIOUSLY_OVERDUE: serious, ReasonCode.OVERDUE: overdue & ~serious}


def _behaviour_rules(portfolio: Portfolio, policy: LimitPolicy) -> dict[ReasonCode, Flags]:
    seen, closing = portfolio.features, policy.closing
    return {
        ReasonCode.LINKED_RISK: seen.linked_past_due_count >= closing.linked_past_due,
        ReasonCode.LOAN_APPLICATION_BURST: (
            seen.loan_application_count_7d >= closing.loan_applications_7d
        )
        | (seen.loan_application_count_30d >= closing.loan_applications_30d),
        ReasonCode.DEVICE_CHANGE_BURST: seen.device_change_count_30d >= closing.device_changes_30d,
        ReasonCode.PERSISTENT_DEBT: (
            seen.revolving_share_12m >= closing.persistent_debt_revolving_share
        )
        & (seen.payment_ratio_12m <= closing.persistent_debt_payment_ratio)
        & (seen.utilization_ratio_12m >= closing.persistent_debt_utilization_ratio),
    }


def _observation_rules(portfolio: Portfolio, policy: LimitPolicy) -> dict[ReasonCode, Flags]:
    seen, needed = portfolio.features, policy.observation
    idle = ~(seen.transaction_count_90d > needed.inactive_transactions_90d)
    return {
        ReasonCode.OBSERVATION_TOO_SHORT: ~(seen.statement_count_12m >= needed.statements_min)
        | (seen.account_age_months < needed.account_age_months_min),
        ReasonCode.ON_TIME_STREAK_TOO_SHORT: ~(
            seen.on_time_streak_months >= needed.on_time_streak_min
        ),
        ReasonCode.COOL_OFF: portfolio.months_since_limit_change < needed.cool_off_months,
        ReasonCode.INACTIVE: (seen.balance_mean_6m_minor <= 0) & idle,
    }


def _grade_ratios(portfolio: Portfolio, policy: LimitPolicy) -> Integers:
    ratios = np.array([band.increase_ratio_permille for band in policy.grades.bands])
    return np.asarray(ratios[policy.grades.index(portfolio.default_probability)], dtype=np.int64)


def _raise_ceilings(portfolio: Portfolio, policy: LimitPolicy) -> dict[ReasonCode, Integers]:
    """The highest round limit under each bound, were nothing else to bind."""
    limit, ladder = portfolio.limit_minor, policy.ladder
    grade = policy.grades.index(portfolio.default_probability)
    ceilings = np.array([band.limit_ceiling_minor for band in policy.grades.bands])[grade]
    account = np.minimum(ceilings, policy.bounds.ceiling_minor)
    ratio = _grade_ratios(portfolio, policy)
    account = np.where(ratio > 1000, np.minimum(account, limit * ratio // 1000), account)
    free = policy.bounds.customer_total_minor - portfolio.customer_total_minor
    return {
        ReasonCode.LIMIT_AT_CAP: ladder.round_down(account),
        ReasonCode.CUSTOMER_CAP: ladder.round_down(_with_share(portfolio, free)),
        ReasonCode.AFFORDABILITY: ladder.round_down(
            _with_share(portfolio, _affordable_minor(portfolio, policy))
        ),
    }


def _affordable_minor(portfolio: Portfolio, policy: LimitPolicy) -> Integers:
    """What the customer's limits may still grow by; without a known income, by anything."""
    rules, seen = policy.affordability, portfolio.features
    elsewhere = np.nan_to_num(seen.bureau_other_balance_minor)
    owed_at_most = rules.income_share * seen.income_monthly_minor / rules.minimum_payment_ratio
    free = np.floor(owed_at_most - elsewhere - portfolio.customer_total_minor)
    unbounded = float(policy.bounds.ceiling_minor) * portfolio.customer_account_count
    return np.where(np.isnan(free), unbounded, np.clip(free, -1e15, 1e15)).astype(np.int64)


def _with_share(portfolio: Portfolio, free_minor: Integers) -> Integers:
    """Today's limit and an equal share, over the customer's accounts, of what is free."""
    share = free_minor // portfolio.customer_account_count
    return np.asarray(np.maximum(portfolio.limit_minor + share, 0), dtype=np.int64)


def _cuts(portfolio: Portfolio, policy: LimitPolicy) -> tuple[Integers, Integers]:
    """The floor of any cut, and the most that an overdue account may keep."""
    limit, ladder = portfolio.limit_minor, policy.ladder
    covered = np.ceil(policy.bounds.balance_cover_ratio * np.maximum(portfolio.balance_minor, 0))
    floor = ladder.round_up(np.maximum(covered.astype(np.int64), policy.bounds.floor_minor))
    floor = np.minimum(floor, limit)
    ratio = _by_overdue_level(portfolio, policy, 1000, "limit_ratio_permille")
    kept = np.where(ratio < 1000, ladder.round_down(limit * ratio // 1000), limit)
    return floor, np.maximum(kept, floor)


def _close_months(
    portfolio: Portfolio, policy: LimitPolicy, rules: Mapping[ReasonCode, Flags]
) -> Integers:
    closing = policy.closing
    months = _by_overdue_level(portfolio, policy, 0, "close_months")
    for reason, length in (
        (ReasonCode.LINKED_RISK, closing.linked_risk_close_months),
        (ReasonCode.LOAN_APPLICATION_BURST, closing.loan_applications_close_months),
        (ReasonCode.DEVICE_CHANGE_BURST, closing.device_changes_close_months),
        (ReasonCode.PERSISTENT_DEBT, closing.persistent_debt_close_months),
    ):
        months = np.maximum(months, np.where(rules[reason], length, 0))
    return months


def _by_overdue_level(
    portfolio: Portfolio, policy: LimitPolicy, otherwise: int, parameter: str
) -> Integers:
    levels = policy.overdue.levels
    starts = np.array([level.days_past_due for level in levels])
    values = np.array([otherwise, *(getattr(level, parameter) for level in levels)])
    days = np.nan_to_num(portfolio.features.days_past_due_latest)
    return np.asarray(values[np.searchsorted(starts, days, side="right")], dtype=np.int64)
