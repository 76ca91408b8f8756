"""Causes of closures and freezes for one account, as a person would read them.

The twin of :mod:`credit_limits.policy.triggers`.
"""

from dataclasses import dataclass

from credit_limits.domain.account import Product
from credit_limits.domain.decision import ReasonCode
from credit_limits.policy.cause_bounds import CauseBounds, entering, leaving
from credit_limits.policy.limit_policy import LimitPolicy
from credit_limits.policy.portfolio import Account
from credit_limits.policy.trigger_rules import DebtBounds

R = ReasonCode


@dataclass(frozen=True, slots=True)
class TriggersOfAccount:
    """Causes of one account, as :class:`~credit_limits.policy.triggers.Triggers` has them."""

    closing: frozenset[ReasonCode]
    freezing: frozenset[ReasonCode]
    lingering: frozenset[ReasonCode]
    unknown: frozenset[ReasonCode]
    extended: bool
    spared: bool


def triggers_of(account: Account, policy: LimitPolicy) -> TriggersOfAccount:
    """The causes that the features and the state of an account give."""
    closing = _closing(account, policy)
    extended, relieved = False, False
    if R.HARDSHIP in closing:
        since = account.months_since_extension
        extended = since is None or since >= policy.hardship.extension_again_months
        relieved = extended or (since is not None and since < policy.hardship.extension_months)
    days, rules = account.features["days_past_due_latest"], policy.freezing
    backed = account.features["has_backup_repayment_source"] == 1
    bound = rules.overdue_days_with_backup if backed else rules.overdue_days
    freezing = set()
    if at_least(days, bound) and not relieved:
        freezing.add(R.SERIOUSLY_OVERDUE)
    if _disputed(account, policy) and closing & {
        R.LOGIN_ANOMALY,
        R.DEVICE_CHANGE_BURST,
        R.SPENDING_ANOMALY,
    }:
        freezing.add(R.ACCOUNT_TAKEOVER)
    linked = account.features["linked_past_due_count"]
    if (
        at_least(linked, policy.linked.freeze_past_due)
        and grade_place(account, policy) >= policy.linked.freeze_place
    ):
        freezing.add(R.LINKED_RISK)
    spared = (
        backed
        and not relieved
        and at_least(days, rules.overdue_days)
        and not at_least(days, rules.overdue_days_with_backup)
    )
    return TriggersOfAccount(
        frozenset(closing),
        frozenset(freezing),
        frozenset(_lingering(account, policy)),
        frozenset(_unknown(account)),
        extended,
        spared,
    )


def grade_place(account: Account, policy: LimitPolicy) -> int:
    """Place of the account's grade, the linked customers past due counted in."""
    own = policy.grades.bands.index(policy.grades.band(account.default_probability))
    linked = int(account.features["linked_past_due_count"] or 0)
    return min(own + max(min(linked, policy.linked.grades_most), 0), len(policy.grades.bands) - 1)


def spending_reasons(account: Account, policy: LimitPolicy) -> set[ReasonCode]:
    """Use of a pay-later line that calls for no higher limit."""
    seen, rules = account.features, policy.spending
    if account.product is not Product.PAY_LATER:
        return set()
    reasons = set()
    count, spent = seen["transaction_count_90d"], seen["spend_90d_minor"]
    rare = count is not None and count <= rules.rare_transactions_90d
    small = spent is not None and spent < rules.small_share * account.limit_minor
    if rare or small:
        reasons.add(R.SPENDING_TOO_SMALL)
    if at_least(count, rules.concentration_transactions_min) and at_least(
        seen["scenario_concentration_90d"], rules.concentration
    ):
        reasons.add(R.SPENDING_CONCENTRATED)
    return reasons


def revolves(account: Account, policy: LimitPolicy) -> bool:
    """Whether debt is carried on and on, persistent or not."""
    return _in_debt(account, policy.revolving)


