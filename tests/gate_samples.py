"""Evidence that clears the thresholds in the repository, for tests to spoil."""

from datetime import date
from pathlib import Path

from credit_limits.gates.evidence import (
    BehaviourEvidence,
    CalibrationEvidence,
    DataEvidence,
    DirectionTried,
    Evidence,
    FirstChampion,
    Interval,
    PairedEvidence,
    PerformanceEvidence,
    Shift,
    StabilityEvidence,
    TableSeen,
    TechnicalEvidence,
    TimeEvidence,
)
from credit_limits.gates.thresholds import GateThresholds, parse_thresholds
from monitoring.thresholds import DriftThresholds, parse_drift_thresholds
from tidegate.adapters.dated_policies import load_dated

POLICIES = Path(__file__).parent.parent / "policies"
INPUTS = tuple(f"input_{number}" for number in range(20))


def thresholds() -> GateThresholds:
    dated = load_dated(POLICIES / "gates" / "default_risk", date(2024, 1, 31))
    return parse_thresholds(dated.version, dated.content)


def drift_thresholds() -> DriftThresholds:
    dated = load_dated(POLICIES / "monitoring", date(2024, 1, 31))
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
        technical=TechnicalEvidence(100, 0, 0, True, True, 0.02, 900_000),
    )
