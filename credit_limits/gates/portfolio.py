"""Check 12, portfolio: the candidate's decisions keep every cap, and bear a year like 2020."""

from collections.abc import Sequence

from credit_limits.gates.decision_evidence import CapHeld, PortfolioEvidence
from credit_limits.gates.result import (
    AtLeast,
    AtMost,
    CheckName,
    CheckResult,
    conclude,
    folded,
    no_evidence,
    short,
)
from credit_limits.gates.threshold_sections import PortfolioThresholds

STRESSES = (1.71, 2.0)
"""Multiples of bad debt: that of January to May 2020 over the year before, and a doubling."""

_ADVICE = (
    "Look at the caps named, at the expected loss by grade and at the limit policy's economics; "
    "tighten raises in the policy, or retrain"
)


def check(evidence: PortfolioEvidence | None, thresholds: PortfolioThresholds) -> CheckResult:
    """What the candidate would decide today is within the caps, provided for, and survives stress.

    Measures: the allocation's gap to its bound (relative), the least slack of a cap (share of the
    cap), the provision for a year (expected loss, with what is drawn of the undrawn part through
    the credit conversion factor, over the exposure at default), what is left of the margin under
    bad debt x1.71 and x2 (over the exposure), and the multiple of the loss at which the loss
    limit is reached. The loss limit is the share, stated in the thresholds, of what the book
    earns before losses.
    Why: a model that calls everyone a little safer fills every cap with more risk than it says.
    Where it refuses: a cap that is not kept stops the adjustment as well; a provision or a
    multiple out of its bound says that the book is too risky for what it earns.
    """
    if evidence is None or not evidence.caps:
        return no_evidence(CheckName.PORTFOLIO, f"no decisions on a portfolio. {_ADVICE}")
    loss, exposure = evidence.expected_loss_minor, evidence.exposure_minor
    limit = folded(
        lambda margin: thresholds.loss_limit_share.value * margin[0], [evidence.margin_minor]
    )
    figures: dict[str, object] = {
        "accounts": evidence.accounts,
        "caps": len(evidence.caps),
        "gap": evidence.gap,
        "slack_share_least": folded(min, [_slack_share(cap) for cap in evidence.caps]),
        "provision_share": _over(loss, exposure),
        "loss_multiple": _over(limit, loss),
    }
    for stress in STRESSES:
        figures[f"profit_share_x{stress:g}"] = _over(_left(evidence, stress), exposure)
    bounds = (
        AtLeast("accounts", thresholds.accounts_floor),
        AtLeast("caps", thresholds.caps_floor),
        AtMost("gap", thresholds.gap_ceiling),
        AtLeast("slack_share_least", thresholds.slack_floor),
        AtMost("provision_share", thresholds.provision_share_ceiling),
        AtLeast("loss_multiple", thresholds.loss_multiple_floor),
    )
    findings = [
        f"cap {cap.name}: {short(cap.used)} of {short(cap.bound)}"
        for cap in evidence.caps
        if not _slack_share(cap) >= thresholds.slack_floor.value
    ]
    return conclude(CheckName.PORTFOLIO, figures, bounds, _ADVICE, findings)


def _left(evidence: PortfolioEvidence, stress: float) -> float:
    """Profit of a year where bad debt is a multiple of what is expected."""
    return folded(
        lambda amounts: amounts[0] - stress * amounts[1],
        [evidence.margin_minor, evidence.expected_loss_minor],
    )


def _slack_share(cap: CapHeld) -> float:
    """Share of the bound that is left, also of a floor's, which is a bound below nothing."""

    def share(amounts: Sequence[float]) -> float:
        bound, used = float(amounts[0]), float(amounts[1])
        if not bound:
            return 1.0 if used <= 0 else -1.0
        return (bound - used) / abs(bound)

    return folded(share, [cap.bound, cap.used])


def _over(part: float, whole: float) -> float:
    """A ratio; NaN, which refuses, where either is unusable or the whole is nothing."""
    return folded(
        lambda amounts: amounts[0] / amounts[1] if amounts[1] > 0 else float("nan"), [part, whole]
    )
