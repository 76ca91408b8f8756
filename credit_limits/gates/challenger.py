"""Check 7, challenger against champion: not worse than what decides today."""

from credit_limits.gates.evidence import FirstChampion, PairedEvidence
from credit_limits.gates.result import (
    AtLeast,
    AtMost,
    CheckName,
    CheckResult,
    conclude,
    no_evidence,
)
from credit_limits.gates.threshold_sections import ChallengerThresholds, Threshold

_ADVICE = "Keep the champion; compare the two model cards before retraining"


def check(
    evidence: FirstChampion | PairedEvidence | None, thresholds: ChallengerThresholds
) -> CheckResult:
    """The candidate ranks the same rows no worse than the champion, by more than the margin.

    Measures: AUC of the candidate less AUC of the champion on the same out-of-time rows, paired,
    with its 95 % interval by DeLong; the lower end counts (difference of shares). Rows that
    either of them learnt from are left out.
    Why: each promotion moves limits; a model that is merely newer is no reason to.
    Where it refuses: keep the champion; too wide an interval asks for more out-of-time rows.
    A first champion has nothing to compare with and says so: the ledger holds no promotion.
    """
    if evidence is None:
        return no_evidence(CheckName.CHALLENGER, f"the champion was not scored. {_ADVICE}")
    if isinstance(evidence, FirstChampion):
        return _first(evidence)
    figures = {
        "rows": evidence.rows,
        "auc_candidate": evidence.auc_candidate,
        "auc_champion": evidence.auc_champion,
        "auc_difference": evidence.auc_difference.value,
        "auc_difference_low": evidence.auc_difference.low,
        "auc_difference_high": evidence.auc_difference.high,
    }
    bounds = (
        AtLeast("rows", thresholds.paired_rows_floor),
        AtLeast("auc_difference_low", thresholds.auc_difference_low_floor),
    )
    findings = [f"the champion is version {evidence.champion_version}"]
    return conclude(CheckName.CHALLENGER, figures, bounds, _ADVICE, findings)


def _first(evidence: FirstChampion) -> CheckResult:
    none_before = Threshold(0.0, "promotions", "only the first champion has nothing to be held to")
    return conclude(
        CheckName.CHALLENGER,
        {"promotions_in_ledger": evidence.promotions_in_ledger},
        (AtMost("promotions_in_ledger", none_before),),
        _ADVICE,
        ["first champion: there is none to compare with"],
    )
