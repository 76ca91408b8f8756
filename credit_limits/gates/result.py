"""What a check says, and the one way in which a check compares figures with bounds."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from credit_limits.gates.approvals import TWO_KEYS
from credit_limits.gates.threshold_sections import Dispensation, Threshold


class CheckName(StrEnum):
    """The checks of the chain, in the order in which they are made."""

    DATA = "data"
    TIME = "time"
    PERFORMANCE = "performance"
    CALIBRATION = "calibration"
    BEHAVIOUR = "behaviour"
    STABILITY = "stability"
    CHALLENGER = "challenger"
    FAIRNESS = "fairness"
    LIMIT_RESPONSE = "limit_response"
    POLICY_VALUE = "policy_value"
    WELFARE = "welfare"
    PORTFOLIO = "portfolio"
    DRIFT = "drift"
    TECHNICAL = "technical"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class Granted:
    """An override that enough people have signed: they answer for one refusal, until a day.

    ``finding``: digest of the very figures and bounds that it is about; ``digest``: of what was
    signed; ``by``: names of those who signed; ``until``: the last day on which it holds.
    ``ValueError`` for fewer than two people, or without a digest or a reason.
    """

    check: CheckName
    finding: str
    digest: str
    by: tuple[str, ...]
    until: date
    reason: str

    def __post_init__(self) -> None:
        if len(set(self.by)) < TWO_KEYS or len(set(self.by)) < len(self.by):
            raise ValueError(f"{self.check}: an override takes {TWO_KEYS} people, each once")
        if not self.finding or not self.digest or not self.reason.strip():
            raise ValueError(f"{self.check}: an override names its finding and its reason")

    def as_plain(self) -> dict[str, object]:
        """The override as JSON-able values."""
        return {
            "check": self.check.value,
            "finding": self.finding,
            "digest": self.digest,
            "by": list(self.by),
            "until": self.until.isoformat(),
            "reason": self.reason,
        }

    @property
    def sentence(self) -> str:
        """By whom, until when and why."""
        return f"overridden until {self.until} by {' and '.join(self.by)}: {self.reason}"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The outcome of one check.

    ``measured`` and ``thresholds`` are (name, value) pairs; ``message`` says in a sentence what
    was found and, on a refusal, what to do. ``evidence_missing`` marks a refusal for want of
    evidence; with figures all the same, it is of a part, and what was measured holds.
    ``dispensed``: there is no evidence, and the policy does without it; such a check has not
    passed, and does not refuse. ``override``: it was measured and refused, and people
    answer for that; neither has such a check passed. ``ValueError`` for a pass without figures,
    without bounds, or with a figure that is not finite: such a pass would rest on nothing; for a
    dispensation of a check that passed or had evidence; and for an override of one that passed,
    had none, or is another.
    """

    check: CheckName
    passed: bool
    measured: tuple[tuple[str, float], ...]
    thresholds: tuple[tuple[str, float], ...]
    message: str
    evidence_missing: bool = False
    dispensed: bool = False
    override: Granted | None = None

    @property
    def refuses(self) -> bool:
        """Whether this check alone keeps the version from being promoted."""
        return not (self.passed or self.dispensed or self.override)

    def __post_init__(self) -> None:
        if not self.message:
            raise ValueError(f"{self.check}: a result without a message")
        if self.dispensed and (self.passed or not self.evidence_missing):
            raise ValueError(f"{self.check}: dispensed with although it has evidence")
        if self.override is not None and not self._may_carry(self.override):
            raise ValueError(f"{self.check}: overridden although it did not refuse on evidence")
        if not self.passed:
            return
        if self.evidence_missing or not self.measured or not self.thresholds:
            raise ValueError(f"{self.check}: passed without evidence")
        if not all(math.isfinite(value) for _, value in (*self.measured, *self.thresholds)):
            raise ValueError(f"{self.check}: passed with a figure that is not finite")

    def _may_carry(self, override: Granted) -> bool:
        refused = not (self.passed or self.dispensed or self.evidence_missing)
        return refused and bool(self.measured) and override.check is self.check


@dataclass(frozen=True, slots=True)
class AtLeast:
    """The figure must not lie below the threshold."""

    figure: str
    threshold: Threshold
    sign = ">="

    def holds(self, value: float) -> bool:
        """Whether ``value`` satisfies the bound; never true for NaN."""
        return value >= self.threshold.value


