"""Check 14, technical: the artefact in the registry is the model that was measured."""

from credit_limits.gates.evidence import TechnicalEvidence
from credit_limits.gates.result import (
    AtLeast,
    AtMost,
    CheckName,
    CheckResult,
    conclude,
    no_evidence,
)
from credit_limits.gates.threshold_sections import TechnicalThresholds

_ADVICE = "Register the model again with retrain_model, on the versions of the lock file"


def check(evidence: TechnicalEvidence | None, thresholds: TechnicalThresholds) -> CheckResult:
    """The registered artefact scores as it did in training, to the bit, and is fit for use.

    Measures: rows of the golden sample that the reloaded artefact scores differently (rows, in
    any bit), registered figures that recomputing contradicts (figures), whether a signature is
    stored and whether the feature service still means what it meant in the training (1 or 0),
    scoring time (seconds per 1,000 rows) and size (bytes).
    Why: what was measured and what will decide must be the same thing; without a signature,
    columns in another order would be scored without complaint.
    Where it refuses: another library version, a damaged artefact or a feature redefined since;
    register the model again.
    """
    if evidence is None:
        return no_evidence(CheckName.TECHNICAL, f"the artefact was not scored again. {_ADVICE}")
    figures = {
        "golden_rows": evidence.golden_rows,
        "golden_rows_differing": evidence.golden_rows_differing,
        "figures_differing": evidence.figures_differing,
        "signature": evidence.signature_present,
        "schema_match": evidence.schema_matches,
        "seconds_per_1000_rows": evidence.seconds_per_1000_rows,
        "size_bytes": evidence.size_bytes,
    }
    bounds = (
        AtLeast("golden_rows", thresholds.golden_rows_floor),
        AtMost("golden_rows_differing", thresholds.golden_rows_differing_ceiling),
        AtMost("figures_differing", thresholds.figures_differing_ceiling),
        AtLeast("signature", thresholds.signature_floor),
        AtLeast("schema_match", thresholds.schema_match_floor),
        AtMost("seconds_per_1000_rows", thresholds.seconds_per_1000_rows_ceiling),
        AtMost("size_bytes", thresholds.size_bytes_ceiling),
    )
    return conclude(CheckName.TECHNICAL, figures, bounds, _ADVICE)
