"""Limits that somebody outside the world has decided, and what becomes of them inside it."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from credit_limits.simulation.calendar import HOUR_US
from credit_limits.simulation.columns import Flags, Ints
from credit_limits.simulation.past_policy import DECIDED, LimitChanges
from credit_limits.simulation.portfolio import (
    CLOSED,
    INCREASES_CLOSED,
    OPEN,
    Scene,
    Standing,
    churners,
)

_EFFECTIVE_HOURS = 2


@dataclass(frozen=True, slots=True)
class LimitOrders:
    """Decisions on accounts, one value a decision; they take effect on the next month's first day.

    ``account`` is a position in the scene, each at most once; ``to_minor`` the limit from then
    on, minor units, not negative; ``close_increases`` whether the account is to be closed to
    increases. ``ValueError`` where the three do not fit together.
    """

    account: Ints
    to_minor: Ints
    close_increases: Flags

    def __post_init__(self) -> None:
        if not len(self.account) == len(self.to_minor) == len(self.close_increases):
            raise ValueError("orders of different lengths")
        if len(np.unique(self.account)) < len(self.account):
            raise ValueError("an account with two orders")
        if (self.to_minor < 0).any():
            raise ValueError("a limit below zero")


def orders_by_id(
    scene: Scene, account_id: npt.NDArray[np.str_], to_minor: Ints, close_increases: Flags
) -> LimitOrders:
    """Orders that name accounts as the tables do, by ids such as ``A00000012``.

    Raises:
        ValueError: an id that no account of the scene has.
    """
    number = np.array([int(name[1:]) for name in account_id.tolist()], dtype=np.int64)
    order = np.argsort(scene.accounts.number)
    place = np.searchsorted(scene.accounts.number, number, sorter=order)
    account = order[np.minimum(place, len(order) - 1)]
    strange = scene.accounts.number[account] != number
    if strange.any():
        raise ValueError(f"the world has no account {account_id[strange][0]}")
    return LimitOrders(account, to_minor, close_increases)


def ordered_changes(scene: Scene, standing: Standing, orders: LimitOrders) -> LimitChanges:
    """The changes that the orders make of accounts that are still there and move."""
    there = standing.status[orders.account] != CLOSED
    there &= ~churners(scene, standing)[orders.account]
    moved = there & (orders.to_minor != standing.limit[orders.account])
    account = orders.account[moved]
    first_day_us = scene.calendar.first_us(standing.month + 1)
    return LimitChanges(
        account=account,
        from_minor=standing.limit[account],
        to_minor=orders.to_minor[moved],
        reason=np.full(len(account), DECIDED),
        propensity=np.full(len(account), np.nan),
        event_us=np.full(len(account), first_day_us + _EFFECTIVE_HOURS * HOUR_US),
    )


def with_increases_closed(standing: Standing, orders: LimitOrders) -> Standing:
    """The standing with the open accounts of the orders closed to increases, for a probation."""
    account = orders.account[orders.close_increases]
    account = account[standing.status[account] == OPEN]
    status, thawed = standing.status.copy(), standing.thawed.copy()
    status[account], thawed[account] = INCREASES_CLOSED, standing.month + 1
    return replace(standing, status=status, thawed=thawed)
