"""What a verdict rests on beside its evidence: thresholds, policy, people, older thresholds."""

from datetime import date

from credit_limits.gates.certificate import Grounds, OlderThresholds
from credit_limits.gates.evidence import Evidence
from credit_limits.gates.result import CheckName
from credit_limits.gates.thresholds import parse_thresholds
from credit_limits.gates.verdict import judge
from tidegate.adapters.dated_policies import DatedFile, load_dated
from tidegate.operations.candidate import Candidate
from tidegate.operations.limit_response_evidence import vouched
from tidegate.operations.makers import makers_of
from tidegate.operations.thresholds_history import loosening


def grounds_of(candidate: Candidate, gates: DatedFile, evidence: Evidence, day: date) -> Grounds:
    """The grounds of a verdict on this evidence.

    Args:
        candidate: the version before the gate.
        gates: the thresholds file that judges it.
        evidence: as gathered.
        day: on which dated parts of the thresholds must hold.

    Raises:
        PolicyError: no limit policy is in force on the day, or older thresholds cannot be used.
    """
    limits = load_dated(candidate.platform.policies("limits"), candidate.as_of)
    people = evidence.people
    response, response_digest = _vouched_response(candidate, gates, evidence)
    return Grounds(
        thresholds_digest=gates.digest,
        policy_version=limits.version,
        policy_digest=limits.digest,
        maker=people.maker if people else makers_of(candidate)[0],
        approvals=people.approvers if people else (),
        older_thresholds=_older_thresholds(candidate, gates, evidence, day),
        limit_response_version=response,
        limit_response_digest=response_digest,
    )


def _vouched_response(
    candidate: Candidate, gates: DatedFile, evidence: Evidence
) -> tuple[str, str]:
    """Version and digest of the registered response that check 9 vouches for; empty for none."""
    if not vouched(evidence.limit_response, gates) or candidate.response is None:
        return "", ""
    return candidate.response.version, candidate.response.digest


def _older_thresholds(
    candidate: Candidate, gates: DatedFile, evidence: Evidence, day: date
) -> OlderThresholds | None:
    """What the newest thresholds that asked for more say; whether people approved is left out."""
    found = loosening(candidate.platform, candidate.loaded.model_name, gates)
    if found.older is None:
        return None
    verdict = judge(evidence, parse_thresholds(found.older.version, found.older.content), day)
    refusing = tuple(
        result.check.value
        for result in verdict.checks
        if result.refuses and result.check is not CheckName.PEOPLE
    )
    return OlderThresholds(
        found.older.version, found.older.digest, found.paths, not refusing, refusing
    )
