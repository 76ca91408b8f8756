"""What a cycle's page says of decisions: groups, moves, reasons, caps, and the rules of law."""

from dataclasses import dataclass
from datetime import date

from credit_limits.domain.decision import Action

FIRST_TOLD = (Action.INCREASE, Action.DECREASE, Action.HOLD, Action.CLOSE_INCREASES)
"""Actions that the page counts one by one by the first of what is done; others it adds up."""


@dataclass(frozen=True, slots=True)
class DecisionGroup:
    """Decisions of one product, grade or action: accounts by action, limits before and after.

    ``actions`` counts each account once, by the first of what is done to it; ``beside`` counts it
    under all that is done beside the limit.
    """

    name: str
    actions: tuple[tuple[str, int], ...]
    before_minor: int
    after_minor: int
    beside: tuple[tuple[str, int], ...] = ()

    @property
    def accounts(self) -> int:
        """Accounts decided in the group."""
        return sum(count for _, count in self.actions)

    def count(self, action: str) -> int:
        """Accounts of the group with this action first."""
        return dict(self.actions).get(action, 0)

    def done(self, action: Action) -> int:
        """Accounts of the group to which this was done, first or beside something else."""
        return max(self.count(action), dict(self.beside).get(action, 0))

    @property
    def otherwise(self) -> int:
        """Accounts whose limit stays while state, term or rate change or a person is asked."""
        return self.accounts - sum(self.count(action) for action in FIRST_TOLD)


@dataclass(frozen=True, slots=True)
class ScenarioShares:
    """Pay-later accounts of one grade: the share of their limits that each use may take.

    ``shares`` has every scenario with its sub-limits over the limits, 0 to 1.
    """

    name: str
    accounts: int
    shares: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Move:
    """One account's change of limit, with the sentence of its first reason."""

    account_id: str
    product: str
    grade: str
    from_minor: int
    to_minor: int
    reason: str


@dataclass(frozen=True, slots=True)
class LimitBand:
    """Accounts with a limit from ``low_minor`` up to, not including, ``high_minor``.

    The last band has no upper end (``high_minor`` is ``None``).
    """

    low_minor: int
    high_minor: int | None
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How often a reason was given: first of its decision, and anywhere in it."""

    code: str
    sentence: str
    first: int
    anywhere: int


@dataclass(frozen=True, slots=True)
class CapUse:
    """One portfolio cap, in the unit of its measure: minor units, or changes of limits.

    ``price`` is what one more unit of it would earn, in minor units.
    """

    name: str
    cap: float
    used: float
    slack: float
    price: float
    measure: str = "exposure"


@dataclass(frozen=True, slots=True)
class RatioUse:
    """One ratio row: the average of a group is at least ``ratio`` times that of its reference.

    Averages and slack in minor units an account; ``price`` is what one unit of slack costs.
    """

    name: str
    ratio: float
    average_minor: float
    reference_average_minor: float
    slack_minor: float
    price: float


@dataclass(frozen=True, slots=True)
class Allocation:
    """The portfolio solution: expected profit found, the most that is possible, their gap."""

    value_minor: float
    bound_minor: float
    gap: float
    caps: tuple[CapUse, ...]
    ratios: tuple[RatioUse, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleCount:
    """A rule of law in a batch: to how many accounts it applies, how many it touched.

    ``status`` says whether it could be evaluated and, if not, why.
    """

    rule_id: str
    description: str
    applies: int
    touched: int
    not_evaluated: int
    status: str


@dataclass(frozen=True, slots=True)
class RulesInForce:
    """The rule book that a batch was decided under."""

    version: str
    rules: tuple[RuleCount, ...]


@dataclass(frozen=True, slots=True)
class DecisionBatch:
    """A batch of decisions: what decided it, how many of it stand, how its caps were used.

    ``rule_book`` is ``None`` for a batch that was decided before there was one.
    """

    batch_id: str
    decisions: int
    model_version: str
    policy_version: str
    allocation: Allocation
    rule_book: RulesInForce | None = None


@dataclass(frozen=True, slots=True)
class DueLine:
    """Notices or reminders of a kind that go by the same day, ``None`` where no day is set."""

    kind: str
    due_by: date | None
    count: int


@dataclass(frozen=True, slots=True)
class SeenByCycle:
    """What a cycle had to decide about, as far as it says why an action did not occur.

    ``frozen`` and ``closed`` (to increases) are accounts before the cycle, of the frozen ones
    ``frozen_without_cause`` those whose books do not say for what; ``past_due`` and
    ``rates_known`` are accounts, ``incomes_changed`` customers with different incomes on record,
    ``tables`` those that the lake has.
    """

    frozen: int
    frozen_without_cause: int
    closed: int
    past_due: int
    rates_known: int
    incomes_changed: int
    tables: frozenset[str]


@dataclass(frozen=True, slots=True)
class Decisions:
    """The decisions of the cycle: of each account the last one.

    There is one batch, or one for each product that was decided by itself, oldest first.
    ``scenario_shares`` ends with the shares over all grades. ``due`` is what the outbox holds for
    them, the most pressing first. ``seen`` is what they were about.
    """

    batches: tuple[DecisionBatch, ...]
    total: DecisionGroup
    by_product: tuple[DecisionGroup, ...]
    by_grade: tuple[DecisionGroup, ...]
    largest_increases: tuple[Move, ...]
    largest_decreases: tuple[Move, ...]
    bands: tuple[LimitBand, ...]
    reasons: tuple[ReasonCount, ...]
    due: tuple[DueLine, ...]
    scenario_shares: tuple[ScenarioShares, ...] = ()
    seen: SeenByCycle | None = None

    @property
    def model_version(self) -> str:
        """The version that made the newest batch."""
        return self.batches[-1].model_version
