"""What a rehearsal leaves behind: values that a report draws and a file keeps.

Money is in minor units. Where a rehearsal was lived with several seeds, the figures of months,
groups and cohorts are means over them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from credit_limits.rehearsal.actions import GradeActions
from credit_limits.rehearsal.plain import built, plain_of


class EventKind(StrEnum):
    """What happened on the time line of a rehearsal."""

    SHOCK = "shock"
    LAUNCH = "launch"
    PROMOTION = "promotion"
    REFUSAL = "refusal"
    NOTICE = "notice"
    ALARM = "alarm"
    BRAKE_ON = "brake_on"
    BRAKE_OFF = "brake_off"
    RETRAINING = "retraining"
    BATCH_REFUSED = "batch_refused"
    QUARANTINE = "quarantine"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in the month that ended on ``month_end``, in a sentence."""

    month_end: date
    kind: EventKind
    text: str


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure with the bounds that hold it in 95 of 100 cases, ``low`` <= ``high``.

    The bounds are over seeds where there are several, else over customers (bootstrap).
    """

    value: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise ValueError(f"bounds {self.low} to {self.high} are not in order")


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """The portfolio of one policy in one month.

    ``accounts`` have a statement; ``limit_minor`` and ``balance_minor``
    are their sums, ``d30_share`` and ``d90_share`` the share of that balance that is 30 or more,
    90 or more, days past due. ``bad_debt_minor`` is what was owed by accounts that reached 90 days
    past due in the month, ``loss_minor`` that less what came back of earlier bad debt.
    ``funding_minor`` pays for the balances and keeps the undrawn limits ready. Costs are positive.
    """

    month_end: date
    accounts: int
    limit_minor: int
    balance_minor: int
    profit_minor: int
    interest_minor: int
    interchange_minor: int
    fees_minor: int
    funding_minor: int
    loss_minor: int
    change_cost_minor: int
    bad_debt_minor: int
    d30_share: float
    d90_share: float
    increases: int
    decreases: int

    def __post_init__(self) -> None:
        earned = self.interest_minor + self.interchange_minor + self.fees_minor
        spent = self.funding_minor + self.loss_minor + self.change_cost_minor
        if self.profit_minor != earned - spent:
            raise ValueError(
                f"profit of {self.month_end} is {self.profit_minor}, its parts make "
                f"{earned - spent}"
            )


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """One policy in one group over all months of the rehearsal.

    ``grouping`` is ``segment``, ``product`` or ``income`` (thirds of income at the hand-over).
    ``accounts`` had a statement in some month; ``mean_limit_minor`` is the mean over accounts and
    months; ``default_rate`` the share of those accounts that reached 90 days past due;
    ``welfare_minor`` what the group's customers gain, see
    :class:`~credit_limits.rehearsal.economics.WelfareEconomics`.
    """

    grouping: str
    name: str
    accounts: int
    mean_limit_minor: int
    profit_minor: int
    bad_debt_minor: int
    default_rate: float
    welfare_minor: int


@dataclass(frozen=True, slots=True)
class CohortFigures:
    """The accounts at risk at a month's end whose next six months were lived too.

    ``default_rate_6m`` is the share that reached 90 days past due within them,
    ``true_probability_6m`` the mean of what the world knew the chance to be.
    """

    month_end: date
    accounts: int
    default_rate_6m: float
    true_probability_6m: float


@dataclass(frozen=True, slots=True)
class PolicyResult:
    """One policy in one rehearsal, over all its months.

    ``profit``, ``bad_debt`` and ``profit_over_hold`` are minor units over the whole rehearsal;
    ``limit`` is the sum of limits, minor units, mean over the months; ``default_rate`` the share
    of accounts that reached 90 days past due. ``profit_over_hold`` is paired: the same customers
    and the same draws under both policies.
    """

    name: str
    title: str
    months: tuple[MonthFigures, ...]
    groups: tuple[GroupFigures, ...]
    cohorts: tuple[CohortFigures, ...]
    profit: Spread
    bad_debt: Spread
    limit: Spread
    default_rate: Spread
    profit_over_hold: Spread


@dataclass(frozen=True, slots=True)
class Score:
    """How the platform did in one respect.

    ``value`` and ``passed`` are None where the rehearsal has nothing to measure; ``text`` says
    what was found and, where it falls short, by how much.
    """

    name: str
    value: float | None
    unit: str
    target: str
    passed: bool | None
    text: str


@dataclass(frozen=True, slots=True)
class CapUse:
    """A portfolio cap in one month: ``used`` of ``cap``, with the shadow ``price`` of one unit.

    The unit is that of its ``measure``: minor units, or changes of limits.
    """

    month_end: date
    name: str
    cap: float
    used: float
    price: float
    measure: str = "exposure"

    @property
    def exceeded(self) -> bool:
        """Whether more was used than the cap allows."""
        return self.used > self.cap


@dataclass(frozen=True, slots=True)
class RehearsalResult:
    """All that a rehearsal found. ``months`` are those that the policies lived.

    ``shock_month_end`` is the end of the month in which the scenario departs from calm, None in
    calm itself. ``actions`` are what the platform did, by month and grade, over all worlds.
    """

    scenario: str
    title: str
    customers: int
    history_months: int
    months: int
    seeds: tuple[int, ...]
    shock_month_end: date | None
    policies: tuple[PolicyResult, ...]
    events: tuple[Event, ...]
    scores: tuple[Score, ...]
    cap_use: tuple[CapUse, ...]
    actions: tuple[GradeActions, ...]

    def policy_named(self, name: str) -> PolicyResult:
        """The policy of that name; ``ValueError`` listing the names where there is none."""
        for policy in self.policies:
            if policy.name == name:
                return policy
        names = ", ".join(policy.name for policy in self.policies)
        raise ValueError(f"no policy named {name} in this rehearsal; it has {names}")

    def to_plain(self) -> dict[str, Any]:
        """The result as JSON can hold it."""
        return dict(plain_of(self))

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "RehearsalResult":
        """The result of which :meth:`to_plain` made this; ``ValueError`` where it is not one."""
        return built(cls, plain)
