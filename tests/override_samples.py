"""A refusal of one check, and signed overrides of it."""

from dataclasses import replace
from datetime import UTC, date, datetime

from credit_limits.gates.approvals import ApprovalPolicy, Event, Person
from credit_limits.gates.evidence import Evidence, Interval
from credit_limits.gates.overrides import Override, SignedOverride, finding_of, to_sign
from credit_limits.gates.result import CheckName, CheckResult, Granted
from credit_limits.gates.verdict import Refused, judge
from tests.gate_samples import DAY, good_evidence, thresholds
from tidegate.adapters.signing import Signer

NOW = datetime(2024, 1, 31, 12, tzinfo=UTC)
UNTIL = date(2024, 3, 1)
SCOPE = "5" * 64
WHY = "the winter cohort is small"
NAMES = ("Li", "Zhao", "Maker", "Guest")


def thin_evidence() -> Evidence:
    """Evidence that performance alone refuses."""
    good = good_evidence()
    weak = replace(good.performance, auc=Interval(0.69, 0.66, 0.72))
    return replace(good, performance=weak)


def refused() -> Refused:
    verdict = judge(thin_evidence(), thresholds(), DAY)
    assert isinstance(verdict, Refused)
    return verdict


def failing() -> CheckResult:
    (result,) = refused().failing
    return result


def finding() -> str:
    result = failing()
    return finding_of(result.check, result.measured, result.thresholds)


def override(**changes: object) -> Override:
    fields = {
        "model_name": "default_risk",
        "version": "4",
        "scope": SCOPE,
        "check": CheckName.PERFORMANCE,
        "finding": finding(),
        "until": UNTIL,
        "reason": WHY,
    }
    return Override(**{**fields, **changes})


def signed(signer: Signer, what: Override | None = None, at: datetime = NOW) -> SignedOverride:
    said = what or override()
    return SignedOverride(said, at, signer.sign(to_sign(said, at)))


def granted(**changes: object) -> Granted:
    fields = {
        "check": CheckName.PERFORMANCE,
        "finding": finding(),
        "digest": "6" * 64,
        "by": ("Li", "Zhao"),
        "until": UNTIL,
        "reason": WHY,
    }
    return Granted(**{**fields, **changes})


def policy(signers: dict[str, Signer], keys: int = 2, days: int = 60) -> ApprovalPolicy:
    people = tuple(
        Person(name, signers[name].public_key, ("reader" if name == "Guest" else "approver",))
        for name in NAMES
    )
    return ApprovalPolicy("approvals/x", people, {Event.OVERRIDE: keys}, 30, days)
