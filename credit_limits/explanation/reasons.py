"""The reasons really used, for each decision, also for a limit that was not raised."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from credit_limits.domain.decision import Action, ReasonCode
from credit_limits.policy.permission import RULE_ORDER, Permissions
from credit_limits.policy.portfolio import Flags, Floats, Integers

Codes: TypeAlias = npt.NDArray[np.int64]

ACTIONS = tuple(Action)
REASONS = tuple(ReasonCode)
MOST_REASONS = 4
NONE = -1
"""Place of a reason that is not there."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What was chosen for N accounts, and what it is explained from. Amounts in minor units.

    ``unconstrained_minor`` is the limit each account would have if the portfolio's caps cost
    nothing. ``can_rise`` says whether any candidate above today's limit was permitted, and
    ``rise_gain_minor`` what the best of them would earn beyond today's limit, before the cost of
    a change.
    """

    from_minor: Integers
    to_minor: Integers
    unconstrained_minor: Integers
    can_rise: Flags
    rise_gain_minor: Floats

    @property
    def raised(self) -> Flags:
        """Which limits go up."""
        return np.asarray(self.to_minor > self.from_minor)

    @property
    def lowered(self) -> Flags:
        """Which limits go down."""
        return np.asarray(self.to_minor < self.from_minor)


def actions(choices: Choices, permissions: Permissions) -> Codes:
    """The action of each account, as a place in :data:`ACTIONS`.

    A cut may close raises as well; the action is then the cut.
    """
    held = np.where(
        permissions.close_months > 0,
        ACTIONS.index(Action.CLOSE_INCREASES),
        ACTIONS.index(Action.HOLD),
    )
    moved = np.where(choices.raised, ACTIONS.index(Action.INCREASE), ACTIONS.index(Action.DECREASE))
    return np.where(choices.raised | choices.lowered, moved, held)


def reasons(choices: Choices, permissions: Permissions) -> Codes:
    """Up to four reasons an account, strongest first: shape (N, 4), places in :data:`REASONS`.

    What moved the limit comes first, then the rules that forbid a raise. A limit that no rule
    kept from rising says why it did not: the portfolio's cap (it would have been raised were the
    caps free), no room, no profit, or that today's limit is already the best. Places that are
    not used are :data:`NONE`.
    """
    first, second = _causes(choices, permissions)
    table: Codes = np.full((len(first), MOST_REASONS), NONE, dtype=np.int64)
    used = np.zeros(len(first), dtype=np.int64)
    columns = [first, second]
    columns += [np.where(permissions.has(rule), REASONS.index(rule), NONE) for rule in RULE_ORDER]
    for column in columns:
        new = (column != NONE) & (used < MOST_REASONS) & (table != column[:, None]).all(axis=1)
        rows = np.flatnonzero(new)
        table[rows, used[rows]] = column[rows]
        used[rows] += 1
    return table


def driven_by_risk(reason_table: Codes) -> Flags:
    """Whose strongest reason rests on the model's probability, so that its inputs are named."""
    about_risk = [
        REASONS.index(reason)
        for reason in (ReasonCode.RISK_TOO_HIGH, ReasonCode.LOSS_EXCEEDS_REVENUE)
    ]
    return np.isin(reason_table[:, 0], about_risk)


def strongest_features(contributions: Floats, most: int = MOST_REASONS) -> Codes:
    """The features that raise the risk most, strongest first: shape (N, ``most``).

    ``contributions``, shape (N, F), is what each feature adds to the log odds of default. Places
    are columns of it; features that do not raise the risk are :data:`NONE`.
    """
    order = np.argsort(-contributions, axis=1, kind="stable")[:, :most]
    raising = np.take_along_axis(contributions, order, axis=1) > 0
    return np.where(raising, order, NONE)


def _causes(choices: Choices, permissions: Permissions) -> tuple[Codes, Codes]:
    """The first and second reason that is no rule, or the rule that forced a cut."""
    today, to, free = choices.from_minor, choices.to_minor, choices.unconstrained_minor
    forced = permissions.cap_minor < today
    kept = np.minimum(permissions.cap_minor, today)
    ruled_out = permissions.reasons != 0
    by_loss, by_cap = (
        REASONS.index(ReasonCode.LOSS_EXCEEDS_REVENUE),
        REASONS.index(ReasonCode.PORTFOLIO_CAP),
    )
    overdue = np.where(
        permissions.has(ReasonCode.SERIOUSLY_OVERDUE),
        REASONS.index(ReasonCode.SERIOUSLY_OVERDUE),
        REASONS.index(ReasonCode.OVERDUE),
    )
    further = np.where(free < kept, by_loss, by_cap)
    first = np.select(
        [choices.raised, choices.lowered & forced, choices.lowered, ~ruled_out],
        [
            np.full(len(to), REASONS.index(ReasonCode.PROFITABLE_INCREASE)),
            overdue,
            further,
            _not_raised(choices),
        ],
        NONE,
    )
    second = np.select(
        [choices.raised & (free > to), choices.lowered & forced & (to < kept)],
        [np.full(len(to), by_cap), further],
        NONE,
    )
    pushed = choices.lowered & ~forced & (free < kept) & (to < free)
    return first, np.where(pushed, by_cap, second)


def _not_raised(choices: Choices) -> Codes:
    return np.select(
        [
            choices.unconstrained_minor > choices.from_minor,
            ~choices.can_rise,
            choices.rise_gain_minor <= 0,
        ],
        [
            REASONS.index(ReasonCode.PORTFOLIO_CAP),
            REASONS.index(ReasonCode.LIMIT_AT_CAP),
            REASONS.index(ReasonCode.NOT_PROFITABLE),
        ],
        REASONS.index(ReasonCode.ALREADY_BEST),
    )
