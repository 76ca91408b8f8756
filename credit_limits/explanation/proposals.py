"""Which ways out are proposed: what would have to be, and for how long, by the policy's own rules.

A proposal is a guess from the rules that stand in the way. It is issued only where
:mod:`credit_limits.explanation.recourse` has run the policy on it and the decision comes out
otherwise.
"""

import math
from datetime import date, timedelta

from credit_limits.domain.account import AccountStatus
from credit_limits.domain.decision import ReasonCode
from credit_limits.domain.periods import add_months
from credit_limits.explanation.state_exits import StateHeld, earliest_end
from credit_limits.explanation.ways_out import Change, Step
from credit_limits.policy.initial_limits_plain import never_used
from credit_limits.policy.limit_policy import LimitPolicy
from credit_limits.policy.permission import Permission
from credit_limits.policy.portfolio import Account
from credit_limits.policy.triggers_plain import triggers_of

STATEMENTS_KNOWN = 12
"""Months that the figures over a year look back on."""
_YUAN = 100
_RAISE_SOUGHT = 0.15
_WITHIN_REACH = frozenset(
    {
        ReasonCode.OVERDUE,
        ReasonCode.SERIOUSLY_OVERDUE,
        ReasonCode.LOAN_APPLICATION_BURST,
        ReasonCode.DEVICE_CHANGE_BURST,
        ReasonCode.LOGIN_ANOMALY,
        ReasonCode.SPENDING_ANOMALY,
        ReasonCode.HARDSHIP,
        ReasonCode.PERSISTENT_DEBT,
        ReasonCode.REVOLVING_DEBT,
        ReasonCode.THIN_FILE,
        ReasonCode.INCREASES_CLOSED,
        ReasonCode.DECLINES_INCREASES,
        ReasonCode.AFFORDABILITY,
        ReasonCode.ON_TIME_STREAK_TOO_SHORT,
        ReasonCode.OBSERVATION_TOO_SHORT,
        ReasonCode.COOL_OFF,
    }
)
"""Rules that the customer can satisfy or outwait; any other rules a way out of its own out."""
ARREARS = frozenset({ReasonCode.OVERDUE, ReasonCode.SERIOUSLY_OVERDUE, ReasonCode.HARDSHIP})
"""Reasons that are gone once what is past due is paid."""
_ANOMALIES = frozenset({ReasonCode.LOGIN_ANOMALY, ReasonCode.SPENDING_ANOMALY})
_DEBT = frozenset({ReasonCode.PERSISTENT_DEBT, ReasonCode.REVOLVING_DEBT})
_BURSTS = frozenset({ReasonCode.LOAN_APPLICATION_BURST, ReasonCode.DEVICE_CHANGE_BURST})
_DAY = timedelta(days=1)
_DISPUTES_SEEN = timedelta(days=91)
"""Days after which a disputed transaction of today is no longer counted."""


def way_out(
    account: Account, permission: Permission, closed_until: date | None, policy: LimitPolicy
) -> tuple[int, tuple[Change, ...]]:
    """How long, and which changes, until none of the rules stands in the way of a raise.

    No changes where a rule among them is out of the customer's reach. An account with 3 of 6
    statements that is otherwise good: 3 months, paid on time.
    """
    reasons = {*permission.reasons}
    if not reasons or reasons - _WITHIN_REACH:
        return 0, ()
    bills = _bills_needed(account, reasons, policy)
    months = max(
        bills,
        _cool_off_left(account, policy) if ReasonCode.COOL_OFF in reasons else 0,
        0 if closed_until is None else _months_until(closed_until + _DAY, account.as_of),
        1 if reasons & (_BURSTS | _ANOMALIES) else 0,
        STATEMENTS_KNOWN if reasons & _DEBT else 0,
    )
    changes = [change for change in _deeds(account, reasons, months, policy) if change is not None]
    if bills:
        changes.append(Change(Step.PAY_ON_TIME, months))
    elif months and not any(change.months for change in changes):
        changes.append(Change(Step.WAIT, months))
    return months, tuple(changes)


