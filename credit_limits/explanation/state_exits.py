"""How a state ends: from which day on at the earliest, and what must be below which bound by then.

This is what the policy says of anybody in the state, in its own figures; a way out that one account
can go, checked on its own inputs, is in :mod:`credit_limits.explanation.recourse`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from credit_limits.domain.account import AccountStatus
from credit_limits.domain.decision import ReasonCode
from credit_limits.policy.limit_policy import LimitPolicy

EXIT_SENTENCES: dict[ReasonCode, tuple[str, str]] = {
    ReasonCode.ACCOUNT_TAKEOVER: (
        "fewer than {disputes} disputed transactions in 90 days",
        "近90天争议交易少于{disputes}笔",
    ),
    ReasonCode.SERIOUSLY_OVERDUE: (
        "the latest bill fewer than {serious_days} days past due",
        "最近一期账单逾期少于{serious_days}天",
    ),
    ReasonCode.OVERDUE: (
        "the latest bill less than {overdue_days} day past due",
        "最近一期账单逾期不足{overdue_days}天",
    ),
    ReasonCode.HARDSHIP: (
        "nothing past due, or the income down by less than {income_lost:.0%} within a year",
        "无逾期，或一年内收入下降少于{income_lost:.0%}",
    ),
    ReasonCode.LINKED_RISK: (
        "fewer than {linked} linked customers 30 or more days past due",
        "逾期30天及以上的关联客户少于{linked}个",
    ),
    ReasonCode.LOAN_APPLICATION_BURST: (
        "fewer than {loans_7d} applications for loans in 7 days and fewer than {loans_30d} in 30",
        "近7天贷款申请少于{loans_7d}次且近30天少于{loans_30d}次",
    ),
    ReasonCode.DEVICE_CHANGE_BURST: (
        "fewer than {devices} changes of device in 30 days",
        "近30天更换设备少于{devices}次",
    ),
    ReasonCode.LOGIN_ANOMALY: (
        "fewer than {logins:g} times the customer's own usual logins, or fewer than {login_count} "
        "in 30 days",
        "登录频率低于平时的{logins:g}倍，或近30天登录少于{login_count}次",
    ),
    ReasonCode.SPENDING_ANOMALY: (
        "less than {spend:.0%} of a quarter's spending in its last month",
        "最近一个月的消费低于一季度消费的{spend:.0%}",
    ),
    ReasonCode.PERSISTENT_DEBT: (
        "less than {use:.0%} of the line in use, more than {paid:.0%} of the bills paid, or a "
        "balance carried in less than {carried:.0%} of the months, over a year",
        "一年内额度使用率低于{use:.0%}、账单还款比例高于{paid:.0%}，或未全额还款的月份占比低于{carried:.0%}",
    ),
}
"""What must hold for each cause to be gone: English and Chinese, with blanks for the bounds."""


@dataclass(frozen=True, slots=True)
class StateHeld:
    """A state as a decision left it: since when, for which causes, closed until when.

    ``since`` and ``closed_until`` are ``None`` where not known; without ``causes`` it was the
    lender's books that made the state, and they do not say for what.
    """

    state: AccountStatus
    since: date | None
    causes: tuple[ReasonCode, ...]
    closed_until: date | None


@dataclass(frozen=True, slots=True)
class StateExit:
    """How a freeze or a closure ends: not before ``earliest``, with ``conditions`` met by then.

    ``conditions`` are texts of each cause, in English and Chinese. ``person_from`` is the day from
    which on a person decides of a freeze that has not ended.
    """

    state: AccountStatus
    earliest: date
    person_from: date | None
    conditions: tuple[tuple[ReasonCode, tuple[str, str]], ...]


def state_exit(held: StateHeld, policy: LimitPolicy) -> StateExit | None:
    """How a state ends by this policy; None where it is none to end, or nobody can say when."""
    earliest = earliest_end(held, policy)
    if earliest is None:
        return None
    frozen = held.state is AccountStatus.FROZEN
    return StateExit(
        state=held.state,
        earliest=earliest,
        person_from=_month_after(held.since, policy.freezing.months_most)
        if frozen and held.since is not None
        else None,
        conditions=tuple((cause, exit_condition(cause, policy)) for cause in held.causes),
    )


def exit_condition(cause: ReasonCode, policy: LimitPolicy) -> tuple[str, str]:
    """With what a cause is gone by this policy, in English and Chinese."""
    english, chinese = EXIT_SENTENCES[cause]
    bounds = _bounds(policy)
    return english.format_map(bounds), chinese.format_map(bounds)


def earliest_end(held: StateHeld, policy: LimitPolicy) -> date | None:
    """The first day on which a decision may end the state, its causes gone; None if not known.

    Months are counted as the calendar has them: a freeze of 31 January with two months at the
    least may end from 1 March on. A freeze that the books do not explain is the lender's to end.
    """
    if held.state is AccountStatus.FROZEN and held.causes and held.since is not None:
        return _month_after(held.since, policy.freezing.months_min)
    if held.state is not AccountStatus.INCREASES_CLOSED:
        return None
    if held.closed_until is not None:
        return held.closed_until + timedelta(days=1)
    if held.since is None:
        return None
    return _month_after(held.since, policy.reopening.closed_months_min)


def _month_after(day: date, months: int) -> date:
    """The first day of the month so many months after that of ``day``."""
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, 1)


def _bounds(policy: LimitPolicy) -> Mapping[str, float]:
    """The lower bounds of every cause, by the blank that they fill."""
    leave, unlike = policy.reopening, policy.anomalies
    return {
        "disputes": policy.freezing.disputed_transactions_90d,
        "serious_days": policy.freezing.overdue_days_leave,
        "overdue_days": policy.overdue.levels[0].days_past_due,
        "income_lost": policy.hardship.income_lost_leave,
        "linked": policy.linked.past_due_leave,
        "loans_7d": leave.loan_applications_7d_leave,
        "loans_30d": leave.loan_applications_30d_leave,
        "devices": leave.device_changes_30d_leave,
        "logins": unlike.login_ratio_leave,
        "login_count": unlike.login_count_min,
        "spend": unlike.spend_trend_leave / 3,
        "use": leave.persistent_debt_utilization_ratio_leave,
        "paid": leave.persistent_debt_payment_ratio_leave,
        "carried": leave.persistent_debt_revolving_share_leave,
    }