@dataclass(frozen=True, slots=True)
class AtMost:
    """The figure must not lie above the threshold."""

    figure: str
    threshold: Threshold
    sign = "<="

    def holds(self, value: float) -> bool:
        """Whether ``value`` satisfies the bound; never true for NaN."""
        return value <= self.threshold.value


Bound = AtLeast | AtMost


def timed(figure: str) -> bool:
    """Whether a clock gave the figure, by its unit: judged and shown, but part of no digest.

    What is the same on every machine must have the same digest there, so that the same data,
    code, policy and seed give the same certificate and the same decisions.

    >>> timed("seconds_per_1000_rows"), timed("size_bytes")
    (True, False)
    """
    return figure.startswith("seconds_")


def folded(fold: Callable[[Sequence[float]], float], values: Sequence[object]) -> float:
    """``fold`` over figures; NaN, which refuses, where there is none or one is unusable."""
    usable = [float(value) for value in values if _usable(value)]  # type: ignore[arg-type]
    return fold(usable) if usable and len(usable) == len(values) else math.nan


def no_evidence(check: CheckName, why: str) -> CheckResult:
    """The refusal of a check that has nothing to judge."""
    return CheckResult(check, False, (), (), f"no evidence: {why}", evidence_missing=True)


def part_missing(measured: CheckResult, part: str) -> CheckResult:
    """The refusal of a check for want of a part of its evidence, where the other part holds.

    Where what was measured refuses by itself, or could not be judged, that is the result.
    """
    if not measured.passed:
        return measured
    message = f"no evidence of {part}; of the rest: {measured.message}"
    return replace(measured, passed=False, message=message, evidence_missing=True)


def part_holds(result: CheckResult) -> bool:
    """Whether a part of a check's evidence is missing, and what was measured of it holds."""
    return result.evidence_missing and bool(result.measured)


def dispensed_with(result: CheckResult, dispensation: Dispensation) -> CheckResult:
    """The result of a check whose missing evidence the policy does without."""
    message = (
        f"dispensed with until {dispensation.until} by {dispensation.owner}: {dispensation.reason}"
    )
    if part_holds(result):
        message = f"{message}; {result.message}"
    return replace(result, message=message, dispensed=True)


def conclude(
    check: CheckName,
    figures: Mapping[str, object],
    bounds: Sequence[Bound],
    advice: str,
    findings: Sequence[str] = (),
) -> CheckResult:
    """Compare figures with bounds; pass only where every figure is finite and every bound holds.

    Args:
        check: which check concludes.
        figures: what was measured, by name. A figure that is None, not a number or not finite
            refuses, whether or not a bound looks at it.
        bounds: at least one; each names one of ``figures``.
        advice: what to do where the check refuses.
        findings: what else is worth saying, such as the names of the tables concerned.
    """
    unusable = [name for name, value in figures.items() if not _usable(value)]
    if unusable:
        what = "; ".join([f"{', '.join(unusable)} could not be measured", *findings])
        return no_evidence(check, f"{what}. {advice}")
    measured = {name: float(value) for name, value in figures.items()}  # type: ignore[arg-type]
    broken = [bound for bound in bounds if not bound.holds(measured[bound.figure])]
    said = [_sentence(bound, measured[bound.figure]) for bound in (broken or bounds)]
    message = "; ".join([*said, *findings]) + (f". {advice}" if broken else "")
    return CheckResult(
        check,
        not broken,
        tuple(measured.items()),
        tuple((f"{bound.figure} {bound.sign}", bound.threshold.value) for bound in bounds),
        message,
    )


def _usable(value: object) -> bool:
    return isinstance(value, bool | int | float) and math.isfinite(value)


def _sentence(bound: Bound, value: float) -> str:
    limit = bound.threshold
    if bound.holds(value):
        return f"{bound.figure} {short(value)} {bound.sign} {short(limit.value)}"
    return (
        f"{bound.figure} {short(value)} must be {bound.sign} {short(limit.value)} {limit.unit}: "
        f"{limit.reason}"
    )


def short(value: object) -> str:
    """Whole numbers whole, others to four digits, and words for what is no figure.

    >>> short(30000.0), short(0.765812), short(None)
    ('30,000', '0.7658', 'not measured')
    """
    if not _usable(value):
        return "not measured"
    figure = float(value)  # type: ignore[arg-type]
    return f"{figure:,.0f}" if figure == int(figure) else f"{figure:.4g}"
