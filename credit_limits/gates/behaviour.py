"""Check 5, behaviour: the score moves the way it must when one input moves."""

from credit_limits.gates.evidence import BehaviourEvidence
from credit_limits.gates.result import (
    AtLeast,
    AtMost,
    CheckName,
    CheckResult,
    conclude,
    folded,
    no_evidence,
    short,
)
from credit_limits.gates.threshold_sections import BehaviourThresholds

_ADVICE = "Retrain with the catalogue's monotone constraints; they name the direction of each input"


def check(evidence: BehaviourEvidence | None, thresholds: BehaviourThresholds) -> CheckResult:
    """Declared directions hold on real rows; more days past due never lowers the risk.

    Measures: violations (rows where raising one input moved the probability against its declared
    direction), inputs tried and rows tried for each; and the same with all days past due raised
    together, as they rise in life.
    Why: a customer who pays later must not be thought safer, whatever the ranking says on
    average; a reason given to a customer would be false.
    Where it refuses: the constraints were not passed to the training, or the catalogue declares
    a direction that the data contradict: settle which, then retrain.
    """
    if evidence is None or not evidence.directions or evidence.days_past_due is None:
        return no_evidence(CheckName.BEHAVIOUR, f"no input was raised on real rows. {_ADVICE}")
    tried = (*evidence.directions, evidence.days_past_due)
    figures = {
        "directions": len(evidence.directions),
        "rows": folded(min, [item.rows for item in tried]),
        "violations": folded(sum, [item.violations for item in tried]),
        "worst": folded(max, [item.worst for item in tried]),
        "violations_days_past_due": evidence.days_past_due.violations,
    }
    bounds = (
        AtLeast("rows", thresholds.rows_floor),
        AtLeast("directions", thresholds.directions_floor),
        AtMost("violations", thresholds.violations_ceiling),
    )
    findings = [
        f"{item.feature}: {item.violations} of {item.rows} rows, by up to {short(item.worst)}"
        for item in tried
        if item.violations
    ]
    return conclude(CheckName.BEHAVIOUR, figures, bounds, _ADVICE, findings)
