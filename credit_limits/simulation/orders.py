"""What somebody outside the world has decided of accounts, and what becomes of it inside."""

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from credit_limits.simulation.calendar import HOUR_US
from credit_limits.simulation.columns import Flags, Floats, Ints
from credit_limits.simulation.past_policy import DECIDED, LimitChanges
from credit_limits.simulation.portfolio import (
    CLOSED,
    FROZEN,
    INCREASES_CLOSED,
    OPEN,
    Scene,
    Standing,
    churners,
)

_EFFECTIVE_HOURS = 2


def _nobody() -> Ints:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class AccountOrders:
    """What is ordered beside limits. Accounts are positions in the scene.

    ``freeze``, ``unfreeze`` and ``reopen`` are accounts; the term of ``extend[i]`` is extended by
    ``extension_months[i]``, and ``rate[i]`` bears ``annual_rate[i]`` from then on. A frozen
    account spends nothing, an extended one owes half the minimum payment. ``ValueError`` where
    lengths differ or an amount is none.
    """

    freeze: Ints = field(default_factory=_nobody)
    unfreeze: Ints = field(default_factory=_nobody)
    reopen: Ints = field(default_factory=_nobody)
    extend: Ints = field(default_factory=_nobody)
    extension_months: Ints = field(default_factory=_nobody)
    rate: Ints = field(default_factory=_nobody)
    annual_rate: Floats = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        pairs = ((self.extend, self.extension_months), (self.rate, self.annual_rate))
        if any(len(account) != len(value) for account, value in pairs):
            raise ValueError("orders of different lengths")
        if (self.extension_months < 1).any():
            raise ValueError("a term extended by nothing")
        if not ((self.annual_rate >= 0) & (self.annual_rate <= 1)).all():
            raise ValueError("an annual rate outside 0 to 1")


@dataclass(frozen=True, slots=True)
class LimitOrders:
    """Decisions on accounts, one value a decision; they take effect on the next month's first day.

    ``account`` is a position in the scene, each at most once; ``to_minor`` the limit from then
    on, minor units, not negative; ``close_increases`` whether the account is to be closed to
    increases; ``beside`` what is ordered of any account beside its limit. ``ValueError`` where the
    first three do not fit together.
    """

    account: Ints
    to_minor: Ints
    close_increases: Flags
    beside: AccountOrders = field(default_factory=AccountOrders)

    def __post_init__(self) -> None:
        if not len(self.account) == len(self.to_minor) == len(self.close_increases):
            raise ValueError("orders of different lengths")
        if len(np.unique(self.account)) < len(self.account):
            raise ValueError("an account with two orders")
        if (self.to_minor < 0).any():
            raise ValueError("a limit below zero")


def positions_of(scene: Scene, account_id: npt.NDArray[np.str_]) -> Ints:
    """Positions in the scene of accounts named as the tables do, by ids such as ``A00000012``.

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
    return account


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


def with_orders(standing: Standing, orders: LimitOrders) -> Standing:
    """The standing with states, terms and rates as ordered.

    Open accounts are closed to increases for a probation. A freeze that was ordered lasts until it
    is ordered to end, and leads into a probation; of an account that the lender froze for its
    arrears the lender decides.
    """
    beside, status, thawed = orders.beside, standing.status.copy(), standing.thawed.copy()
    held, extended_to = standing.held_frozen.copy(), standing.extended_to.copy()
    rate = standing.annual_rate.copy()
    reopened = beside.reopen[status[beside.reopen] == INCREASES_CLOSED]
    status[reopened] = OPEN
    released = beside.unfreeze[held[beside.unfreeze] & (status[beside.unfreeze] == FROZEN)]
    closed = orders.account[orders.close_increases]
    probation = np.concatenate([closed[status[closed] == OPEN], released])
    status[probation], thawed[probation] = INCREASES_CLOSED, standing.month + 1
    frozen = beside.freeze[status[beside.freeze] != CLOSED]
    status[frozen], held[released], held[frozen] = FROZEN, False, True
    extended_to[beside.extend] = standing.month + beside.extension_months
    rate[beside.rate] = beside.annual_rate
    return replace(
        standing,
        status=status,
        thawed=thawed,
        held_frozen=held,
        extended_to=extended_to,
        annual_rate=rate,
    )
