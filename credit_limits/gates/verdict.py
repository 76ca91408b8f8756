"""The verdict: a value that only the whole chain can make, and that a promotion asks for."""

from dataclasses import dataclass, replace

from credit_limits.domain.digest import digest_of
from credit_limits.gates import (
    behaviour,
    calibration,
    challenger,
    data,
    performance,
    stability,
    technical,
    timing,
)
from credit_limits.gates.evidence import Evidence
from credit_limits.gates.result import CheckName, CheckResult, timed
from credit_limits.gates.thresholds import GateThresholds

REQUIRED: tuple[CheckName, ...] = tuple(CheckName)


@dataclass(frozen=True, slots=True)
class Cleared:
    """Every check of the chain passed on its evidence.

    What must not happen after a failure takes this as its argument. ``ValueError`` where a check
    is missing, repeated, out of order or not passed, or a digest or version is empty.
    """

    thresholds_version: str
    evidence_digest: str
    checks: tuple[CheckResult, ...]

    def __post_init__(self) -> None:
        _whole(self.thresholds_version, self.evidence_digest, self.checks)
        failing = [result.check.value for result in self.checks if not result.passed]
        if failing:
            raise ValueError(f"not cleared: {', '.join(failing)}")

    @property
    def digest(self) -> str:
        """SHA-256 of the verdict: thresholds' version, evidence and every check, but no timing."""
        return _digest("cleared", self.thresholds_version, self.evidence_digest, self.checks)


@dataclass(frozen=True, slots=True)
class Refused:
    """At least one check did not pass."""

    thresholds_version: str
    evidence_digest: str
    checks: tuple[CheckResult, ...]

    def __post_init__(self) -> None:
        _whole(self.thresholds_version, self.evidence_digest, self.checks)
        if not self.failing:
            raise ValueError("refused, and every check passed")

    @property
    def failing(self) -> tuple[CheckResult, ...]:
        """The checks that did not pass, in the order of the chain."""
        return tuple(result for result in self.checks if not result.passed)

    @property
    def digest(self) -> str:
        """SHA-256 of the verdict: thresholds' version, evidence and every check, but no timing."""
        return _digest("refused", self.thresholds_version, self.evidence_digest, self.checks)


Verdict = Cleared | Refused


def judge(evidence: Evidence, thresholds: GateThresholds) -> Verdict:
    """Every check on its evidence, then one verdict; what is absent refuses.

    Args:
        evidence: what was measured of one model version.
        thresholds: of the policy in force; :func:`~credit_limits.gates.thresholds.parse_thresholds`
            raises ``PolicyError`` where one is missing.
    """
    results = (
        data.check(evidence.data, thresholds.data),
        timing.check(evidence.time, thresholds.time),
        performance.check(evidence.performance, thresholds.performance),
        calibration.check(evidence.calibration, thresholds.calibration),
        behaviour.check(evidence.behaviour, thresholds.behaviour),
        stability.check(evidence.stability, thresholds.stability),
        challenger.check(evidence.challenger, thresholds.challenger),
        technical.check(evidence.technical, thresholds.technical),
    )
    explained = tuple(_explained(result, evidence) for result in results)
    kind = Cleared if all(result.passed for result in explained) else Refused
    return kind(thresholds.version, evidence.digest, explained)


def _explained(result: CheckResult, evidence: Evidence) -> CheckResult:
    why = dict(evidence.absences).get(result.check)
    if not result.evidence_missing or why is None:
        return result
    return replace(result, message=f"no evidence: {why}")


def _whole(version: str, evidence_digest: str, checks: tuple[CheckResult, ...]) -> None:
    if tuple(result.check for result in checks) != REQUIRED:
        raise ValueError(f"a verdict needs each of {', '.join(REQUIRED)}, once and in order")
    if not version or not evidence_digest:
        raise ValueError("a verdict names its thresholds and its evidence")


def _digest(word: str, version: str, evidence_digest: str, checks: tuple[CheckResult, ...]) -> str:
    rows = [
        {
            "check": result.check,
            "passed": result.passed,
            "measured": {name: value for name, value in result.measured if not timed(name)},
            "thresholds": dict(result.thresholds),
        }
        for result in checks
    ]
    return digest_of(
        {"verdict": word, "thresholds": version, "evidence": evidence_digest, "checks": rows}
    )
