"""What the gate chain judges: one value a check, measured before anyone judges it.

A check whose evidence could not be gathered has ``None`` here, and is refused. Evidence may hold
figures that are not finite, because that is what was measured; a check refuses those too.
"""

import math
from dataclasses import dataclass, fields, is_dataclass

from credit_limits.domain.digest import digest_of
from credit_limits.gates.decision_evidence import (
    DriftEvidence,
    FairnessEvidence,
    LimitResponseEvidence,
    PeopleEvidence,
    PolicyValueEvidence,
    PortfolioEvidence,
    WelfareEvidence,
)
from credit_limits.gates.measured import Interval, counts, part_of
from credit_limits.gates.result import timed

__all__ = [
    "BehaviourEvidence",
    "CalibrationEvidence",
    "DataEvidence",
    "DirectionTried",
    "DriftEvidence",
    "Evidence",
    "FairnessEvidence",
    "FirstChampion",
    "Interval",
    "LimitResponseEvidence",
    "PairedEvidence",
    "PeopleEvidence",
    "PerformanceEvidence",
    "PolicyValueEvidence",
    "PortfolioEvidence",
    "Shift",
    "StabilityEvidence",
    "TableSeen",
    "TechnicalEvidence",
    "TimeEvidence",
    "WelfareEvidence",
]


@dataclass(frozen=True, slots=True)
class TableSeen:
    """A table at the version that the model was trained on.

    ``rows`` it has; ``unvalidated_rows`` come from a batch with no passed validation in the
    ledger.
    """

    table: str
    version: int
    rows: int
    unvalidated_rows: int

    def __post_init__(self) -> None:
        counts(rows=self.rows, unvalidated_rows=self.unvalidated_rows)
        part_of(self.unvalidated_rows, self.rows)


@dataclass(frozen=True, slots=True)
class DataEvidence:
    """Check 1: every table that the model saw."""

    tables: tuple[TableSeen, ...]


@dataclass(frozen=True, slots=True)
class TimeEvidence:
    """Check 2: features and labels held against what was known on their day.

    ``recomputed_rows`` feature rows were computed again from the lake as of their cohort and
    compared with what training was served; ``differing_rows`` of them differ. Of ``labels``,
    ``labels_known_late`` could not be known when the model was trained.
    """

    recomputed_rows: int
    differing_rows: int
    labels: int
    labels_known_late: int

    def __post_init__(self) -> None:
        counts(
            recomputed_rows=self.recomputed_rows,
            differing_rows=self.differing_rows,
            labels=self.labels,
            labels_known_late=self.labels_known_late,
        )
        part_of(self.differing_rows, self.recomputed_rows)
        part_of(self.labels_known_late, self.labels)


@dataclass(frozen=True, slots=True)
class PerformanceEvidence:
    """Check 3: how well the score ranks the out-of-time rows. AUC and KS are shares, 0 to 1."""

    rows: int
    defaults: int
    auc: Interval
    ks: Interval

    def __post_init__(self) -> None:
        counts(rows=self.rows, defaults=self.defaults)
        part_of(self.defaults, self.rows)


@dataclass(frozen=True, slots=True)
class CalibrationEvidence:
    """Check 4: whether predicted probabilities are what happens, on the out-of-time rows.

    ``slope`` is that of the log-odds, 1 where right. ``brier_skill`` is 1 less the Brier score
    over that of always saying the default rate. ``excess_calibration_error`` is the expected
    calibration error less what sampling alone gives, over the default rate, at least 0.
    """

    rows: int
    default_rate: float
    predicted_over_observed: float
    slope: float
    brier: float
    brier_skill: float
    expected_calibration_error: float
    excess_calibration_error: float


@dataclass(frozen=True, slots=True)
class DirectionTried:
    """One input raised on real rows: how often the risk moved against the declared direction."""

    feature: str
    rows: int
    violations: int
    worst: float

    def __post_init__(self) -> None:
        counts(rows=self.rows, violations=self.violations)


