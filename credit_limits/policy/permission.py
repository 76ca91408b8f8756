"""What the rules leave to choose from: the outcome of eligibility, in bulk and for one account."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from credit_limits.domain.decision import ReasonCode
from credit_limits.policy.account_changes import AccountChange, AccountChanges, codes_of
from credit_limits.policy.initial_limits import INITIAL_REASONS
from credit_limits.policy.portfolio import Flags, Integers

if TYPE_CHECKING:
    from credit_limits.policy.rulebook_findings import RuleTouch

RULE_ORDER: tuple[ReasonCode, ...] = (
    ReasonCode.HUMAN_REVIEW_ONLY,
    ReasonCode.ACCOUNT_NOT_OPEN,
    ReasonCode.FREEZE_CONFLICT,
    ReasonCode.HARDSHIP,
    ReasonCode.SERIOUSLY_OVERDUE,
    ReasonCode.OVERDUE,
    ReasonCode.LINKED_RISK,
    ReasonCode.LOAN_APPLICATION_BURST,
    ReasonCode.DEVICE_CHANGE_BURST,
    ReasonCode.LOGIN_ANOMALY,
    ReasonCode.SPENDING_ANOMALY,
    ReasonCode.PERSISTENT_DEBT,
    ReasonCode.REVOLVING_DEBT,
    ReasonCode.INCREASES_CLOSED,
    ReasonCode.DECLINES_INCREASES,
    ReasonCode.RISK_TOO_HIGH,
    ReasonCode.AFFORDABILITY,
    ReasonCode.CUSTOMER_CAP,
    ReasonCode.LIMIT_AT_CAP,
    ReasonCode.THIN_FILE,
    ReasonCode.ON_TIME_STREAK_TOO_SHORT,
    ReasonCode.OBSERVATION_TOO_SHORT,
    ReasonCode.COOL_OFF,
    ReasonCode.INACTIVE,
    ReasonCode.SPENDING_TOO_SMALL,
    ReasonCode.SPENDING_CONCENTRATED,
    ReasonCode.RATE_ABOVE_LEGAL,
    ReasonCode.CONSENT_MISSING,
    ReasonCode.PARTNER_LIMIT,
    ReasonCode.RULE_NOT_EVALUATED,
    ReasonCode.BRAKE_NO_INCREASES,
    ReasonCode.BRAKE_TIGHTEN_GRADES,
    ReasonCode.BRAKE_SLOW_INCREASES,
)
"""Every rule that can forbid a raise, strongest first; bit k of a mask is rule k."""


@dataclass(frozen=True, slots=True)
class Permission:
    """What one account's limit may become: from ``floor_minor`` to ``cap_minor``, both included.

    A cap above today's limit permits a raise, one below it forces a cut. ``reasons`` are the
    rules that forbid a raise, strongest first. ``close_months`` is for how long raises are closed
    from now on, 0 for not. ``change`` is what becomes of the account beside its limit. ``rules``
    names the rules of the rule book that keep the limit from rising, each with the columns that
    decided. ``initial`` says why a first limit is what it is, for an account that has none yet.
    """

    floor_minor: int
    cap_minor: int
    reasons: tuple[ReasonCode, ...]
    close_months: int
    change: AccountChange
    rules: tuple[str, ...] = ()
    initial: tuple[ReasonCode, ...] = ()


@dataclass(frozen=True, slots=True)
class Permissions:
    """:class:`Permission` of N accounts; ``reasons`` as masks over :data:`RULE_ORDER`.

    ``initial`` are masks over ``INITIAL_REASONS``, 0 for an account that has, or had, a limit.
    ``rules`` holds every rule of the rule book with the accounts that it keeps from rising.
    """

    floor_minor: Integers
    cap_minor: Integers
    reasons: npt.NDArray[np.uint64]
    close_months: Integers
    changes: AccountChanges
    initial: Integers
    rules: tuple["RuleTouch", ...] = ()

    def has(self, reason: ReasonCode) -> Flags:
        """Which accounts the rule of this reason forbids a raise."""
        bit = np.uint64(1 << RULE_ORDER.index(reason))
        return np.asarray((self.reasons & bit) != 0)

    def one(self, index: int) -> Permission:
        """The permission of one account."""
        mask = int(self.reasons[index])
        return Permission(
            int(self.floor_minor[index]),
            int(self.cap_minor[index]),
            tuple(reason for bit, reason in enumerate(RULE_ORDER) if mask >> bit & 1),
            int(self.close_months[index]),
            self.changes.one(index),
            tuple(rule.text_of(index) for rule in self.rules if rule.touched[index]),
            codes_of(int(self.initial[index]), INITIAL_REASONS),
        )
