"""The state machine of an account: what leads from state to state, and what leads out again.

:data:`TRANSITIONS` is the machine as data: the page that describes it is drawn from it, and the
moves below are held against it. An account is closed by its customer or by its books, never here.
"""

from dataclasses import dataclass

import numpy as np

from credit_limits.domain.account import AccountStatus
from credit_limits.domain.decision import Action, ReasonCode
from credit_limits.policy.account_changes import STATE_CAUSES, masks_of
from credit_limits.policy.limit_policy import LimitPolicy
from credit_limits.policy.portfolio import STATUSES, Days, Flags, Integers, Portfolio
from credit_limits.policy.triggers import Triggers

CLOSING_CAUSES: tuple[ReasonCode, ...] = tuple(
    cause for cause in STATE_CAUSES if cause is not ReasonCode.ACCOUNT_TAKEOVER
)
FREEZING_CAUSES: tuple[ReasonCode, ...] = (
    ReasonCode.ACCOUNT_TAKEOVER,
    ReasonCode.SERIOUSLY_OVERDUE,
    ReasonCode.LINKED_RISK,
)


@dataclass(frozen=True, slots=True)
class Transition:
    """One way from state to state: the action that takes it, its causes, and what ends it."""

    before: AccountStatus
    after: AccountStatus
    action: Action
    causes: tuple[ReasonCode, ...]
    way_out: str


TRANSITIONS: tuple[Transition, ...] = (
    Transition(
        AccountStatus.OPEN,
        AccountStatus.INCREASES_CLOSED,
        Action.CLOSE_INCREASES,
        CLOSING_CAUSES,
        "reopened once the months of the closure have passed and every cause is below its lower "
        "bound",
    ),
    Transition(
        AccountStatus.OPEN,
        AccountStatus.FROZEN,
        Action.FREEZE,
        FREEZING_CAUSES,
        "unfrozen after the least months of a freeze, once every cause is below its lower bound; "
        "after the most months a person decides",
    ),
    Transition(
        AccountStatus.INCREASES_CLOSED,
        AccountStatus.FROZEN,
        Action.FREEZE,
        FREEZING_CAUSES,
        "as from open",
    ),
    Transition(
        AccountStatus.FROZEN,
        AccountStatus.INCREASES_CLOSED,
        Action.UNFREEZE,
        (ReasonCode.CAUSE_GONE,),
        "reopened as any other closure: never straight to a raise",
    ),
    Transition(
        AccountStatus.INCREASES_CLOSED,
        AccountStatus.OPEN,
        Action.REOPEN_INCREASES,
        (ReasonCode.CAUSE_GONE,),
        "closed or frozen again at the upper bound of a cause alone",
    ),
)
"""Every move that a decision may make."""

_OPEN, _CLOSED_TO_INCREASES, _FROZEN = (
    STATUSES.index(state)
    for state in (AccountStatus.OPEN, AccountStatus.INCREASES_CLOSED, AccountStatus.FROZEN)
)


@dataclass(frozen=True, slots=True)
class StateMoves:
    """States of N accounts after a decision, as places in ``STATUSES``, and what moved them.

    ``stays_closed`` are accounts that were closed to increases and are not reopened;
    ``close_months`` for how long increases are closed from now on, 0 for not. ``causes`` is a
    mask over ``STATE_CAUSES``, ``since`` the day on which the state began. ``expired`` are frozen
    for longer than the policy lets an account stay so without a person.
    """

    state: Integers
    since: Days
    causes: Integers
    close_months: Integers
    frozen: Flags
    thawed: Flags
    reopened: Flags
    stays_closed: Flags
    stays_frozen: Flags
    expired: Flags


def state_moves(
    portfolio: Portfolio, policy: LimitPolicy, found: Triggers, close_months: Integers
) -> StateMoves:
    """Where each account goes; ``close_months`` is how long its causes close increases.

    A freeze without a cause is one that the lender's books made and do not explain: it is the
    lender's to end, and stays.
    """
    count, months = len(portfolio), _months_in_state(portfolio)
    closing = masks_of(found.closing, STATE_CAUSES, count)
    freezing = masks_of(found.freezing, STATE_CAUSES, count)
    lingering = masks_of(found.lingering, STATE_CAUSES, count)
    was_frozen = portfolio.status == _FROZEN
    ours = was_frozen & (portfolio.state_causes != 0)
    frozen = ~was_frozen & (freezing != 0)
    unknown = masks_of(found.unknown, STATE_CAUSES, count)
    gone = ((portfolio.state_causes & (lingering | unknown)) | freezing) == 0
    thawed = ours & gone & (months >= policy.freezing.months_min)
    stays_frozen = was_frozen & ~thawed
    expired = ours & ~thawed & (months >= policy.freezing.months_most)

    was_closed, served = _closed(portfolio, policy, months)
    held = np.where(portfolio.state_causes != 0, portfolio.state_causes, -1) & lingering
    in_state = portfolio.status == _CLOSED_TO_INCREASES
    reopened = in_state & served & (held == 0) & (closing == 0) & ~frozen
    stays_closed = was_closed & ~reopened
    after_thaw = np.maximum(close_months, policy.freezing.closed_months_after)
    close_months = np.where(thawed, after_thaw, close_months)
    shut = stays_closed | thawed | (close_months > 0)
    state = np.select([frozen | stays_frozen, shut], [_FROZEN, _CLOSED_TO_INCREASES], _OPEN).astype(
        np.int64
    )
    carried = np.where(stays_closed | was_frozen, portfolio.state_causes, 0)
    causes = np.select(
        [frozen, stays_frozen, thawed, state == _CLOSED_TO_INCREASES],
        [freezing, np.where(ours, carried | freezing, 0), carried, carried | closing],
        0,
    )
    changed = state != portfolio.status
    return StateMoves(
        state=state,
        since=np.where(changed, np.datetime64(portfolio.as_of, "D"), portfolio.state_since),
        causes=np.asarray(causes, dtype=np.int64),
        close_months=close_months,
        frozen=frozen,
        thawed=thawed,
        reopened=reopened,
        stays_closed=stays_closed,
        stays_frozen=stays_frozen,
        expired=expired,
    )


def _months_in_state(portfolio: Portfolio) -> Integers:
    """Calendar months since the state began, -1 where that is not known."""
    since = portfolio.state_since
    months = np.datetime64(portfolio.as_of, "M") - since.astype("datetime64[M]")
    return np.where(np.isnat(since), -1, months.astype(np.int64))


def _closed(portfolio: Portfolio, policy: LimitPolicy, months: Integers) -> tuple[Flags, Flags]:
    """Who is closed to increases, and whose time is over.

    A closure of which the end is not known lasts for the policy's least months.
    """
    until = portfolio.increases_closed_until
    lasting = until >= np.datetime64(portfolio.as_of)
    closed = lasting | (portfolio.status == _CLOSED_TO_INCREASES)
    open_ended = np.isnat(until) & (months >= policy.reopening.closed_months_min)
    return closed, (~np.isnat(until) & ~lasting) | open_ended
