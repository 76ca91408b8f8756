"""The verdict: a value that only the whole chain can make, and that a promotion asks for."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

from credit_limits.domain.digest import digest_of
from credit_limits.gates import (
    behaviour,
    calibration,
    challenger,
    data,
    drift,
    fairness,
    limit_response,
    people,
    performance,
    policy_value,
    portfolio,
    stability,
    technical,
    timing,
    welfare,
)
from credit_limits.gates.evidence import Evidence
from credit_limits.gates.overrides import NEVER_OVERRIDDEN, finding_of
from credit_limits.gates.result import (
    CheckName,
    CheckResult,
    Granted,
    dispensed_with,
    part_holds,
    timed,
)
from credit_limits.gates.threshold_sections import Dispensation
from credit_limits.gates.thresholds import DISPENSABLE, GateThresholds

REQUIRED: tuple[CheckName, ...] = tuple(CheckName)


@dataclass(frozen=True, slots=True)
class Cleared:
    """Every check passed on its evidence, or the policy does without it, or people answer for it.

    What must not happen after a failure takes this as its argument. ``ValueError`` where a check
    is missing, repeated, out of order or refuses, one is dispensed with or overridden that cannot
    be, or a digest or version is empty.
    """

    thresholds_version: str
    evidence_digest: str
    checks: tuple[CheckResult, ...]

    def __post_init__(self) -> None:
        _whole(self.thresholds_version, self.evidence_digest, self.checks)
        failing = [result.check.value for result in self.checks if result.refuses]
        if failing:
            raise ValueError(f"not cleared: {', '.join(failing)}")

    @property
    def overrides(self) -> tuple[Granted, ...]:
        """What people answer for, in the order of the chain."""
        return tuple(result.override for result in self.checks if result.override)

    @property
    def digest(self) -> str:
        """SHA-256 of the verdict: thresholds' version, evidence and every check, but no timing."""
        return _digest("cleared", self.thresholds_version, self.evidence_digest, self.checks)


@dataclass(frozen=True, slots=True)
class Refused:
    """At least one check refuses."""

    thresholds_version: str
    evidence_digest: str
    checks: tuple[CheckResult, ...]

    def __post_init__(self) -> None:
        _whole(self.thresholds_version, self.evidence_digest, self.checks)
        if not self.failing:
            raise ValueError("refused, and no check refuses")

    @property
    def failing(self) -> tuple[CheckResult, ...]:
        """The checks that refuse, in the order of the chain."""
        return tuple(result for result in self.checks if result.refuses)

    @property
    def digest(self) -> str:
        """SHA-256 of the verdict: thresholds' version, evidence and every check, but no timing."""
        return _digest("refused", self.thresholds_version, self.evidence_digest, self.checks)


Verdict = Cleared | Refused


def judge(
    evidence: Evidence,
    thresholds: GateThresholds,
    as_of: date,
    overrides: Collection[Granted] = (),
) -> Verdict:
    """Every check on its evidence, then one verdict; what is absent refuses.

    A check without any evidence that the thresholds' file does without on that day is dispensed
    with: it has not passed, and does not refuse. With evidence it is judged like every other; of
    a part of the evidence that is missing, where the rest holds, the same can be done without. A
    check that refuses on its evidence is overridden where people have signed for this very
    finding; what nobody has measured, nobody can answer for.

    Args:
        evidence: what was measured of one model version.
        thresholds: of the policy in force; :func:`~credit_limits.gates.thresholds.parse_thresholds`
            raises ``PolicyError`` where one is missing.
        as_of: the day for which it is judged, on which dated parts of the policy must hold.
        overrides: those that count today, see
            :func:`~credit_limits.gates.overrides.granted_overrides`.
    """
    results = (
        data.check(evidence.data, thresholds.data),
        timing.check(evidence.time, thresholds.time),
        performance.check(evidence.performance, thresholds.performance),
        calibration.check(evidence.calibration, thresholds.calibration),
        behaviour.check(evidence.behaviour, thresholds.behaviour),
        stability.check(evidence.stability, thresholds.stability),
        challenger.check(evidence.challenger, thresholds.challenger),
        fairness.check(evidence.fairness, thresholds.fairness, as_of),
        limit_response.check(evidence.limit_response, thresholds.limit_response),
        policy_value.check(evidence.policy_value, thresholds.policy_value),
        welfare.check(evidence.welfare, thresholds.welfare),
        portfolio.check(evidence.portfolio, thresholds.portfolio),
        drift.check(evidence.drift, thresholds.drift),
        technical.check(evidence.technical, thresholds.technical),
        people.check(evidence.people, thresholds.people),
    )
    explained = tuple(
        _answered_for(
            _explained(result, evidence, thresholds.dispensed.get(result.check), as_of), overrides
        )
        for result in results
    )
    kind = Refused if any(result.refuses for result in explained) else Cleared
    return kind(thresholds.version, evidence.digest, explained)


def _explained(
    result: CheckResult, evidence: Evidence, dispensation: Dispensation | None, as_of: date
) -> CheckResult:
    """A result for want of evidence, with why it is absent, or dispensed with by the policy."""
    if not result.evidence_missing:
        return result
    why = dict(evidence.absences).get(result.check)
    none, message = getattr(evidence, result.check) is None, result.message
    if why is not None:
        message = f"no evidence: {why}" if none else f"{message}. {why}"
    said = replace(result, message=message)
    if dispensation is not None and (none or part_holds(result)):
        if dispensation.holds(as_of):
            return dispensed_with(said, dispensation)
        return replace(said, message=f"{message}; it was dispensed with until {dispensation.until}")
    return said


def _answered_for(result: CheckResult, overrides: Collection[Granted]) -> CheckResult:
    """A refusal on evidence with the override of this very finding, where there is one."""
    if not result.refuses or result.evidence_missing or result.check in NEVER_OVERRIDDEN:
        return result
    finding = finding_of(result.check, result.measured, result.thresholds)
    for granted in overrides:
        if granted.check is result.check and granted.finding == finding:
            message = f"{granted.sentence}; found: {result.message}"
            return replace(result, override=granted, message=message)
    return result


def _whole(version: str, evidence_digest: str, checks: tuple[CheckResult, ...]) -> None:
    if tuple(result.check for result in checks) != REQUIRED:
        raise ValueError(f"a verdict needs each of {', '.join(REQUIRED)}, once and in order")
    if not version or not evidence_digest:
        raise ValueError("a verdict names its thresholds and its evidence")
    firm = [item.check.value for item in checks if item.dispensed and item.check not in DISPENSABLE]
    if firm:
        raise ValueError(f"nobody can do without {', '.join(firm)}")
    beyond = [
        item.check.value for item in checks if item.override if item.check in NEVER_OVERRIDDEN
    ]
    if beyond:
        raise ValueError(f"nobody can answer for {', '.join(beyond)}")


def _digest(word: str, version: str, evidence_digest: str, checks: tuple[CheckResult, ...]) -> str:
    rows = [
        {
            "check": result.check,
            "passed": result.passed,
            "dispensed": result.message if result.dispensed else "",
            "measured": {name: value for name, value in result.measured if not timed(name)},
            "thresholds": dict(result.thresholds),
            **({"overridden": result.override.as_plain()} if result.override else {}),
        }
        for result in checks
    ]
    return digest_of(
        {"verdict": word, "thresholds": version, "evidence": evidence_digest, "checks": rows}
    )
