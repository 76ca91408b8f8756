"""Causes of closures and freezes in bulk: which stand at their upper bound, which at the lower.

Each cause is a column of flags. The same for one account, as plain statements, stands in
:mod:`credit_limits.policy.triggers_plain`.
"""

from dataclasses import dataclass

import numpy as np

from credit_limits.domain.account import Product
from credit_limits.domain.decision import ReasonCode
from credit_limits.policy.cause_bounds import CauseBounds, entering, leaving
from credit_limits.policy.limit_policy import LimitPolicy
from credit_limits.policy.portfolio import PRODUCTS, Flags, Floats, Integers, Portfolio
from credit_limits.policy.trigger_rules import DebtBounds

R = ReasonCode
Causes = dict[ReasonCode, Flags]


@dataclass(frozen=True, slots=True)
class Triggers:
    """Causes of N accounts.

    ``closing`` stand at the bound from which they close increases, ``freezing`` at that from
    which they freeze; ``lingering`` stand at their lower bound: an account that they closed or
    froze stays so. ``unknown`` are causes of a freeze of which the features say nothing: they do
    not freeze, and do not let an account thaw. ``extended`` is whose term is extended now, by
    ``extension_months``; ``spared`` whom a second source of repayment keeps from being frozen.
    """

    closing: Causes
    freezing: Causes
    lingering: Causes
    unknown: Causes
    extended: Flags
    extension_months: int
    spared: Flags


def triggers(portfolio: Portfolio, policy: LimitPolicy) -> Triggers:
    """The causes that the features and the state of each account give."""
    closing, lingering = _closing(portfolio, policy), _lingering(portfolio, policy)
    extended, relieved = _relief(portfolio, policy, closing[R.HARDSHIP])
    freezing, spared = _freezing(portfolio, policy, closing, relieved)
    seen = portfolio.features
    unknown = {
        R.ACCOUNT_TAKEOVER: np.isnan(seen.disputed_transaction_count_90d),
        R.SERIOUSLY_OVERDUE: np.isnan(seen.days_past_due_latest),
        R.LINKED_RISK: np.isnan(seen.linked_past_due_count),
    }
    return Triggers(
        closing,
        freezing,
        lingering,
        unknown,
        extended,
        policy.hardship.extension_months,
        spared,
    )


def risk_grade(
    portfolio: Portfolio, policy: LimitPolicy, risk_multiplier: float | Floats = 1.0
) -> Integers:
    """Place of each account's grade, the linked customers past due counted in.

    ``risk_multiplier`` is for a use of the line that is riskier than others: the grade is that at
    the default probability times so much, at most 1. Grade B (1) with three linked customers past
    due and at most two grades for them: D (3).
    """
    linked = np.nan_to_num(portfolio.features.linked_past_due_count)
    by_links = np.clip(linked, 0, policy.linked.grades_most).astype(np.int64)
    own = policy.grades.index(np.minimum(portfolio.default_probability * risk_multiplier, 1.0))
    return np.asarray(np.minimum(own + by_links, len(policy.grades.bands) - 1), dtype=np.int64)


def spending_rules(portfolio: Portfolio, policy: LimitPolicy, inactive: Flags) -> Causes:
    """Use of a pay-later line that calls for no higher limit; an inactive one says so itself."""
    seen, rules = portfolio.features, policy.spending
    pay_later = (portfolio.product == PRODUCTS.index(Product.PAY_LATER)) & ~inactive
    rare = seen.transaction_count_90d <= rules.rare_transactions_90d
    small = seen.spend_90d_minor < rules.small_share * portfolio.limit_minor
    many = seen.transaction_count_90d >= rules.concentration_transactions_min
    concentrated = seen.scenario_concentration_90d >= rules.concentration
    return {
        R.SPENDING_TOO_SMALL: pay_later & (rare | small),
        R.SPENDING_CONCENTRATED: pay_later & many & concentrated,
    }


def revolving_debt(portfolio: Portfolio, policy: LimitPolicy, persistent: Flags) -> Flags:
    """Debt that is carried on and on, where it is not yet persistent."""
    return np.asarray(_in_debt(portfolio, policy.revolving) & ~persistent)


def thin_file_top_minor(portfolio: Portfolio, policy: LimitPolicy, unbounded: int) -> Integers:
    """The highest limit that the record of a thin file bears; ``unbounded`` for all others."""
    seen, segment = portfolio.features, portfolio.segment
    months = policy.by_segment(lambda own: own.thin_file.months)[segment]
    a_statement = policy.by_segment(lambda own: own.thin_file.limit_per_statement_minor)[segment]
    ratio = policy.by_segment(lambda own: own.thin_file.increase_ratio_permille)[segment]
    thin = np.isnan(seen.bureau_other_balance_minor) & (seen.account_age_months < months)
    record = np.nan_to_num(seen.on_time_streak_months) * a_statement
    step = portfolio.limit_minor * ratio // 1000
    return np.where(thin, np.minimum(step, record.astype(np.int64)), unbounded)


