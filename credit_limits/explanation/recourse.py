"""Recourse: what a customer can do, or wait for, so that the decision comes out otherwise.

A way out is proposed from the rules that stand in the way, and issued only if the policy, run on
the changed inputs at the prices of the batch, decides otherwise. The risk is taken as the model
assessed it: no way out promises that it will fall. None asks for borrowing or for more use of the
line, and none touches who the customer is; a change knows only what
:class:`~credit_limits.explanation.ways_out.Step` lists.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TypeAlias

import numpy as np

from credit_limits.domain.account import AccountStatus
from credit_limits.domain.periods import add_months
from credit_limits.explanation.proposals import (
    ARREARS,
    STATEMENTS_KNOWN,
    way_out,
    way_out_of_state,
)
from credit_limits.explanation.state_exits import StateHeld
from credit_limits.explanation.ways_out import MOST_CHANGES, Change, Goal, Recourse, Step
from credit_limits.policy.account_changes import STATE_CAUSES, codes_of
from credit_limits.policy.initial_limits import without_limit
from credit_limits.policy.limit_policy import LimitPolicy
from credit_limits.policy.permission import Permissions
from credit_limits.policy.portfolio import (
    STATUSES,
    Account,
    Days,
    Flags,
    Floats,
    Integers,
    Portfolio,
)

_AS_USUAL = 1.0
_MOST_PROPOSALS = 2
_OPEN = STATUSES.index(AccountStatus.OPEN)

DecideAgain: TypeAlias = Callable[[Portfolio], tuple[Integers, Permissions]]
"""The limits that the policy gives accounts at the prices of their batch, and what it permits."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided of N accounts: the limit, and the last day raises are closed, NaT if not.

    ``state``, the day it began and its causes are as in
    :class:`~credit_limits.policy.account_changes.AccountChanges`.
    """

    to_minor: Integers
    closed_until: Days
    state: Integers
    state_since: Days
    state_causes: Integers

    def taken(self, places: Integers) -> "Decided":
        """Those at these places."""
        return Decided(*(getattr(self, field.name)[places] for field in fields(self)))

    def held(self, place: int) -> StateHeld:
        """The state that one account was left in."""
        since, until = self.state_since[place], self.closed_until[place]
        return StateHeld(
            state=STATUSES[self.state[place]],
            since=None if np.isnat(since) else since.astype(object),
            causes=codes_of(int(self.state_causes[place]), STATE_CAUSES),
            closed_until=None if np.isnat(until) else until.astype(object),
        )


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
    for attempt in range(_MOST_PROPOSALS):
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
            Goal.REOPENED: permissions.changes.state == _OPEN,
            Goal.THAWED: permissions.changes.thawed,
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
    overdue, applied, device, usual, accepted, settled, clear = (
        _takes(ways, step)
        for step in (
            Step.PAY_OVERDUE,
            Step.NO_LOAN_APPLICATIONS,
            Step.KEEP_DEVICE,
            Step.USE_AS_USUAL,
            Step.ACCEPT_INCREASES,
            Step.SETTLE_DISPUTE,
            Step.LINKS_CLEAR,
        )
    )
    share = _amounts(ways, Step.PAY_MORE_OF_THE_BILL, "share")
    repaid = _amounts(ways, Step.REPAY_ELSEWHERE, "amount_minor")
    bills = np.where(without_limit(portfolio), 0, months)
    statements = np.minimum(np.nan_to_num(seen.statement_count_12m) + bills, STATEMENTS_KNOWN)
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
        disputed_transaction_count_90d=np.where(settled, 0.0, seen.disputed_transaction_count_90d),
        linked_past_due_count=np.where(clear, 0.0, seen.linked_past_due_count),
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
    if account.human_review_only:
        return ()
    policy = policy.of_segment(account.segment)
    held, ways = decided.held(place), list[tuple[Goal, int, tuple[Change, ...]]]()
    if held.state is AccountStatus.FROZEN:
        ways.append((Goal.THAWED, *way_out_of_state(account, held, policy)))
    if decided.to_minor[place] < account.limit_minor:
        overdue = ARREARS & {*permission.reasons}
        ways.append((Goal.NOT_CUT, 0, (Change(Step.PAY_OVERDUE),) if overdue else ()))
    elif held.state is not AccountStatus.FROZEN and not _ends_unknown(account, held):
        ways.append((Goal.RAISED, *way_out(account, permission, held.closed_until, policy)))
    if held.state is AccountStatus.INCREASES_CLOSED:
        ways.append((Goal.REOPENED, *way_out_of_state(account, held, policy)))
    return tuple(
        Recourse(goal, months, changes)
        for goal, months, changes in ways
        if 1 <= len(changes) <= MOST_CHANGES
    )


def _ends_unknown(account: Account, held: StateHeld) -> bool:
    """Whether the account was closed to increases before, nobody knows until when."""
    return account.status is AccountStatus.INCREASES_CLOSED and held.closed_until is None


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
