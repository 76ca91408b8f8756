"""What a lender sees of the accounts of a world, and which of them it may move."""

from dataclasses import dataclass

import numpy as np

from credit_limits.domain.money import MINOR_PER_YUAN
from credit_limits.policy.ladder import CandidateLadder, Rounding
from credit_limits.simulation.columns import Flags, Floats, Ints
from credit_limits.simulation.delinquency import State, days_past_due
from credit_limits.simulation.orders import LimitOrders
from credit_limits.simulation.past_policy import LimitChanges
from credit_limits.simulation.portfolio import CLOSED, OPEN, Scene, Standing

FLOOR_MINOR = 50 * MINOR_PER_YUAN
CEILING_MINOR = 300_000 * MINOR_PER_YUAN
COOL_OFF_MONTHS = 6
LADDER = CandidateLadder(
    ratios_permille=(500, 700, 850, 1000, 1150, 1300, 1500, 2000),
    roundings=(Rounding(0, 5_000), Rounding(100_000, 10_000), Rounding(2_000_000, 50_000)),
)
"""The steps of the limit policy; amounts in whole 50, 100 or 500 yuan."""
_LONG_AGO = -10_000


class ChangeLog:
    """When each account's limit last moved, as far as the months shown to it tell."""

    def __init__(self, accounts: int) -> None:
        self._last = np.full(accounts, _LONG_AGO, dtype=np.int64)

    def note(self, month: int, changes: LimitChanges) -> None:
        """Enter the changes of a month."""
        self._last[changes.account] = month

    def cooled_off(self, month: int) -> Flags:
        """Accounts whose limit did not move in the six months up to the end of ``month``."""
        return np.asarray(month - self._last >= COOL_OFF_MONTHS)


def may_move(scene: Scene, standing: Standing) -> Flags:
    """Open accounts that are not past due, of customers who did not ask for a person."""
    punctual = standing.state <= State.CURRENT
    by_machine = ~scene.customers.human_review_only[scene.accounts.customer]
    return np.asarray(punctual & (standing.status != CLOSED) & by_machine)


def may_raise(scene: Scene, standing: Standing, log: ChangeLog) -> Flags:
    """Those of them that are open to increases, cooled off, and not declined."""
    declined = scene.customers.declines_increases[scene.accounts.customer]
    opened = standing.status == OPEN
    cooled = log.cooled_off(standing.month)
    return np.asarray(may_move(scene, standing) & opened & cooled & ~declined)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Limits that a lender may choose from: minor units and whether permitted, shape (K, N).

    Row k is today's limit times step k of the ladder, rounded. Today's own is always permitted.
    """

    limit_minor: Ints
    permitted: Flags


def candidates(scene: Scene, standing: Standing, log: ChangeLog) -> Candidates:
    """What a lender may do with each account: the rules of the limit policy but for the caps.

    No raise above the ceiling of an account, or of its customer over both lines (each line may
    take its share of the room that is left); no cut below what is owed or below the floor.
    """
    limit = standing.limit
    rows = [LADDER.scaled_down(limit, ratio) for ratio in LADDER.ratios_permille]
    rows[LADDER.hold_index] = limit
    to_minor = np.stack(rows)
    raised, cut = to_minor > limit, to_minor < limit
    most = np.minimum(CEILING_MINOR, limit + _room(scene, standing))
    least = np.maximum(FLOOR_MINOR, standing.money.balance)
    permitted = to_minor == limit
    permitted |= raised & may_raise(scene, standing, log) & (to_minor <= most)
    permitted |= cut & may_move(scene, standing) & (to_minor >= least)
    return Candidates(to_minor, permitted)


def _room(scene: Scene, standing: Standing) -> Ints:
    """Each account's share of what its customer's limits may still grow by."""
    of, there = scene.accounts.customer, standing.state < State.CHARGED_OFF
    held = np.where(there, standing.limit, 0)
    total = np.bincount(of, weights=held, minlength=scene.customers.count).astype(np.int64)
    lines = np.maximum(np.bincount(of, weights=there, minlength=scene.customers.count), 1)
    room = np.maximum(CEILING_MINOR - total, 0)
    return np.asarray(room // lines.astype(np.int64))[of]


def best_of(options: Candidates, value: Floats) -> Ints:
    """The permitted limit of the highest value, shape (N,); of equals, the lower limit."""
    allowed = np.where(options.permitted, value, -np.inf)
    best = np.argmax(allowed, axis=0)
    return np.asarray(np.take_along_axis(options.limit_minor, best[None, :], axis=0)[0])


def orders_to(standing: Standing, to_minor: Ints) -> LimitOrders:
    """Orders for the accounts whose limit is to differ from today's."""
    account = np.flatnonzero(to_minor != standing.limit)
    return LimitOrders(account, to_minor[account], np.zeros(len(account), dtype=np.bool_))


@dataclass(frozen=True, slots=True)
class Seen:
    """What every lender knows of each account at a month's end, one value an account.

    ``log_income`` is the stated one, log yuan a month, NaN where it is not known.
    """

    limit: Floats
    balance: Floats
    log_income: Floats
    days_past_due: Floats
    on_time_streak: Floats

    @classmethod
    def at(cls, scene: Scene, standing: Standing) -> "Seen":
        """At the end of a standing's month."""
        customers, of = scene.customers, scene.accounts.customer
        stated = standing.log_income + customers.stated_error
        known = np.where(customers.income_unknown, np.nan, stated)
        return cls(
            limit=standing.limit.astype(np.float64),
            balance=standing.money.balance.astype(np.float64),
            log_income=known[of],
            days_past_due=days_past_due(standing.state).astype(np.float64),
            on_time_streak=standing.on_time_streak.astype(np.float64),
        )
