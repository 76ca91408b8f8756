"""What a cycle's page says, as values: filled from the ledger and the lake, then rendered.

Money is in minor units, shares are 0 to 1, times are UTC. ``None`` means that the ledger holds
nothing of the kind yet; the page says so instead of leaving a gap.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from credit_limits.domain.decision import Action

DAYS_PAST_DUE_BUCKETS = ("not past due", "1 to 29", "30 to 59", "60 to 89", "90 and more")


@dataclass(frozen=True, slots=True)
class ProductStanding:
    """The open accounts of one product as they were known at the date of the cycle.

    ``with_statement`` counts those with a statement that is not too old; ``balance_minor`` and
    ``past_due`` (accounts in each of :data:`DAYS_PAST_DUE_BUCKETS`) are over these alone.
    """

    product: str
    accounts: int
    limit_minor: int
    with_statement: int
    balance_minor: int
    limit_with_statement_minor: int
    past_due: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.past_due) != len(DAYS_PAST_DUE_BUCKETS):
            raise ValueError(f"{self.product}: {len(self.past_due)} counts of days past due")
        if sum(self.past_due) != self.with_statement:
            raise ValueError(f"{self.product}: days past due do not add up to its statements")

    @property
    def utilization_ratio(self) -> float | None:
        """Balance over limit of the accounts with a statement; ``None`` where there is no limit."""
        if self.limit_with_statement_minor == 0:
            return None
        return self.balance_minor / self.limit_with_statement_minor


@dataclass(frozen=True, slots=True)
class TableQuality:
    """Rows of one table of a batch; what was read was accepted or quarantined."""

    table: str
    read: int
    accepted: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """One row that was put aside: where it stood and which rule it broke.

    ``record`` is what names it in its file, such as ``ID=3``; empty where nothing does.
    """

    table: str
    line: str
    record: str
    column: str
    value: str
    rule: str


@dataclass(frozen=True, slots=True)
class FailedExpectation:
    """An expectation of a table's contract that a batch did not meet."""

    table: str
    expectation: str
    observed: str


@dataclass(frozen=True, slots=True)
class BatchQuality:
    """One batch that came in.

    ``refusal`` says why the whole of it was refused, if it was; ``assumptions`` what the mapping of
    its source takes for granted.
    """

    batch_id: str
    source: str
    received: datetime
    refusal: str | None
    rows_read: int
    rows_accepted: int
    rows_quarantined: int
    tables: tuple[TableQuality, ...]
    expectations: int
    failed: tuple[FailedExpectation, ...]
    examples: tuple[QuarantinedRow, ...]
    assumptions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with the bounds of its bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure of the challenger, beside the champion's where there was one."""

    figure: str
    challenger: Interval
    champion: Interval | None


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """Figures over folds of all labelled rows, where there is one cohort."""

    folds: int
    rows: int
    figures: tuple[FigureRow, ...]


@dataclass(frozen=True, slots=True)
class ModelComparison:
    """The version that was judged and the one it would replace, each on its own test rows.

    ``default_rate`` is that of all labelled rows.
    """

    model_name: str
    challenger: str
    champion: str | None
    rows_train: int
    rows_test: int
    default_rate: float
    figures: tuple[FigureRow, ...]
    cross_validation: CrossValidation | None


@dataclass(frozen=True, slots=True)
class GateFigure:
    """A figure of a check with its bounds, ``(sign, threshold)``; no bound, and it only informs.

    ``measured`` is ``None`` where there was no evidence.
    """

    name: str
    measured: float | None
    bounds: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class GateCheck:
    """One check of the gate chain: its figures against their thresholds, and what it says.

    ``dispensed``: it has not passed, and the policy does without it until a day. ``overridden``:
    it refused, and people answer for that until a day.
    """

    check: str
    passed: bool
    figures: tuple[GateFigure, ...]
    message: str
    dispensed: bool = False
    overridden: bool = False

    @property
    def bounded(self) -> tuple[GateFigure, ...]:
        """The figures that decide."""
        return tuple(figure for figure in self.figures if figure.bounds)

    @property
    def informing(self) -> tuple[GateFigure, ...]:
        """The figures that were measured beside them."""
        return tuple(figure for figure in self.figures if not figure.bounds)


@dataclass(frozen=True, slots=True)
class OverrideLine:
    """An override that held at the cycle: of which check and version, by whom, until when, why."""

    check: str
    version: str
    by: tuple[str, ...]
    until: date
    reason: str


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """The verdict over a model version. ``certificate_digest`` is there only where it cleared."""

    model_name: str
    version: str
    cleared: bool
    checks: tuple[GateCheck, ...]
    certificate_digest: str | None
    thresholds_version: str

    @property
    def passed(self) -> int:
        """How many checks were passed."""
        return sum(check.passed for check in self.checks)


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

    @property
    def otherwise(self) -> int:
        """Accounts whose limit stays while state, term or rate change or a person is asked."""
        return self.accounts - sum(self.count(action) for action in FIRST_TOLD)


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
    """One portfolio cap. ``price`` is what one more unit of it would earn, in the same money."""

    name: str
    cap: float
    used: float
    slack: float
    price: float


