"""What a decision does to an account beside its limit: its state, its term, its rate, a person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from credit_limits.domain.account import AccountStatus
from credit_limits.domain.decision import ReasonCode
from credit_limits.policy.portfolio import STATUSES, Days, Flags, Floats, Integers

STATE_CAUSES: tuple[ReasonCode, ...] = (
    ReasonCode.ACCOUNT_TAKEOVER,
    ReasonCode.SERIOUSLY_OVERDUE,
    ReasonCode.OVERDUE,
    ReasonCode.HARDSHIP,
    ReasonCode.LINKED_RISK,
    ReasonCode.LOAN_APPLICATION_BURST,
    ReasonCode.DEVICE_CHANGE_BURST,
    ReasonCode.LOGIN_ANOMALY,
    ReasonCode.SPENDING_ANOMALY,
    ReasonCode.PERSISTENT_DEBT,
)
"""What closes increases or freezes an account; bit k of a mask is cause k."""

CHANGE_REASONS: tuple[ReasonCode, ...] = (
    ReasonCode.HUMAN_REVIEW_ONLY,
    ReasonCode.FREEZE_CONFLICT,
    ReasonCode.FREEZE_EXPIRED,
    *STATE_CAUSES,
    ReasonCode.BACKUP_REPAYMENT_SOURCE,
    ReasonCode.CAUSE_GONE,
    ReasonCode.RATE_ABOVE_LEGAL,
    ReasonCode.RATE_OF_GRADE,
)
"""Reasons of what is done beside the limit, strongest first; bit k of a mask is reason k."""


def mask_of(codes: Iterable[ReasonCode], order: tuple[ReasonCode, ...]) -> int:
    """The mask with the bits of these codes.

    >>> mask_of([ReasonCode.ACCOUNT_TAKEOVER, ReasonCode.OVERDUE], STATE_CAUSES)
    5
    """
    return sum(1 << order.index(code) for code in set(codes))


def masks_of(
    flags: Mapping[ReasonCode, Flags], order: tuple[ReasonCode, ...], count: int
) -> Integers:
    """The mask of each of N accounts."""
    total: Integers = np.zeros(count, dtype=np.int64)
    for reason, held in flags.items():
        total |= np.where(held, 1 << order.index(reason), 0)
    return total


def codes_of(mask: int, order: tuple[ReasonCode, ...]) -> tuple[ReasonCode, ...]:
    """The codes of a mask, in their order."""
    return tuple(code for bit, code in enumerate(order) if mask >> bit & 1)


@dataclass(frozen=True, slots=True)
class AccountChange:
    """What becomes of one account beside its limit.

    ``state`` is the state from now on, ``since`` the day it began, ``causes`` what brought it
    about or keeps it. ``extension_months`` is 0 where the term stays, ``annual_rate`` ``None``
    where the rate stays. ``reasons`` belong to what is done here, strongest first.

    Raises ``ValueError`` for an extension of less than nothing and a rate that is none.
    """

    state: AccountStatus
    since: date | None
    causes: tuple[ReasonCode, ...]
    frozen: bool
    thawed: bool
    reopened: bool
    referred: bool
    extension_months: int
    annual_rate: float | None
    reasons: tuple[ReasonCode, ...]

    def __post_init__(self) -> None:
        if self.extension_months < 0:
            raise ValueError("a term cannot be extended by less than nothing")
        if self.annual_rate is not None and not 0.0 <= self.annual_rate <= 1.0:
            raise ValueError(f"{self.annual_rate} is not an annual rate")
        if self.frozen and not self.causes:
            raise ValueError("a freeze without a cause")


@dataclass(frozen=True, slots=True)
class AccountChanges:
    """:class:`AccountChange` of N accounts.

    ``state`` are places in ``STATUSES``, ``causes`` masks over :data:`STATE_CAUSES`, ``reasons``
    masks over :data:`CHANGE_REASONS`; ``since`` is NaT where not known, ``annual_rate`` NaN where
    the rate stays. ``frozen``, ``thawed`` and ``reopened`` are those whom this decision moves.
    """

    state: Integers
    since: Days
    causes: Integers
    frozen: Flags
    thawed: Flags
    reopened: Flags
    referred: Flags
    extension_months: Integers
    annual_rate: Floats
    reasons: Integers

    def one(self, index: int) -> AccountChange:
        """The change of one account."""
        since, rate = self.since[index], self.annual_rate[index]
        return AccountChange(
            state=STATUSES[self.state[index]],
            since=None if np.isnat(since) else since.astype(object),
            causes=codes_of(int(self.causes[index]), STATE_CAUSES),
            frozen=bool(self.frozen[index]),
            thawed=bool(self.thawed[index]),
            reopened=bool(self.reopened[index]),
            referred=bool(self.referred[index]),
            extension_months=int(self.extension_months[index]),
            annual_rate=None if np.isnan(rate) else float(rate),
            reasons=codes_of(int(self.reasons[index]), CHANGE_REASONS),
        )
