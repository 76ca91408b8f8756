"""What a cycle's page says, as values: filled from the ledger and the lake, then rendered.

Money is in minor units, shares are 0 to 1, times are UTC. ``None`` means that the ledger holds
nothing of the kind yet; the page says so instead of leaving a gap.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from tidegate.adapters.cycle_report_decisions import Decisions
from tidegate.adapters.cycle_report_model import (
    GateVerdict,
    LaunchCycle,
    ModelComparison,
    OverrideLine,
)
from tidegate.adapters.cycle_report_quality import BatchQuality
from tidegate.adapters.cycle_report_response import LimitResponseTold
from tidegate.adapters.cycle_report_watch import Drift

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
    ``limit_response`` is what a higher limit does, as measured and as used.
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
    limit_response: LimitResponseTold | None = None
