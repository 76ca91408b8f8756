"""Check 2, time: nothing was used before it could be known."""

from credit_limits.gates.evidence import TimeEvidence
from credit_limits.gates.result import (
    AtLeast,
    AtMost,
    CheckName,
    CheckResult,
    conclude,
    no_evidence,
)
from credit_limits.gates.threshold_sections import TimeThresholds

_ADVICE = (
    "Materialize the cohorts again with materialize_features, then retrain; where rows still "
    "differ, a feature view reads something later than its day"
)


def check(evidence: TimeEvidence | None, thresholds: TimeThresholds) -> CheckResult:
    """Features are what was known on their day, labels were known when the model was trained.

    Measures: training rows computed again from the lake as it was known at their cohort, those
    of them that differ from what training was served, and labels that became known only after
    the training (all in rows).
    Why: a model that saw the future ranks superbly on every test and fails in use.
    Where it refuses: materialize the cohorts again and retrain; where that changes nothing, look
    for a column in the view's SQL without its time filter.
    """
    if evidence is None:
        return no_evidence(CheckName.TIME, f"no feature row was computed again. {_ADVICE}")
    figures = {
        "recomputed_rows": evidence.recomputed_rows,
        "differing_rows": evidence.differing_rows,
        "labels": evidence.labels,
        "labels_known_late": evidence.labels_known_late,
    }
    bounds = (
        AtLeast("recomputed_rows", thresholds.recomputed_rows_floor),
        AtLeast("labels", thresholds.recomputed_rows_floor),
        AtMost("differing_rows", thresholds.differing_rows_ceiling),
        AtMost("labels_known_late", thresholds.labels_known_late_ceiling),
    )
    return conclude(CheckName.TIME, figures, bounds, _ADVICE)
