"""Check 10, policy value: the candidate's decisions are worth no less than those taken."""

from credit_limits.gates.decision_evidence import PolicyValueEvidence
from credit_limits.gates.result import AtLeast, CheckName, CheckResult, conclude, no_evidence
from credit_limits.gates.threshold_sections import PolicyValueThresholds

_ADVICE = (
    "Record the propensity of limits drawn at random and estimate off policy; where the product "
    "does without, say so in the thresholds file, with an end, an owner and a reason"
)


def check(evidence: PolicyValueEvidence | None, thresholds: PolicyValueThresholds) -> CheckResult:
    """What the decisions would have earned, judged from outcomes of limits drawn at random.

    Measures: yearly profit an account of the candidate's decisions less that of the decisions
    taken (minor units), lower end of 95 %; the effective sample size behind it (Kish); the share
    of accounts that the two treat differently.
    Why: a model may rank better and still move the wrong limits.
    Where it refuses: with few effective rows more limits must be drawn at random; with a low
    value keep the champion.
    """
    if evidence is None:
        return no_evidence(CheckName.POLICY_VALUE, f"no off-policy value was estimated. {_ADVICE}")
    value = evidence.value_minor_per_account
    figures = {
        "rows": evidence.rows,
        "effective_rows": evidence.effective_rows,
        "swapped_share": evidence.swapped_share,
        "value_minor_per_account": value.value,
        "value_minor_per_account_low": value.low,
        "value_minor_per_account_high": value.high,
    }
    bounds = (
        AtLeast("effective_rows", thresholds.effective_rows_floor),
        AtLeast("value_minor_per_account_low", thresholds.value_low_floor),
    )
    return conclude(CheckName.POLICY_VALUE, figures, bounds, _ADVICE)
