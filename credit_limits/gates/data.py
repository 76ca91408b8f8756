"""Check 1, data: the model saw only rows that passed validation."""

from credit_limits.gates.evidence import DataEvidence
from credit_limits.gates.result import (
    AtLeast,
    AtMost,
    CheckName,
    CheckResult,
    conclude,
    folded,
    no_evidence,
)
from credit_limits.gates.threshold_sections import DataThresholds

_ADVICE = "Ingest the rows again through ingest_batch, or retrain on the versions that passed"


def check(evidence: DataEvidence | None, thresholds: DataThresholds) -> CheckResult:
    """Every table version behind the model is validated and not empty.

    Measures: rows of the smallest table, and rows from a batch with no passed validation in the
    ledger, at the very versions in the model's lineage (both in rows).
    Why: a model learns whatever it is fed; a table changed behind the validation's back, or an
    empty one, would be learnt from all the same.
    Where it refuses: find out who wrote to the table, ingest the rows through ``ingest_batch``,
    retrain.
    """
    if evidence is None or not evidence.tables:
        return no_evidence(CheckName.DATA, f"no table is known that the model saw. {_ADVICE}")
    figures = {
        "tables": len(evidence.tables),
        "rows_smallest_table": folded(min, [seen.rows for seen in evidence.tables]),
        "unvalidated_rows": folded(sum, [seen.unvalidated_rows for seen in evidence.tables]),
    }
    bounds = (
        AtLeast("rows_smallest_table", thresholds.rows_floor),
        AtMost("unvalidated_rows", thresholds.unvalidated_rows_ceiling),
    )
    findings = [
        f"{seen.table} at version {seen.version}: {seen.unvalidated_rows} of {seen.rows} rows "
        "not validated"
        for seen in evidence.tables
        if seen.unvalidated_rows or not seen.rows
    ]
    return conclude(CheckName.DATA, figures, bounds, _ADVICE, findings)