@dataclass(frozen=True, slots=True)
class BehaviourEvidence:
    """Check 5: declared directions on real rows, and all days past due raised together."""

    directions: tuple[DirectionTried, ...]
    days_past_due: DirectionTried | None


@dataclass(frozen=True, slots=True)
class Shift:
    """How far one column moved: PSI, what sampling alone gives of it, whether it broke.

    ``broken``: the column is absent or has turned null.
    """

    column: str
    psi: float
    noise: float
    broken: bool


@dataclass(frozen=True, slots=True)
class StabilityEvidence:
    """Check 6: training against the out-of-time rows, and against today's portfolio."""

    rows_test: int
    rows_today: int
    score_test: Shift
    score_today: Shift
    inputs_test: tuple[Shift, ...]
    inputs_today: tuple[Shift, ...]


@dataclass(frozen=True, slots=True)
class FirstChampion:
    """Check 7 where the ledger knows no champion to compare with: said, not assumed."""

    promotions_in_ledger: int


@dataclass(frozen=True, slots=True)
class PairedEvidence:
    """Check 7: AUC of the candidate less that of the champion, on rows neither learnt from."""

    champion_version: str
    rows: int
    auc_candidate: float
    auc_champion: float
    auc_difference: Interval


@dataclass(frozen=True, slots=True)
class TechnicalEvidence:
    """Check 14: the registered artefact, loaded again.

    ``golden_rows_differing`` of ``golden_rows`` scored other than when they were stored, in any
    bit. ``figures_differing``: figures registered with the version that recomputing contradicts.
    ``schema_matches``: the feature service means what it meant in the training.
    """

    golden_rows: int
    golden_rows_differing: int
    figures_differing: int
    signature_present: bool
    schema_matches: bool
    seconds_per_1000_rows: float
    size_bytes: int

    def __post_init__(self) -> None:
        counts(
            golden_rows=self.golden_rows,
            golden_rows_differing=self.golden_rows_differing,
            figures_differing=self.figures_differing,
            seconds_per_1000_rows=self.seconds_per_1000_rows,
            size_bytes=self.size_bytes,
        )
        part_of(self.golden_rows_differing, self.golden_rows)


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the chain judges. ``absences``: (check, why) for what could not be gathered."""

    data: DataEvidence | None
    time: TimeEvidence | None
    performance: PerformanceEvidence | None
    calibration: CalibrationEvidence | None
    behaviour: BehaviourEvidence | None
    stability: StabilityEvidence | None
    challenger: FirstChampion | PairedEvidence | None
    fairness: FairnessEvidence | None
    limit_response: LimitResponseEvidence | None
    policy_value: PolicyValueEvidence | None
    welfare: WelfareEvidence | None
    portfolio: PortfolioEvidence | None
    drift: DriftEvidence | None
    technical: TechnicalEvidence | None
    people: PeopleEvidence | None
    absences: tuple[tuple[str, str], ...] = ()

    def as_plain(self) -> dict[str, object]:
        """The evidence as JSON-able values; a figure that is not finite becomes its name."""
        return {item.name: _plain(getattr(self, item.name)) for item in fields(self)}

    @property
    def digest(self) -> str:
        """SHA-256 of :meth:`as_plain` without what a clock gave."""
        return digest_of_plain(self.as_plain())


def digest_of_plain(plain: object) -> str:
    """The digest of evidence that :meth:`Evidence.as_plain` wrote, as it is read back."""
    return digest_of(_untimed(plain))


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        named = {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
        return {"kind": type(value).__name__, **named}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _untimed(plain: object) -> object:
    if isinstance(plain, dict):
        return {name: _untimed(value) for name, value in plain.items() if not timed(name)}
    if isinstance(plain, list):
        return [_untimed(item) for item in plain]
    return plain
