"""Check 6, stability: the rows it will decide on look like those it learnt from."""

from collections.abc import Sequence

from credit_limits.gates.evidence import Shift, StabilityEvidence
from credit_limits.gates.result import (
    AtLeast,
    AtMost,
    CheckName,
    CheckResult,
    conclude,
    folded,
    no_evidence,
)
from credit_limits.gates.threshold_sections import StabilityThresholds

_ADVICE = "Read the drift report of the columns named; retrain on later cohorts"


def check(evidence: StabilityEvidence | None, thresholds: StabilityThresholds) -> CheckResult:
    """Score and inputs of the test rows and of today's portfolio are distributed as in training.

    Measures: population stability index less what sampling alone gives (0 is no shift), of the
    score and of each input, for both; the share of judged inputs beyond the ceiling; and inputs
    that are absent or have turned null, of which none may be.
    Why: figures out of time say nothing of customers unlike any the model has seen.
    Where it refuses: an input that broke is a fault upstream; one that moved asks for a model
    trained on later cohorts.
    """
    if evidence is None or not evidence.inputs_test or not evidence.inputs_today:
        return no_evidence(CheckName.STABILITY, f"no distributions to compare. {_ADVICE}")
    inputs = (*evidence.inputs_test, *evidence.inputs_today)
    judged = [shift for shift in inputs if shift.column not in thresholds.not_judged]
    ceiling = thresholds.input_psi_ceiling.value
    columns = (evidence.score_test, evidence.score_today, *inputs)
    figures = {
        "rows_test": evidence.rows_test,
        "rows_today": evidence.rows_today,
        "score_psi_test": _effect(evidence.score_test),
        "score_psi_today": _effect(evidence.score_today),
        "input_psi_worst": folded(max, [_effect(shift) for shift in judged]),
        "shifted_inputs_share": folded(_mean, [_effect(shift) > ceiling for shift in judged]),
        "broken_inputs": folded(sum, [shift.broken for shift in columns]),
    }
    bounds = (
        AtLeast("rows_test", thresholds.rows_floor),
        AtLeast("rows_today", thresholds.rows_floor),
        AtMost("score_psi_test", thresholds.score_psi_ceiling),
        AtMost("score_psi_today", thresholds.score_psi_ceiling),
        AtMost("shifted_inputs_share", thresholds.shifted_inputs_share_ceiling),
        AtMost("broken_inputs", thresholds.broken_inputs_ceiling),
    )
    said = {
        **{shift.column: f"PSI {shift.psi:.3f}" for shift in judged if _effect(shift) > ceiling},
        **{shift.column: "absent or turned null" for shift in columns if shift.broken},
    }
    findings = [f"{column}: {words}" for column, words in sorted(said.items())]
    return conclude(CheckName.STABILITY, figures, bounds, _ADVICE, findings)


def _effect(shift: Shift) -> float:
    """PSI beyond the noise of sampling; NaN, which refuses, where it could not be measured."""
    return folded(lambda figures: max(0.0, figures[0] - figures[1]), [shift.psi, shift.noise])


def _mean(flags: Sequence[float]) -> float:
    return sum(flags) / len(flags)
