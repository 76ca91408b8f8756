"""What a promotion came to, small enough for a ledger entry and a screen."""

from datetime import date
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from credit_limits.domain.errors import GateRefused
from credit_limits.gates.certificate import Grounds, OlderThresholds
from credit_limits.gates.result import CheckResult, Granted
from credit_limits.gates.verdict import Cleared, Verdict
from credit_limits.launch.policy import Step

if TYPE_CHECKING:  # it brings what a model is trained with, and an outcome is read everywhere
    from tidegate.operations.candidate import Candidate


class OverrideRow(BaseModel):
    """Who answers for a refusal, until which day, and why; ``digest`` of what they signed."""

    model_config = ConfigDict(frozen=True)

    by: list[str]
    until: date
    reason: str
    digest: str


class CheckRow(BaseModel):
    """One check. ``threshold`` is keyed by figure and sign, such as ``auc_low >=``.

    ``dispensed``: it has no evidence, and the policy does without it until a day. ``override``:
    it refused on its evidence, and people answer for that.
    """

    model_config = ConfigDict(frozen=True)

    check: str
    passed: bool
    measured: dict[str, float]
    threshold: dict[str, float]
    message: str
    dispensed: bool = False
    override: OverrideRow | None = None

    @property
    def refuses(self) -> bool:
        """Whether this check alone keeps the version from being promoted."""
        return not (self.passed or self.dispensed or self.override)

    @property
    def word(self) -> str:
        """What became of it, in a word or two."""
        if self.override:
            return "overridden"
        return "refused" if self.refuses else "passed" if self.passed else "dispensed with"


class OlderThresholdsRow(BaseModel):
    """What thresholds that asked for more say: ``loosened`` are the paths that ask for less."""

    model_config = ConfigDict(frozen=True)

    version: str
    loosened: list[str]
    passed: bool
    refusing: list[str]


class PromoteModelOutcome(BaseModel):
    """The verdict; ``certificate_digest`` is there only where it cleared.

    ``step`` is how far a cleared version has come: champion at once (``full``), or launching.
    ``waits_for`` says which launch stands before a version that was not judged for it.
    ``thresholds_digest`` is that of the content of the thresholds file; ``older_thresholds`` is
    None where none asked for more.
    """

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    model_name: str
    version: str
    as_of: date
    cleared: bool
    checks: list[CheckRow]
    certificate_digest: str | None
    previous_champion: str | None
    thresholds_version: str
    evidence_digest: str
    thresholds_digest: str = ""
    older_thresholds: OlderThresholdsRow | None = None
    step: Step = Step.FULL
    waits_for: str = ""
    recognised: bool = False

    @property
    def is_champion(self) -> bool:
        """Whether it cleared and decides for every account."""
        return self.cleared and self.step is Step.FULL

    @property
    def word(self) -> str:
        """What the gate said: cleared or refused."""
        return "cleared" if self.cleared else "refused"

    @property
    def refusing(self) -> list[str]:
        """The checks that keep the version from being promoted, in the order of the chain."""
        return [check.check for check in self.checks if check.refuses]


def outcome_of(
    candidate: "Candidate", verdict: Verdict, grounds: Grounds, certificate_digest: str | None
) -> PromoteModelOutcome:
    """The verdict on a candidate as an outcome; without a certificate where it is refused."""
    standing = candidate.standing
    return PromoteModelOutcome(
        model_name=candidate.loaded.model_name,
        version=candidate.loaded.version,
        as_of=candidate.as_of,
        cleared=isinstance(verdict, Cleared),
        checks=[row_of(result) for result in verdict.checks],
        certificate_digest=certificate_digest,
        previous_champion=standing.version if standing else None,
        thresholds_version=verdict.thresholds_version,
        evidence_digest=verdict.evidence_digest,
        thresholds_digest=grounds.thresholds_digest,
        older_thresholds=_older_row(grounds.older_thresholds),
    )


def require_cleared(outcome: PromoteModelOutcome) -> PromoteModelOutcome:
    """The same outcome where it is cleared, or waits while another version launches.

    A version that waits is no failure: the champion and the one that launches go on deciding.

    Raises:
        GateRefused: names each check that did not pass and what it says.
    """
    if outcome.cleared or outcome.waits_for:
        return outcome
    failing = [f"{check.check}: {check.message}" for check in outcome.checks if check.refuses]
    raise GateRefused(
        f"{outcome.model_name} version {outcome.version} is not cleared by "
        f"{outcome.thresholds_version}; the champion stays. " + " | ".join(failing)
    )


def _older_row(older: OlderThresholds | None) -> OlderThresholdsRow | None:
    if older is None:
        return None
    return OlderThresholdsRow(
        version=older.version,
        loosened=list(older.loosened),
        passed=older.passed,
        refusing=list(older.refusing),
    )


def row_of(result: CheckResult) -> CheckRow:
    """A check's result, small enough for a ledger entry and a screen."""
    return CheckRow(
        check=result.check.value,
        passed=result.passed,
        measured=dict(result.measured),
        threshold=dict(result.thresholds),
        message=result.message,
        dispensed=result.dispensed,
        override=_override_row(result.override),
    )


def _override_row(granted: Granted | None) -> OverrideRow | None:
    if granted is None:
        return None
    return OverrideRow(
        by=list(granted.by), until=granted.until, reason=granted.reason, digest=granted.digest
    )
