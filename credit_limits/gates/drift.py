"""Check 13, drift: no alarm of the monitoring is left without an answer."""

from credit_limits.gates.decision_evidence import DriftEvidence
from credit_limits.gates.result import AtMost, CheckName, CheckResult, conclude, no_evidence
from credit_limits.gates.threshold_sections import AlarmThresholds

_ADVICE = (
    "Retrain on data that reach the alarm's day (tidegate retrain), or watch again once the cause "
    "is mended; a later watch without alarm answers it"
)


def check(evidence: DriftEvidence | None, thresholds: AlarmThresholds) -> CheckResult:
    """Every alarm in the ledger was answered: by a later quiet watch, or by a newer training.

    Measures: watches in the ledger, alarms among them, and alarms without an answer (counts). An
    alarm is answered where a later watch, of the same day or a later one, raised none, or where
    the candidate was trained on what was known on the alarm's day or later.
    Why: a model that learnt before the world changed ranks the world as it was.
    Where it refuses: the alarm is named with its day; retrain, or mend the data and watch again.
    """
    if evidence is None:
        return no_evidence(CheckName.DRIFT, f"the ledger's watches were not read. {_ADVICE}")
    alarms = evidence.alarms if isinstance(evidence.alarms, tuple) else ()
    unanswered = [alarm for alarm in alarms if not alarm.answer]
    whole = len(alarms) == evidence.alarms_raised
    figures = {
        "watches": evidence.watches,
        "alarms": evidence.alarms_raised,
        "unanswered_alarms": len(unanswered) if whole else None,
    }
    bounds = (AtMost("unanswered_alarms", thresholds.unanswered_alarms_ceiling),)
    findings = [
        f"alarm of {alarm.raised_on}: {alarm.answer or alarm.finding}"
        for alarm in (unanswered or alarms[-1:])
    ]
    return conclude(CheckName.DRIFT, figures, bounds, _ADVICE, findings)
