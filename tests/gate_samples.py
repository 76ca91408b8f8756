"""Evidence that clears the thresholds in the repository, for tests to spoil."""

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

from credit_limits.gates.decision_evidence import (
    AddedLimit,
    Alarm,
    AttributeTreated,
    CapHeld,
    GroupTreated,
)
from credit_limits.gates.evidence import (
    BehaviourEvidence,
    CalibrationEvidence,
    DataEvidence,
    DirectionTried,
    DriftEvidence,
    Evidence,
    FairnessEvidence,
    FirstChampion,
    Interval,
    LimitResponseEvidence,
    PairedEvidence,
    PeopleEvidence,
    PerformanceEvidence,
    PolicyValueEvidence,
    PortfolioEvidence,
    Shift,
    StabilityEvidence,
    TableSeen,
    TechnicalEvidence,
    TimeEvidence,
    WelfareEvidence,
)
from credit_limits.gates.thresholds import GateThresholds, parse_thresholds
from monitoring.thresholds import DriftThresholds, parse_drift_thresholds
from tidegate.adapters.dated_policies import load_dated

DAY = date(2024, 1, 31)
POLICIES = Path(__file__).parent.parent / "policies"
INPUTS = tuple(f"input_{number}" for number in range(20))


@cache
def thresholds() -> GateThresholds:
    dated = load_dated(POLICIES / "gates" / "default_risk", DAY)
    return parse_thresholds(dated.version, dated.content)


@cache
def strict_thresholds() -> GateThresholds:
    """The same, of a product that does without no check."""
    return replace(thresholds(), dispensed={})


def drift_thresholds() -> DriftThresholds:
    dated = load_dated(POLICIES / "monitoring", DAY)
    return parse_drift_thresholds(dated.version, dated.content)


def paired(low: float = -0.002) -> PairedEvidence:
    return PairedEvidence("3", 6000, 0.785, 0.783, Interval(0.002, low, 0.006))


def good_evidence(challenger: FirstChampion | PairedEvidence | None = None) -> Evidence:
    calm = tuple(Shift(name, 0.01, 0.002, False) for name in INPUTS)
    return Evidence(
        data=DataEvidence((TableSeen("accounts", 2, 1000, 0), TableSeen("statements", 2, 9000, 0))),
        time=TimeEvidence(500, 0, 500, 0),
        performance=PerformanceEvidence(
            6000, 1300, Interval(0.78, 0.765, 0.795), Interval(0.42, 0.40, 0.44)
        ),
        calibration=CalibrationEvidence(6000, 0.22, 1.01, 0.98, 0.135, 0.21, 0.012, 0.01),
        behaviour=BehaviourEvidence(
            tuple(DirectionTried(name, 500, 0, 0.0) for name in INPUTS[:6]),
            DirectionTried("days_past_due_*", 500, 0, 0.0),
        ),
        stability=StabilityEvidence(
            6000,
            30000,
            Shift("score", 0.01, 0.002, False),
            Shift("score", 0.02, 0.002, False),
            calm,
            calm,
        ),
        challenger=challenger or FirstChampion(0),
        fairness=FairnessEvidence(
            5000, (treated("sex", 2500, 2400), treated("education", 3000, 1500))
        ),
        limit_response=LimitResponseEvidence(
            8000, 2000, Interval(0.25, 0.1, 0.4), Interval(0.5, 0.4, 0.6), 5, 0
        ),
        policy_value=PolicyValueEvidence(8000, 1500.0, 0.12, Interval(900.0, 200.0, 1600.0)),
        welfare=WelfareEvidence(
            5000,
            200_000_000,
            90_000_000,
            AddedLimit(10_000_000, 7_000_000, 0),
            AddedLimit(9_000_000, 6_500_000, 9_000),
        ),
        portfolio=PortfolioEvidence(
            5000, (CapHeld("exposure", 4e9, 3.9e9), CapHeld("loss", 6e7, 6e7)), 1e-6, 4e9, 6e7, 2e8
        ),
        drift=DriftEvidence(3, 1, (Alarm(date(2023, 11, 30), "D30 doubled", "trained later"),)),
        technical=TechnicalEvidence(100, 0, 0, True, True, 0.02, 900_000),
        people=PeopleEvidence(("loosened_threshold",), 2, "maker", ("li", "wang"), ()),
    )


def treated(attribute: str, first: int, second: int) -> AttributeTreated:
    """Two groups that are treated alike, a tenth of each raised."""
    groups = {"a": first, "b": second}
    return AttributeTreated(
        attribute,
        tuple(
            GroupTreated(name, size, size // 10, size // 2, size // 15, 7e5, 4e5, 0.52, 0.61)
            for name, size in groups.items()
        ),
    )
