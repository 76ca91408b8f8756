"""The reasons really used, for each decision, also for a limit that was not raised."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from credit_limits.domain.decision import Action, ReasonCode
from credit_limits.policy.account_changes import CHANGE_REASONS, STATE_CAUSES
from credit_limits.policy.initial_limits import INITIAL_REASONS
from credit_limits.policy.permission import RULE_ORDER, Permissions
from credit_limits.policy.portfolio import Flags, Floats, Integers

Codes: TypeAlias = npt.NDArray[np.int64]

ACTIONS = tuple(Action)
REASONS = tuple(ReasonCode)
MOST_REASONS = 4
MOST_ACTIONS = 6
BESIDE_THE_LIMIT: tuple[Action, ...] = (
    Action.REFER,
    Action.FREEZE,
    Action.UNFREEZE,
    Action.EXTEND_TERM,
    Action.CLOSE_INCREASES,
    Action.REOPEN_INCREASES,
    Action.CHANGE_RATE,
)
"""What a decision may do beside the limit, the weightiest first."""
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
    """All that is done to each account: shape (N, 6), places in :data:`ACTIONS`.

    A move of the limit comes first, then what is done to state, term and rate, in the order of
    :data:`BESIDE_THE_LIMIT`; an account to which nothing is done is held. The first is the action
    that a decision is known by. Places that are not used are :data:`NONE`.
    """
    changes = permissions.changes
    done = {
        Action.INCREASE: choices.raised,
        Action.DECREASE: choices.lowered,
        Action.REFER: changes.referred,
        Action.FREEZE: changes.frozen,
        Action.UNFREEZE: changes.thawed,
        Action.EXTEND_TERM: changes.extension_months > 0,
        Action.CLOSE_INCREASES: permissions.close_months > 0,
        Action.REOPEN_INCREASES: changes.reopened,
        Action.CHANGE_RATE: ~np.isnan(changes.annual_rate),
    }
    done[Action.HOLD] = ~np.logical_or.reduce(list(done.values()))
    columns = [np.where(flags, ACTIONS.index(action), NONE) for action, flags in done.items()]
    return _first_of(columns, MOST_ACTIONS)


def change_reasons(permissions: Permissions) -> Codes:
    """Up to four reasons of what is done beside the limit, as :func:`reasons` has them."""
    masks = permissions.changes.reasons
    columns = [
        np.where(masks >> bit & 1, REASONS.index(reason), NONE)
        for bit, reason in enumerate(CHANGE_REASONS)
    ]
    return _first_of(columns, MOST_REASONS)


def state_causes(permissions: Permissions) -> Codes:
    """What brought the state about or keeps it: shape (N, C), places in :data:`REASONS`."""
    masks = permissions.changes.causes
    return np.column_stack(
        [
            np.where(masks >> bit & 1, REASONS.index(cause), NONE)
            for bit, cause in enumerate(STATE_CAUSES)
        ]
    )


def reasons(choices: Choices, permissions: Permissions) -> Codes:
    """Up to four reasons an account, strongest first: shape (N, 4), places in :data:`REASONS`.

    What moved the limit comes first, then the rules that forbid a raise. A first limit says that
    it is one, and what of its customer is not known. A limit that no rule
    kept from rising says why it did not: the portfolio's cap (it would have been raised were the
    caps free), no room, no profit, or that today's limit is already the best. Places that are
    not used are :data:`NONE`.
    """
    first, second = _causes(choices, permissions)
    columns = [first, second, *_missing_of_first(choices, permissions)]
    columns += [np.where(permissions.has(rule), REASONS.index(rule), NONE) for rule in RULE_ORDER]
    return _first_of(columns, MOST_REASONS)


def _missing_of_first(choices: Choices, permissions: Permissions) -> list[Codes]:
    """What is not known of the customer, for each first limit that is given."""
    given = np.where(choices.raised, permissions.initial, 0)
    return [
        np.where(given >> bit & 1, REASONS.index(reason), NONE)
        for bit, reason in enumerate(INITIAL_REASONS)
        if reason is not ReasonCode.INITIAL_LIMIT
    ]


def _first_of(columns: Sequence[Codes], most: int) -> Codes:
    """The first ``most`` codes of each row that are there, each once: shape (N, ``most``)."""
    count = len(columns[0])
    table: Codes = np.full((count, most), NONE, dtype=np.int64)
    used = np.zeros(count, dtype=np.int64)
    for column in columns:
        rows = np.flatnonzero((column != NONE) & (used < most))
        rows = rows[(table[rows] != column[rows, None]).all(axis=1)]
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
    late = [ReasonCode.HARDSHIP, ReasonCode.SERIOUSLY_OVERDUE]
    overdue = np.select(
        [permissions.has(reason) for reason in late],
        [np.full(len(to), REASONS.index(reason)) for reason in late],
        REASONS.index(ReasonCode.OVERDUE),
    )
    further = np.where(free < kept, by_loss, by_cap)
    initial = permissions.initial != 0
    risen = np.where(
        initial,
        REASONS.index(ReasonCode.INITIAL_LIMIT),
        REASONS.index(ReasonCode.PROFITABLE_INCREASE),
    )
    first = np.select(
        [choices.raised, choices.lowered & forced, choices.lowered, ~ruled_out],
        [
            risen,
            overdue,
            further,
            _not_raised(choices, initial),
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


def _not_raised(choices: Choices, initial: Flags) -> Codes:
    return np.select(
        [
            choices.unconstrained_minor > choices.from_minor,
            ~choices.can_rise,
            initial,
            choices.rise_gain_minor <= 0,
        ],
        [
            REASONS.index(ReasonCode.PORTFOLIO_CAP),
            REASONS.index(ReasonCode.LIMIT_AT_CAP),
            REASONS.index(ReasonCode.INITIAL_LIMIT_NOT_COVERED),
            REASONS.index(ReasonCode.NOT_PROFITABLE),
        ],
        REASONS.index(ReasonCode.ALREADY_BEST),
    )
