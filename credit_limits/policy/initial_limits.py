"""First limits: what an account that has none yet may start with.

An account without a limit is one that the books know and that has never been given anything: limit
0, nothing owed, no statement, no earlier change. It is raised like any other, by the same rules but
for those that judge a record: where they would ask for one, the amounts of the policy stand. The
same for one account stands in :mod:`credit_limits.policy.initial_limits_plain`.
"""

from dataclasses import replace

import numpy as np

from credit_limits.domain.decision import ReasonCode
from credit_limits.policy.account_changes import masks_of
from credit_limits.policy.limit_policy import LimitPolicy
from credit_limits.policy.portfolio import Flags, Integers, Portfolio
from credit_limits.policy.triggers import risk_grade

INITIAL_REASONS: tuple[ReasonCode, ...] = (
    ReasonCode.INITIAL_LIMIT,
    ReasonCode.INITIAL_LIMIT_THIN_FILE,
    ReasonCode.INITIAL_LIMIT_INCOME_UNKNOWN,
)
"""Why a first limit is what it is, strongest first; bit k of a mask is reason k."""

RECORD_RULES: tuple[ReasonCode, ...] = (
    ReasonCode.OBSERVATION_TOO_SHORT,
    ReasonCode.ON_TIME_STREAK_TOO_SHORT,
    ReasonCode.INACTIVE,
    ReasonCode.SPENDING_TOO_SMALL,
)
"""Rules that judge a record, and so say nothing of an account that cannot have one."""

_UNBOUNDED_MINOR = 10**17


def without_limit(portfolio: Portfolio) -> Flags:
    """Which accounts have never had a limit."""
    return np.asarray(
        (portfolio.limit_minor == 0)
        & (portfolio.balance_minor <= 0)
        & ~(portfolio.features.statement_count_12m > 0)
        & np.isnan(portfolio.months_since_limit_change)
    )


def as_never_used(portfolio: Portfolio) -> Portfolio:
    """The portfolio with what is known for sure of an account that was never used.

    It is not past due, nothing of it is carried, and nothing of it is in use: rules that ask for
    these, those of the rule book too, are answered and do not refuse for want of a statement.
    """
    unused, seen = without_limit(portfolio), portfolio.features
    return replace(
        portfolio,
        features=replace(
            seen,
            days_past_due_latest=np.where(unused, 0.0, seen.days_past_due_latest),
            revolving_share_12m=np.where(unused, 0.0, seen.revolving_share_12m),
            utilization_ratio_12m=np.where(unused, 0.0, seen.utilization_ratio_12m),
        ),
    )


def initial_top_minor(portfolio: Portfolio, policy: LimitPolicy) -> Integers:
    """The amount that grade, product and file give: of a thin file the smaller one.

    Where the income is not known it is at most the policy's ceiling for that.
    """
    amounts = policy.by_segment(lambda own: own.initial_limits.amounts_minor)
    thin = policy.by_segment(lambda own: own.initial_limits.thin_file_amounts_minor)
    unknown = policy.by_segment(lambda own: own.initial_limits.income_unknown_ceiling_minor)
    place = portfolio.segment, risk_grade(portfolio, policy), portfolio.product
    top = np.where(_thin(portfolio), thin[place], amounts[place])
    poorly_known = np.isnan(portfolio.features.income_monthly_minor)
    return np.where(poorly_known, np.minimum(top, unknown[portfolio.segment]), top)


def income_top_minor(portfolio: Portfolio, policy: LimitPolicy) -> Integers:
    """The most that a known income bears of a first limit; unbounded for all other accounts."""
    months = policy.by_segment(lambda own: own.initial_limits.income_months)[portfolio.segment]
    borne = np.floor(months * portfolio.features.income_monthly_minor)
    bounded = without_limit(portfolio) & ~np.isnan(borne)
    return np.where(bounded, np.nan_to_num(borne), _UNBOUNDED_MINOR).astype(np.int64)


def initial_reasons(portfolio: Portfolio) -> Integers:
    """Masks over :data:`INITIAL_REASONS`; 0 for an account that has, or had, a limit."""
    first = without_limit(portfolio)
    poorly_known = np.isnan(portfolio.features.income_monthly_minor)
    held = (first, first & _thin(portfolio), first & poorly_known)
    return masks_of(dict(zip(INITIAL_REASONS, held, strict=True)), INITIAL_REASONS, len(portfolio))


def with_first_use(portfolio: Portfolio, cap_minor: Integers, policy: LimitPolicy) -> Portfolio:
    """The portfolio with what would be owed and bought under the first limits it may be given.

    Source of the form: shares of a limit, as for a commitment that nobody has drawn on yet. A
    first limit of 5,000 yuan at a utilization of 0.35 and 8 times as many purchases a year: 1,750
    yuan are owed and 14,000 bought.
    """
    rules, product = policy.initial_limits, portfolio.product
    first = without_limit(portfolio) & (cap_minor > 0)
    owed = np.rint(np.array(rules.utilization_ratios)[product] * cap_minor)
    bought = np.array(rules.purchases_per_balance)[product] * owed / 4.0
    seen = portfolio.features
    return replace(
        portfolio,
        balance_minor=np.where(first, owed.astype(np.int64), portfolio.balance_minor),
        features=replace(seen, spend_90d_minor=np.where(first, bought, seen.spend_90d_minor)),
    )


def _thin(portfolio: Portfolio) -> Flags:
    return np.isnan(portfolio.features.bureau_other_balance_minor)