def _closing(portfolio: Portfolio, policy: LimitPolicy) -> Causes:
    bounds, days = entering(policy), portfolio.features.days_past_due_latest
    overdue = days >= bounds.overdue_days
    serious = overdue & (days >= policy.overdue.serious_days)
    arrears = {R.SERIOUSLY_OVERDUE: serious, R.OVERDUE: overdue & ~serious}
    return arrears | _standing(portfolio, bounds)


def _lingering(portfolio: Portfolio, policy: LimitPolicy) -> Causes:
    seen, rules, bounds = portfolio.features, policy.freezing, leaving(policy)
    return {
        R.ACCOUNT_TAKEOVER: seen.disputed_transaction_count_90d >= rules.disputed_transactions_90d,
        R.SERIOUSLY_OVERDUE: seen.days_past_due_latest >= rules.overdue_days_leave,
        R.OVERDUE: seen.days_past_due_latest >= bounds.overdue_days,
    } | _standing(portfolio, bounds)


def _standing(portfolio: Portfolio, bounds: CauseBounds) -> Causes:
    """The causes that come in and go out by the same figures."""
    seen = portfolio.features
    days = seen.days_past_due_latest
    return {
        R.HARDSHIP: (days >= bounds.overdue_days)
        & (days <= bounds.hardship_days_most)
        & (portfolio.income_lost_ratio >= bounds.income_lost_ratio),
        R.LINKED_RISK: seen.linked_past_due_count >= bounds.linked_past_due,
        R.LOAN_APPLICATION_BURST: (seen.loan_application_count_7d >= bounds.loan_applications_7d)
        | (seen.loan_application_count_30d >= bounds.loan_applications_30d),
        R.DEVICE_CHANGE_BURST: seen.device_change_count_30d >= bounds.device_changes_30d,
        R.LOGIN_ANOMALY: (seen.login_ratio_7d >= bounds.login_ratio)
        & (seen.login_count_30d >= bounds.login_count_min),
        R.SPENDING_ANOMALY: (seen.spend_trend_90d >= bounds.spend_trend)
        & (seen.transaction_count_90d >= bounds.spend_transactions_min),
        R.PERSISTENT_DEBT: _in_debt(portfolio, bounds.debt),
    }


def _in_debt(portfolio: Portfolio, bounds: DebtBounds) -> Flags:
    seen = portfolio.features
    return np.asarray(
        (seen.revolving_share_12m >= bounds.revolving_share)
        & (seen.payment_ratio_12m <= bounds.payment_ratio)
        & (seen.utilization_ratio_12m >= bounds.utilization_ratio)
    )


def _relief(portfolio: Portfolio, policy: LimitPolicy, hardship: Flags) -> tuple[Flags, Flags]:
    """Whose term is extended now, and whom hardship keeps from being frozen."""
    rules, since = policy.hardship, portfolio.months_since_extension
    extended = hardship & ~(since < rules.extension_again_months)
    running = hardship & (since < rules.extension_months)
    return extended, extended | running


def _freezing(
    portfolio: Portfolio, policy: LimitPolicy, closing: Causes, relieved: Flags
) -> tuple[Causes, Flags]:
    """What freezes, and whom only a second source of repayment keeps from it."""
    seen, rules = portfolio.features, policy.freezing
    days = seen.days_past_due_latest
    backed = seen.has_backup_repayment_source == 1
    late, too_late = days >= rules.overdue_days, days >= rules.overdue_days_with_backup
    unlike = closing[R.LOGIN_ANOMALY] | closing[R.DEVICE_CHANGE_BURST] | closing[R.SPENDING_ANOMALY]
    disputed = seen.disputed_transaction_count_90d >= rules.disputed_transactions_90d
    linked = (seen.linked_past_due_count >= policy.linked.freeze_past_due) & (
        risk_grade(portfolio, policy) >= policy.linked.freeze_place
    )
    freezing = {
        R.ACCOUNT_TAKEOVER: disputed & unlike,
        R.SERIOUSLY_OVERDUE: np.where(backed, too_late, late) & ~relieved,
        R.LINKED_RISK: linked,
    }
    return freezing, late & ~too_late & backed & ~relieved
