"""Check 3, performance: the score ranks rows later than those it learnt from."""

from credit_limits.gates.evidence import PerformanceEvidence
from credit_limits.gates.result import AtLeast, CheckName, CheckResult, conclude, no_evidence
from credit_limits.gates.threshold_sections import PerformanceThresholds

_ADVICE = "Look at the score distribution and the importances of the run; retrain with more cohorts"


def check(evidence: PerformanceEvidence | None, thresholds: PerformanceThresholds) -> CheckResult:
    """The model ranks well enough out of time, beyond the luck of the sample.

    Measures: AUC and KS (shares, 0 to 1) with 95 % intervals, computed again from the stored
    scores of the out-of-time rows; the lower ends count. And the defaults among those rows.
    Why: a score that does not rank raises limits at random; with few defaults, no figure says
    anything.
    Where it refuses: with too few defaults wait for more cohorts to mature; with low figures
    compare the model card with the champion's.
    """
    if evidence is None:
        return no_evidence(CheckName.PERFORMANCE, f"no scored out-of-time rows. {_ADVICE}")
    figures = {
        "rows": evidence.rows,
        "defaults": evidence.defaults,
        "auc": evidence.auc.value,
        "auc_low": evidence.auc.low,
        "auc_high": evidence.auc.high,
        "ks": evidence.ks.value,
        "ks_low": evidence.ks.low,
        "ks_high": evidence.ks.high,
    }
    bounds = (
        AtLeast("defaults", thresholds.defaults_floor),
        AtLeast("auc_low", thresholds.auc_low_floor),
        AtLeast("ks_low", thresholds.ks_low_floor),
    )
    return conclude(CheckName.PERFORMANCE, figures, bounds, _ADVICE)
