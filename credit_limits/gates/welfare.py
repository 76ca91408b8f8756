"""Check 11, welfare: added limit does not flow to those whom it keeps in debt."""

from credit_limits.gates.decision_evidence import AddedLimit, WelfareEvidence
from credit_limits.gates.result import (
    AtLeast,
    AtMost,
    Bound,
    CheckName,
    CheckResult,
    conclude,
    folded,
    no_evidence,
)
from credit_limits.gates.threshold_sections import WelfareThresholds

_ADVICE = (
    "Compare whom the two models would raise; bound raises of those who carry a balance in the "
    "limit policy, or retrain"
)


def check(evidence: WelfareEvidence | None, thresholds: WelfareThresholds) -> CheckResult:
    """The candidate sends no more of its added limit to debt than it may, or than the champion.

    Measures, on today's portfolio: the share of the added limit that goes to revolvers (a
    balance carried in half of the last 12 months or more, or not known), and by how much it
    exceeds the share of today's limits that they hold; the share that goes to persistent debt as
    the limit policy defines it; and by how much each exceeds that of the champion's decisions on
    the same accounts. Where nothing is added the shares are 0.
    Why: interest is earned where balances are carried, so profit alone steers limits to debt.
    Where it refuses: see whom the candidate raises that the champion does not. A first champion
    is held to the absolute bounds alone.
    """
    if evidence is None:
        return no_evidence(CheckName.WELFARE, f"no decisions to look at. {_ADVICE}")
    own = evidence.candidate
    share = _share(own, own.revolver_minor)
    held = _over(evidence.revolver_limit_minor, evidence.limit_minor)
    figures: dict[str, object] = {
        "accounts": evidence.accounts,
        "added_minor": own.added_minor,
        "revolver_share": share,
        "revolver_share_of_limits": held,
        "revolver_excess": share - held,
        "persistent_debt_share": _share(own, own.persistent_debt_minor),
    }
    bounds: list[Bound] = [
        AtLeast("accounts", thresholds.accounts_floor),
        AtMost("revolver_excess", thresholds.revolver_excess_ceiling),
        AtMost("persistent_debt_share", thresholds.persistent_debt_share_ceiling),
    ]
    if evidence.champion is None:
        findings = ["no champion to compare with: absolute bounds alone"]
        return conclude(CheckName.WELFARE, figures, bounds, _ADVICE, findings)
    figures |= _rises(own, evidence.champion)
    bounds += [
        AtMost("revolver_share_rise", thresholds.revolver_share_rise_ceiling),
        AtMost("persistent_debt_share_rise", thresholds.persistent_debt_share_rise_ceiling),
    ]
    return conclude(CheckName.WELFARE, figures, bounds, _ADVICE)


def _rises(own: AddedLimit, champion: AddedLimit) -> dict[str, object]:
    """Shares less those of the champion; one that adds nothing sends nothing anywhere."""
    return {
        "added_minor_champion": champion.added_minor,
        "revolver_share_rise": _share(own, own.revolver_minor)
        - _share(champion, champion.revolver_minor),
        "persistent_debt_share_rise": _share(own, own.persistent_debt_minor)
        - _share(champion, champion.persistent_debt_minor),
    }


def _share(added: AddedLimit, part_minor: int) -> float:
    return _over(part_minor, added.added_minor)


def _over(part_minor: int, whole_minor: int) -> float:
    """A share, 0 of nothing; NaN, which refuses, where either is unusable."""
    return folded(
        lambda amounts: amounts[0] / amounts[1] if amounts[1] else 0.0, [part_minor, whole_minor]
    )