def way_out_of_state(
    account: Account, held: StateHeld, policy: LimitPolicy
) -> tuple[int, tuple[Change, ...]]:
    """How long, and which changes, until the state that was decided ends.

    A freeze lasts for its least months, a closure for its own, and each cause must be below its
    lower bound by then. No changes where nobody can say when it ends. An account frozen today for
    bills past due: two months, what is past due paid.
    """
    earliest = earliest_end(held, policy)
    if earliest is None:
        return 0, ()
    standing = _standing(account, held, policy)
    months = max(
        1,
        _months_until(earliest, account.as_of),
        STATEMENTS_KNOWN if ReasonCode.PERSISTENT_DEBT in standing else 0,
        _months_until(account.as_of + _DISPUTES_SEEN, account.as_of)
        if ReasonCode.ACCOUNT_TAKEOVER in standing
        else 0,
    )
    changes = [change for change in _deeds(account, standing, months, policy) if change is not None]
    if not any(change.months for change in changes):
        changes.append(Change(Step.WAIT, months))
    return months, tuple(changes)


def _standing(account: Account, held: StateHeld, policy: LimitPolicy) -> set[ReasonCode]:
    """The causes that keep the account in its state now.

    Those of the state that are at their lower bound or not known, and whatever is at its upper one;
    of a state without causes, those at their lower bound.
    """
    found = triggers_of(never_used(account), policy)
    lingering = {*found.lingering}
    kept = {*held.causes} & (lingering | found.unknown) if held.causes else lingering
    frozen = held.state is AccountStatus.FROZEN
    return kept | (found.freezing if frozen else found.closing)


def _deeds(
    account: Account, reasons: set[ReasonCode], months: int, policy: LimitPolicy
) -> list[Change | None]:
    share = math.ceil(policy.revolving.payment_ratio * 125) / 100
    return [
        Change(Step.PAY_OVERDUE) if reasons & ARREARS else None,
        Change(Step.NO_LOAN_APPLICATIONS, months)
        if ReasonCode.LOAN_APPLICATION_BURST in reasons
        else None,
        Change(Step.KEEP_DEVICE, months) if ReasonCode.DEVICE_CHANGE_BURST in reasons else None,
        Change(Step.USE_AS_USUAL, months) if reasons & _ANOMALIES else None,
        Change(Step.PAY_MORE_OF_THE_BILL, months, share=share) if reasons & _DEBT else None,
        _repayment(account, policy) if ReasonCode.AFFORDABILITY in reasons else None,
        Change(Step.ACCEPT_INCREASES) if ReasonCode.DECLINES_INCREASES in reasons else None,
        Change(Step.SETTLE_DISPUTE, months) if ReasonCode.ACCOUNT_TAKEOVER in reasons else None,
        Change(Step.LINKS_CLEAR, months) if ReasonCode.LINKED_RISK in reasons else None,
    ]


def _bills_needed(account: Account, reasons: set[ReasonCode], policy: LimitPolicy) -> int:
    """Bills yet to come that are to be paid on time."""
    seen, needed = account.features, policy.observation
    lacking = [0.0]
    if reasons & ARREARS:
        lacking.append(needed.on_time_streak_min)
    if ReasonCode.ON_TIME_STREAK_TOO_SHORT in reasons:
        lacking.append(needed.on_time_streak_min - (seen["on_time_streak_months"] or 0.0))
    if ReasonCode.THIN_FILE in reasons:
        lacking.append(policy.thin_file.months - (seen["account_age_months"] or 0.0))
    if ReasonCode.OBSERVATION_TOO_SHORT in reasons:
        lacking.append(needed.statements_min - (seen["statement_count_12m"] or 0.0))
        age = seen["account_age_months"]
        lacking.append(0.0 if age is None else needed.account_age_months_min - age)
    return math.ceil(max(lacking))


def _cool_off_left(account: Account, policy: LimitPolicy) -> int:
    return math.ceil(policy.observation.cool_off_months - (account.months_since_limit_change or 0))


def _months_until(day: date, as_of: date) -> int:
    """Whole months from ``as_of`` until ``day`` has come; 0 where it has."""
    months = 0
    while add_months(as_of, months) < day:
        months += 1
    return months


def _repayment(account: Account, policy: LimitPolicy) -> Change | None:
    """What to repay elsewhere so that a raise by one step can be borne; None if not owed."""
    rules, income = policy.affordability, account.features["income_monthly_minor"]
    elsewhere = account.features["bureau_other_balance_minor"]
    if income is None or elsewhere is None:
        return None
    bearable = rules.income_share * income / rules.minimum_payment_ratio
    sought = account.limit_minor * _RAISE_SOUGHT * account.customer_account_count
    lacking = sought + elsewhere + account.customer_total_minor - bearable
    amount = math.ceil(lacking / _YUAN / 100) * 100 * _YUAN
    return Change(Step.REPAY_ELSEWHERE, amount_minor=amount) if 0 < amount <= elsewhere else None
