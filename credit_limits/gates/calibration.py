"""Check 4, calibration: a predicted probability is what happens."""

from credit_limits.gates.evidence import CalibrationEvidence
from credit_limits.gates.result import (
    AtLeast,
    AtMost,
    CheckName,
    CheckResult,
    conclude,
    no_evidence,
)
from credit_limits.gates.threshold_sections import CalibrationThresholds

_ADVICE = "Retrain with a later calibration window; compare default rates by cohort"


def check(evidence: CalibrationEvidence | None, thresholds: CalibrationThresholds) -> CheckResult:
    """Predicted probabilities are right in total, in spread and by band.

    Measures, on the out-of-time rows: predicted over observed defaults (ratio, 1 is right), the
    slope of observed on predicted log-odds (1 is right, below 1 the model is too sure of
    itself), Brier skill (share of the Brier score of a constant forecast that is saved, 0 is
    none), and the calibration error beyond what sampling gives (share of the default rate).
    Why: expected losses, prices and caps multiply the probability; a ranking alone does not do.
    Where it refuses: the level of risk has moved since the calibration window; calibrate later.
    """
    if evidence is None:
        return no_evidence(CheckName.CALIBRATION, f"no scored out-of-time rows. {_ADVICE}")
    figures = {
        "rows": evidence.rows,
        "default_rate": evidence.default_rate,
        "predicted_over_observed": evidence.predicted_over_observed,
        "slope": evidence.slope,
        "brier": evidence.brier,
        "brier_skill": evidence.brier_skill,
        "expected_calibration_error": evidence.expected_calibration_error,
        "excess_calibration_error": evidence.excess_calibration_error,
    }
    bounds = (
        AtLeast("predicted_over_observed", thresholds.predicted_over_observed_floor),
        AtMost("predicted_over_observed", thresholds.predicted_over_observed_ceiling),
        AtLeast("slope", thresholds.slope_floor),
        AtMost("slope", thresholds.slope_ceiling),
        AtLeast("brier_skill", thresholds.brier_skill_floor),
        AtMost("excess_calibration_error", thresholds.excess_calibration_error_ceiling),
    )
    return conclude(CheckName.CALIBRATION, figures, bounds, _ADVICE)