def thin_file_top(account: Account, policy: LimitPolicy) -> int | None:
    """The highest limit that the record of a thin file bears; ``None`` for any other."""
    seen, rules = account.features, policy.thin_file
    age = seen["account_age_months"]
    if seen["bureau_other_balance_minor"] is not None or age is None or age >= rules.months:
        return None
    record = (seen["on_time_streak_months"] or 0.0) * rules.limit_per_statement_minor
    return min(account.limit_minor * rules.increase_ratio_permille // 1000, int(record))


def at_least(value: float | None, bound: float) -> bool:
    """Whether a figure is known and at its bound or beyond."""
    return value is not None and value >= bound


def _closing(account: Account, policy: LimitPolicy) -> set[ReasonCode]:
    bounds, days = entering(policy), account.features["days_past_due_latest"]
    causes = _standing(account, bounds)
    if at_least(days, bounds.overdue_days):
        serious = at_least(days, policy.overdue.serious_days)
        causes.add(R.SERIOUSLY_OVERDUE if serious else R.OVERDUE)
    return causes


def _lingering(account: Account, policy: LimitPolicy) -> set[ReasonCode]:
    bounds, days = leaving(policy), account.features["days_past_due_latest"]
    causes = _standing(account, bounds)
    if _disputed(account, policy):
        causes.add(R.ACCOUNT_TAKEOVER)
    if at_least(days, policy.freezing.overdue_days_leave):
        causes.add(R.SERIOUSLY_OVERDUE)
    if at_least(days, bounds.overdue_days):
        causes.add(R.OVERDUE)
    return causes


def _standing(account: Account, bounds: CauseBounds) -> set[ReasonCode]:
    """The causes that come in and go out by the same figures."""
    seen, causes = account.features, set()
    days = seen["days_past_due_latest"]
    late = days is not None and bounds.overdue_days <= days <= bounds.hardship_days_most
    if late and at_least(account.income_lost_ratio, bounds.income_lost_ratio):
        causes.add(R.HARDSHIP)
    if at_least(seen["linked_past_due_count"], bounds.linked_past_due):
        causes.add(R.LINKED_RISK)
    if at_least(seen["loan_application_count_7d"], bounds.loan_applications_7d) or at_least(
        seen["loan_application_count_30d"], bounds.loan_applications_30d
    ):
        causes.add(R.LOAN_APPLICATION_BURST)
    if at_least(seen["device_change_count_30d"], bounds.device_changes_30d):
        causes.add(R.DEVICE_CHANGE_BURST)
    logins = at_least(seen["login_count_30d"], bounds.login_count_min)
    if logins and at_least(seen["login_ratio_7d"], bounds.login_ratio):
        causes.add(R.LOGIN_ANOMALY)
    many = at_least(seen["transaction_count_90d"], bounds.spend_transactions_min)
    if many and at_least(seen["spend_trend_90d"], bounds.spend_trend):
        causes.add(R.SPENDING_ANOMALY)
    if _in_debt(account, bounds.debt):
        causes.add(R.PERSISTENT_DEBT)
    return causes


def _unknown(account: Account) -> set[ReasonCode]:
    told_by = {
        R.ACCOUNT_TAKEOVER: "disputed_transaction_count_90d",
        R.SERIOUSLY_OVERDUE: "days_past_due_latest",
        R.LINKED_RISK: "linked_past_due_count",
    }
    return {cause for cause, name in told_by.items() if account.features[name] is None}


def _disputed(account: Account, policy: LimitPolicy) -> bool:
    return at_least(
        account.features["disputed_transaction_count_90d"],
        policy.freezing.disputed_transactions_90d,
    )


def _in_debt(account: Account, bounds: DebtBounds) -> bool:
    seen = account.features
    paid = seen["payment_ratio_12m"]
    return (
        at_least(seen["revolving_share_12m"], bounds.revolving_share)
        and at_least(seen["utilization_ratio_12m"], bounds.utilization_ratio)
        and paid is not None
        and paid <= bounds.payment_ratio
    )
