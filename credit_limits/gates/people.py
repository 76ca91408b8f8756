"""Check 15, people: where the policy asks for people, others than the maker have approved."""

from credit_limits.gates.decision_evidence import PeopleEvidence
from credit_limits.gates.result import AtMost, CheckName, CheckResult, conclude, no_evidence
from credit_limits.gates.threshold_sections import PeopleThresholds

_ADVICE = (
    "Have it approved by someone other than its maker (tidegate approve), then promote again; "
    "a rejected version stays rejected: train another"
)


def check(evidence: PeopleEvidence | None, thresholds: PeopleThresholds) -> CheckResult:
    """As many people as the policy asks for have approved, none is the maker, none said no.

    Measures, in people: approvals that are missing, approvals by the maker, rejections. Where the
    policy asks for nobody, none is missing.
    Why: who makes a change is the last to see what is wrong with it.
    Where it refuses: the waiting promotion is named in the message; approve it and start again.
    """
    if evidence is None:
        return no_evidence(CheckName.PEOPLE, f"approvals were not read. {_ADVICE}")
    approvers, rejected = _names(evidence.approvers), _names(evidence.rejected_by)
    consistent = bool(_names(evidence.asked)) == bool(evidence.required)
    others = None if approvers is None else approvers - {evidence.maker}
    figures = {
        "required": evidence.required if consistent else None,
        "approvals": None if others is None else len(others),
        "missing_approvals": _missing(evidence.required, others),
        "own_approvals": None if approvers is None else evidence.maker in approvers,
        "rejections": None if rejected is None else len(rejected),
    }
    bounds = (
        AtMost("missing_approvals", thresholds.missing_approvals_ceiling),
        AtMost("own_approvals", thresholds.own_approvals_ceiling),
        AtMost("rejections", thresholds.rejections_ceiling),
    )
    findings = [f"asked for: {', '.join(evidence.asked)}"] if evidence.asked else ["nobody asked"]
    findings += [f"rejected by {', '.join(sorted(rejected))}"] if rejected else []
    return conclude(CheckName.PEOPLE, figures, bounds, _ADVICE, findings)


def _names(people: object) -> frozenset[str] | None:
    return frozenset(people) if isinstance(people, tuple) else None


def _missing(required: object, others: frozenset[str] | None) -> int | None:
    if others is None or isinstance(required, bool) or not isinstance(required, int):
        return None
    return max(0, required - len(others))