@dataclass(frozen=True, slots=True)
class Allocation:
    """The portfolio solution: expected profit found, the most that is possible, their gap."""

    value_minor: float
    bound_minor: float
    gap: float
    caps: tuple[CapUse, ...]


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
class Decisions:
    """The decisions of the cycle: of each account the last one.

    There is one batch, or one for each product that was decided by itself, oldest first.
    """

    batches: tuple[DecisionBatch, ...]
    total: DecisionGroup
    by_product: tuple[DecisionGroup, ...]
    by_grade: tuple[DecisionGroup, ...]
    largest_increases: tuple[Move, ...]
    largest_decreases: tuple[Move, ...]
    bands: tuple[LimitBand, ...]
    reasons: tuple[ReasonCount, ...]

    @property
    def model_version(self) -> str:
        """The version that made the newest batch."""
        return self.batches[-1].model_version


@dataclass(frozen=True, slots=True)
class DriftColumn:
    """One watched column: population stability index and share of nulls, then and now.

    ``psi`` is ``None`` where the column is absent. ``finding`` says what moved, if anything, or why
    the policy does not judge it.
    """

    name: str
    psi: float | None
    null_share_reference: float
    null_share_now: float
    level: str
    finding: str


@dataclass(frozen=True, slots=True)
class FirstMisses:
    """Accounts that were current a month before and are past due, up to ``month_end``.

    Over ``months``, one or two together, ``past_due`` of ``accounts`` are: the ``share``, held
    against ``reference_share`` of the ``reference_months`` before; ``p_value`` is the chance of so
    high a share where nothing has changed. These are ``None`` where it was not judged, and
    ``finding`` says why.
    """

    level: str
    month_end: date | None
    months: int
    accounts: int
    past_due: int
    share: float | None
    reference_share: float | None
    reference_months: int
    p_value: float | None
    finding: str

    @property
    def judged(self) -> bool:
        """Whether there were months and accounts enough."""
        return self.p_value is not None


@dataclass(frozen=True, slots=True)
class MaturedLine:
    """A group of matured decisions: observed against expected defaults.

    ``ratio`` is observed over expected with its 95 % interval; what is ``None`` was not measured.
    """

    name: str
    accounts: int
    defaults: int
    expected: float
    ratio: float | None
    low: float | None
    high: float | None
    level: str


@dataclass(frozen=True, slots=True)
class DecidedShift:
    """Shares of actions or limits of a group against earlier batches.

    ``effect`` is PSI beyond the noise of sampling, never below 0.
    """

    group: str
    measure: str
    accounts: int
    effect: float
    p_corrected: float
    level: str


@dataclass(frozen=True, slots=True)
class SwapLine:
    """The swap set of a group: who is raised or cut by one version alone.

    Differences are launching less champion, in minor units, profit and loss a year.
    """

    name: str
    accounts: int
    raised_by_launching: int
    raised_by_champion: int
    cut_by_launching: int
    cut_by_champion: int
    expected_profit_minor: float
    expected_loss_minor: float
    exposure_minor: float


@dataclass(frozen=True, slots=True)
class LaunchCycle:
    """What a cycle did for a version that launches.

    ``lines`` are what happened to it, in words; ``swap_set`` is there in shadow.
    """

    version: str
    step: str
    lines: tuple[str, ...]
    swap_set: tuple[SwapLine, ...]


@dataclass(frozen=True, slots=True)
class BrakeLine:
    """What happened to a brake: applied, released or open, and the brake in a few words."""

    state: str
    name: str


@dataclass(frozen=True, slots=True)
class Drift:
    """The drift verdict, worst columns first; ``report`` names Evidently's page beside this one.

    ``report`` is empty where no page was made. ``columns_watched`` counts all columns,
    ``columns_moved`` those at notice or alarm. ``first_misses`` is ``None`` where the watch is of
    a time when they were not watched. ``matured`` are groups
    of matured decisions, all accounts first, ``decided`` how decisions shifted against the batches
    before. ``taken_back`` says what became of a champion that broke its bounds, empty for nothing.
    """

    level: str
    report: str
    rows: int
    columns_watched: int
    columns_moved: int
    worst: tuple[DriftColumn, ...]
    first_misses: FirstMisses | None
    brakes: tuple[BrakeLine, ...]
    matured: tuple[MaturedLine, ...] = ()
    decided: tuple[DecidedShift, ...] = ()
    taken_back: str = ""


NOT_JUDGED = "not judged"
"""Level of a column that is measured and that the policy does not judge."""


class Standing(StrEnum):
    """What may be said of the model behind the decisions."""

    CERTIFIED = "certified"
    REFUSED = "refused by the gate"
    NOT_JUDGED = "not judged yet"


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """An entry of the ledger that the page was written from."""

    sequence: int
    time: datetime
    kind: str
    actor: str
    digest: str


@dataclass(frozen=True, slots=True)
class Lineage:
    """What makes the cycle reproducible: named facts, table versions, ledger entries."""

    facts: tuple[tuple[str, str], ...]
    data_versions: tuple[tuple[str, int], ...]
    entries: tuple[LedgerLine, ...]


@dataclass(frozen=True, slots=True)
class CycleReport:
    """One cycle, whole. ``refusal`` says why no limit was decided, where a run refused to.

    ``launch`` is ``None`` where no version launches.
    ``overrides`` are those that enough people had signed and that had not ended by then.
    """

    as_of: date
    standing: Standing
    refusal: str | None
    portfolio: tuple[ProductStanding, ...]
    batches: tuple[BatchQuality, ...]
    comparison: ModelComparison | None
    gate: GateVerdict | None
    decisions: Decisions | None
    drift: Drift | None
    lineage: Lineage
    launch: LaunchCycle | None = None
    overrides: tuple[OverrideLine, ...] = ()
