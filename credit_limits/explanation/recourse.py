"""Recourse: what a customer can do, or wait for, so that the decision comes out otherwise.

A way out is proposed from the rules that stand in the way, and issued only if the policy, run on
the changed inputs at the prices of the batch, decides otherwise. The risk is taken as the model
assessed it: no way out promises that it will fall. None asks for borrowing or for more use of the
line, and none touches who the customer is; a change knows only what :class:`Step` lists.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum
from typing import TypeAlias

import numpy as np

from credit_limits.domain.account import AccountStatus
from credit_limits.domain.decision import ReasonCode
from credit_limits.domain.periods import add_months
from credit_limits.policy.initial_limits import without_limit
from credit_limits.policy.limit_policy import LimitPolicy
from credit_limits.policy.permission import Permission, Permissions
from credit_limits.policy.portfolio import Account, Days, Flags, Floats, Integers, Portfolio

MOST_CHANGES = 2
_STATEMENTS_KNOWN = 12
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
_ARREARS = frozenset({ReasonCode.OVERDUE, ReasonCode.SERIOUSLY_OVERDUE, ReasonCode.HARDSHIP})
_ANOMALIES = frozenset({ReasonCode.LOGIN_ANOMALY, ReasonCode.SPENDING_ANOMALY})
_DEBT = frozenset({ReasonCode.PERSISTENT_DEBT, ReasonCode.REVOLVING_DEBT})
_BURSTS = frozenset({ReasonCode.LOAN_APPLICATION_BURST, ReasonCode.DEVICE_CHANGE_BURST})
_AS_USUAL = 1.0


class Step(StrEnum):
    """What a customer may be told to do."""

    PAY_OVERDUE = "pay_overdue"
    NO_LOAN_APPLICATIONS = "no_loan_applications"
    KEEP_DEVICE = "keep_device"
    USE_AS_USUAL = "use_as_usual"
    PAY_MORE_OF_THE_BILL = "pay_more_of_the_bill"
    REPAY_ELSEWHERE = "repay_elsewhere"
    ACCEPT_INCREASES = "accept_increases"
    PAY_ON_TIME = "pay_on_time"
    WAIT = "wait"


class Goal(StrEnum):
    """How the decision would come out."""

    RAISED = "raised"
    REOPENED = "reopened"
    NOT_CUT = "not_cut"


@dataclass(frozen=True, slots=True)
class Change:
    """One step, with its figures; 0 where it has none.

    ``months`` counts statements to come, ``amount_minor`` is what is to be repaid, ``share`` the
    least share of each bill that is to be paid.
    """

    step: Step
    months: int = 0
    amount_minor: int = 0
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Recourse:
    """A way out: ``months`` from the decision on, after one or two ``changes``, comes the goal.

    ``limit_minor`` is what the policy would then decide, everything else being as it is.
    """

    goal: Goal
    months: int
    changes: tuple[Change, ...]
    limit_minor: int = 0

    def __post_init__(self) -> None:
        if not 1 <= len(self.changes) <= MOST_CHANGES:
            raise ValueError(f"a way out has one or {MOST_CHANGES} changes")


DecideAgain: TypeAlias = Callable[[Portfolio], tuple[Integers, Permissions]]
"""The limits that the policy gives accounts at the prices of their batch, and what it permits."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided of N accounts: the limit, and the last day raises are closed, NaT if not.

    ``closing`` says whose raises this decision itself closed. ``state``, the day it began and its
    causes are as in :class:`~credit_limits.policy.account_changes.AccountChanges`.
    """

    to_minor: Integers
    closed_until: Days
    closing: Flags
    state: Integers
    state_since: Days
    state_causes: Integers

    def taken(self, places: Integers) -> "Decided":
        """Those at these places."""
        return Decided(*(getattr(self, field.name)[places] for field in fields(self)))


def recourses(
    portfolio: Portfolio, decided: Decided, policy: LimitPolicy, decide_again: DecideAgain
) -> list[Recourse | None]:
    """A way out for each account that was not raised, where one was found that holds."""
    before, permissions = decide_again(portfolio)
    found: list[Recourse | None] = [None] * len(portfolio)
    asked = np.flatnonzero(_same_way(portfolio.limit_minor, before, decided.to_minor)).tolist()
    proposed = {
        place: _proposals(portfolio, decided, permissions, policy, place) for place in asked
    }
    for attempt in range(2):
        tried = {place: ways[attempt] for place, ways in proposed.items() if len(ways) > attempt}
        places = [place for place in tried if found[place] is None]
        tries = [tried[place] for place in places]
        limits, holds = outcome_of(portfolio, decided, tries, places, decide_again)
        for place, way, limit, held in zip(places, tries, limits, holds, strict=True):
            if held:
                found[place] = replace(way, limit_minor=limit)
    return found


def outcome_of(
    portfolio: Portfolio,
    decided: Decided,
    ways: Sequence[Recourse],
    places: Sequence[int],
    decide_again: DecideAgain,
) -> tuple[list[int], list[bool]]:
    """The limit that each way leads to, and whether it reaches its goal.

    ``ways[i]`` is that of the account at ``places[i]``. Accounts that wait equally long are
    decided together.
    """
    limits, holds = [0] * len(ways), [False] * len(ways)
    for months in sorted({way.months for way in ways}):
        chosen = [i for i, way in enumerate(ways) if way.months == months]
        kept = np.array([places[i] for i in chosen], np.int64)
        changed = changed_inputs(
            _taken(portfolio, kept), decided.taken(kept), [ways[i] for i in chosen]
        )
        to_minor, permissions = decide_again(changed)
        today = changed.limit_minor
        reached = {
            Goal.RAISED: to_minor > today,
            Goal.NOT_CUT: to_minor >= today,
            Goal.REOPENED: (permissions.close_months == 0)
            & ~permissions.has(ReasonCode.INCREASES_CLOSED),
        }
        for row, i in enumerate(chosen):
            limits[i], holds[i] = int(to_minor[row]), bool(reached[ways[i].goal][row])
    return limits, holds


def changed_inputs(portfolio: Portfolio, decided: Decided, ways: Sequence[Recourse]) -> Portfolio:
    """The accounts after their ways, all equally long, in the states that were decided.

    Bills that come in meanwhile are paid on time, and none come where there is no limit; balance,
    use, income and risk stay as they are.
    """
    months = ways[0].months
    seen = portfolio.features
    overdue, applied, device, usual, accepted = (
        _takes(ways, step)
        for step in (
            Step.PAY_OVERDUE,
            Step.NO_LOAN_APPLICATIONS,
            Step.KEEP_DEVICE,
            Step.USE_AS_USUAL,
            Step.ACCEPT_INCREASES,
        )
    )
    share = _amounts(ways, Step.PAY_MORE_OF_THE_BILL, "share")
    repaid = _amounts(ways, Step.REPAY_ELSEWHERE, "amount_minor")
    bills = np.where(without_limit(portfolio), 0, months)
    statements = np.minimum(np.nan_to_num(seen.statement_count_12m) + bills, _STATEMENTS_KNOWN)
    features = replace(
        seen,
        days_past_due_latest=np.where(overdue, 0.0, seen.days_past_due_latest),
        on_time_streak_months=np.where(overdue, 0.0, np.nan_to_num(seen.on_time_streak_months))
        + bills,
        statement_count_12m=statements,
        account_age_months=seen.account_age_months + months,
        loan_application_count_7d=np.where(applied, 0.0, seen.loan_application_count_7d),
        loan_application_count_30d=np.where(applied, 0.0, seen.loan_application_count_30d),
        device_change_count_30d=np.where(device, 0.0, seen.device_change_count_30d),
        login_ratio_7d=np.where(usual, _AS_USUAL, seen.login_ratio_7d),
        spend_trend_90d=np.where(usual, _AS_USUAL, seen.spend_trend_90d),
        payment_ratio_12m=np.fmax(seen.payment_ratio_12m, np.where(share > 0, share, np.nan)),
        bureau_other_balance_minor=seen.bureau_other_balance_minor - repaid,
    )
    then = replace(
        portfolio,
        as_of=add_months(portfolio.as_of, months),
        features=features,
        declines_increases=portfolio.declines_increases & ~accepted,
        months_since_limit_change=portfolio.months_since_limit_change + months,
        months_since_extension=portfolio.months_since_extension + months,
        months_since_rate_change=portfolio.months_since_rate_change + months,
    )
    if not months:
        return then
    return replace(
        then,
        increases_closed_until=decided.closed_until,
        status=decided.state,
        state_since=decided.state_since,
        state_causes=decided.state_causes,
    )


def _proposals(
    portfolio: Portfolio,
    decided: Decided,
    permissions: Permissions,
    policy: LimitPolicy,
    place: int,
) -> tuple[Recourse, ...]:
    account, permission = portfolio.account(place), permissions.one(place)
    if account.human_review_only or account.status is AccountStatus.FROZEN:
        return ()
    if decided.to_minor[place] < account.limit_minor:
        overdue = _ARREARS & {*permission.reasons}
        way = Recourse(Goal.NOT_CUT, 0, (Change(Step.PAY_OVERDUE),))
        return (way,) if overdue else ()
    until = decided.closed_until[place]
    if account.status is AccountStatus.INCREASES_CLOSED and np.isnat(until):
        return ()
    closed = None if np.isnat(until) else until.astype(object)
    months, changes = way_out(account, permission, closed, policy.of_segment(account.segment))
    if not 1 <= len(changes) <= MOST_CHANGES:
        return ()
    goals = (Goal.RAISED, Goal.REOPENED) if decided.closing[place] else (Goal.RAISED,)
    return tuple(Recourse(goal, months, changes) for goal in goals)


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
        _months_until_after(closed_until, account.as_of),
        1 if reasons & (_BURSTS | _ANOMALIES) else 0,
        _STATEMENTS_KNOWN if reasons & _DEBT else 0,
    )
    changes = [change for change in _deeds(account, reasons, months, policy) if change is not None]
    if bills:
        changes.append(Change(Step.PAY_ON_TIME, months))
    elif months and not any(change.months for change in changes):
        changes.append(Change(Step.WAIT, months))
    return months, tuple(changes)


def _deeds(
    account: Account, reasons: set[ReasonCode], months: int, policy: LimitPolicy
) -> list[Change | None]:
    share = math.ceil(policy.revolving.payment_ratio * 125) / 100
    return [
        Change(Step.PAY_OVERDUE) if reasons & _ARREARS else None,
        Change(Step.NO_LOAN_APPLICATIONS, months)
        if ReasonCode.LOAN_APPLICATION_BURST in reasons
        else None,
        Change(Step.KEEP_DEVICE, months) if ReasonCode.DEVICE_CHANGE_BURST in reasons else None,
        Change(Step.USE_AS_USUAL, months) if reasons & _ANOMALIES else None,
        Change(Step.PAY_MORE_OF_THE_BILL, months, share=share) if reasons & _DEBT else None,
        _repayment(account, policy) if ReasonCode.AFFORDABILITY in reasons else None,
        Change(Step.ACCEPT_INCREASES) if ReasonCode.DECLINES_INCREASES in reasons else None,
    ]


def _bills_needed(account: Account, reasons: set[ReasonCode], policy: LimitPolicy) -> int:
    """Bills yet to come that are to be paid on time."""
    seen, needed = account.features, policy.observation
    lacking = [0.0]
    if reasons & _ARREARS:
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


def _months_until_after(last_day: date | None, as_of: date) -> int:
    """Whole months from ``as_of`` to a day later than ``last_day``."""
    months = 0
    while last_day is not None and add_months(as_of, months) <= last_day:
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


def _same_way(limit_minor: Integers, before: Integers, to_minor: Integers) -> Flags:
    """Not raised, and at the prices of the batch decided the same way as in it."""
    return np.asarray(
        (to_minor <= limit_minor)
        & (np.sign(before - limit_minor) == np.sign(to_minor - limit_minor))
    )


def _takes(ways: Sequence[Recourse], step: Step) -> Flags:
    return np.array([any(change.step is step for change in way.changes) for way in ways], np.bool_)


def _amounts(ways: Sequence[Recourse], step: Step, field: str) -> Floats:
    return np.array(
        [
            sum(getattr(change, field) for change in way.changes if change.step is step)
            for way in ways
        ],
        np.float64,
    )


def _taken(portfolio: Portfolio, places: Integers) -> Portfolio:
    """The accounts at these places, which ascend."""
    flags = np.zeros(len(portfolio), np.bool_)
    flags[places] = True
    return portfolio.where(flags)
