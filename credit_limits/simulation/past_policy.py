"""How limits were changed before: reviews by risk, cuts of late payers, and a small trial.

The reviews make limits an effect of risk, which hides the effect of limits on risk; the trial
draws its changes at random, with known propensity.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from credit_limits.domain.money import MINOR_PER_YUAN
from credit_limits.simulation.accounts import Accounts, rounded_limit_minor
from credit_limits.simulation.calendar import DAY_US, HOUR_US
from credit_limits.simulation.columns import (
    Flags,
    Floats,
    Ints,
    Table,
    chosen,
    instants,
    labels,
    whole,
)
from credit_limits.simulation.customers import Customers
from credit_limits.simulation.parameters import PastPolicy

REASONS = ("review_on_time", "review_overdue", "random_trial", "limit_decision")
_ON_TIME, _OVERDUE, _TRIAL, DECIDED = range(4)
_REVIEW_STREAK_MONTHS = 6
_TRIAL_STREAK_MONTHS = 3
_TRIAL_LEAST_FLOORS = 3
_LAST_CHANGE_DAY = 22


@dataclass(frozen=True, slots=True)
class LimitChanges:
    """Changes of a month, one value a change; ``account`` is a position, not an id."""

    account: Ints
    from_minor: Ints
    to_minor: Ints
    reason: Ints
    propensity: Floats
    event_us: Ints

    @property
    def randomized(self) -> Flags:
        """Which amounts were drawn at random."""
        return np.asarray(self.reason == _TRIAL)


_NONE = np.array([], dtype=np.int64)
NO_CHANGES = LimitChanges(_NONE, _NONE, _NONE, _NONE, np.array([]), _NONE)


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What the past policy sees of each account at the end of the month before."""

    may_change: Flags
    limit: Ints
    balance: Ints
    on_time_streak: Ints
    newly_late: Flags
    months_open: Ints


def past_changes(
    seen: Reviewed,
    customers: Customers,
    accounts: Accounts,
    p: PastPolicy,
    *,
    first_day_us: int,
    rng: np.random.Generator,
) -> LimitChanges:
    """The changes of one month; every account has at most one, and each moves its limit."""
    trial_draw, arm_draw, raise_draw, cut_draw = rng.random((4, accounts.count))
    day = rng.integers(1, _LAST_CHANGE_DAY, size=accounts.count)
    allowed = seen.may_change & ~customers.human_review_only[accounts.customer]
    raisable = allowed & ~customers.declines_increases[accounts.customer]
    raised = raisable & _deserves_a_raise(seen, accounts, p) & (raise_draw < p.raise_share)
    tried = raisable & ~raised & _may_enter_trial(seen, p) & (trial_draw < p.trial_share_monthly)
    cut = allowed & seen.newly_late & (cut_draw < p.cut_share)
    arm = np.searchsorted(np.cumsum(p.trial_propensities)[:-1], arm_draw, side="right")
    ratio = np.select(
        [raised, tried, cut], [p.raise_ratio, np.array(p.trial_ratios)[arm], p.cut_ratio], 1.0
    )
    to_minor = rounded_limit_minor(seen.limit * ratio, p)
    at = np.flatnonzero((raised | tried | cut) & (to_minor != seen.limit))
    return LimitChanges(
        account=at,
        from_minor=seen.limit[at],
        to_minor=to_minor[at],
        reason=np.select([raised, tried], [_ON_TIME, _TRIAL], _OVERDUE)[at],
        propensity=np.array(p.trial_propensities)[arm][at],
        event_us=first_day_us + day[at] * DAY_US + 2 * HOUR_US,
    )


def _deserves_a_raise(seen: Reviewed, accounts: Accounts, p: PastPolicy) -> Flags:
    due = (seen.months_open > 0) & (seen.months_open % p.review_interval_months == 0)
    used = seen.balance >= p.raise_floor_utilization * seen.limit
    good = (accounts.lender_score >= p.raise_floor_score) & (
        seen.on_time_streak >= _REVIEW_STREAK_MONTHS
    )
    return np.asarray(due & used & good)


def _may_enter_trial(seen: Reviewed, p: PastPolicy) -> Flags:
    """Punctual, and with a limit that every arm of the trial would move."""
    room = seen.limit * max(p.trial_ratios) <= p.cap_yuan * MINOR_PER_YUAN
    room &= seen.limit >= _TRIAL_LEAST_FLOORS * p.floor_yuan * MINOR_PER_YUAN
    return np.asarray(room & (seen.on_time_streak >= _TRIAL_STREAK_MONTHS))


def limit_changes_table(changes: LimitChanges, accounts: Accounts) -> Table:
    """Rows of ``limit_changes``."""
    return pa.table(
        {
            "account_id": labels("A", accounts.number[changes.account], 8),
            "from_minor": whole(changes.from_minor),
            "to_minor": whole(changes.to_minor),
            "reason": chosen(REASONS, changes.reason),
            "randomized": pa.array(changes.randomized),
            "propensity": pa.array(changes.propensity, mask=~changes.randomized),
            "event_timestamp": instants(changes.event_us),
            "created_timestamp": instants(changes.event_us + HOUR_US),
        }
    )
