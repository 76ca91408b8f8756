"""Check 8, fairness: no group of a protected attribute is treated clearly worse than another."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from credit_limits.gates.decision_evidence import AttributeTreated, FairnessEvidence, GroupTreated
from credit_limits.gates.measured import Interval
from credit_limits.gates.ratios import Spread, ratio_of_means, ratio_of_shares
from credit_limits.gates.result import (
    AtLeast,
    Bound,
    CheckName,
    CheckResult,
    conclude,
    folded,
    no_evidence,
    short,
)
from credit_limits.gates.threshold_sections import FairnessThresholds, Threshold

_ADVICE = (
    "Find the inputs that stand in for the attribute (the proxy figures), leave them out or "
    "replace them, retrain; a change of the policy's rules may be needed as well"
)
_Ratio = Callable[[GroupTreated, GroupTreated], Interval]


def check(
    evidence: FairnessEvidence | None, thresholds: FairnessThresholds, as_of: date
) -> CheckResult:
    """Over each protected attribute, no group is shown to fare worse than four fifths of the best.

    Measures, for the decisions that the candidate would make today, the lowest ratio of a group
    to the group with the highest figure: of the share of customers raised (approval), of the mean
    added limit of those raised (amount), and of the share raised among those who did not default
    (opportunity), each with a 95 % interval. Its upper end is judged: a ratio is too low where
    sampling cannot explain it. And the proxy test: the AUC by which score or inputs tell a group.
    Why: a model never sees these attributes, and can find them again in what it does see.
    Where it refuses: the inputs behind it must go or be replaced. An attribute whose consequence
    is reporting, in the lender's jurisdiction and on the day, is measured and named, and does not
    refuse.
    """
    if evidence is None or not evidence.attributes:
        return no_evidence(CheckName.FAIRNESS, f"no protected attribute is known. {_ADVICE}")
    empty = [treated.attribute for treated in evidence.attributes if not treated.groups]
    if empty:
        why = f"{', '.join(empty)} without any group. {_ADVICE}"
        return no_evidence(CheckName.FAIRNESS, why)
    figures: dict[str, object] = {"customers": evidence.customers}
    bounds: list[Bound] = [AtLeast("customers", thresholds.group_customers_floor)]
    findings: list[str] = []
    for treated in evidence.attributes:
        blocking = thresholds.blocking(treated.attribute, as_of, evidence.jurisdiction)
        figures[f"{treated.attribute}_proxy_auc"] = folded(max, _proxy_aucs(treated))
        findings += _proxies(treated, thresholds.proxy_auc_notice)
        for measure in _measures(treated, thresholds):
            if not measure.judged and not blocking and _whole(treated):
                findings.append(f"{measure.name}: too few customers to say")
                continue
            figures |= measure.figures()
            if blocking:
                bounds.append(AtLeast(f"{measure.name}_high", measure.floor))
            else:
                findings += measure.reported()
    return conclude(CheckName.FAIRNESS, figures, bounds, _ADVICE, findings)


@dataclass(frozen=True, slots=True)
class _Measure:
    """One ratio of an attribute: of each group to the one with the highest figure."""

    name: str
    floor: Threshold
    ratios: tuple[tuple[str, Interval], ...]

    @property
    def judged(self) -> bool:
        """Whether there were two groups at least with enough customers."""
        return bool(self.ratios)

    def figures(self) -> dict[str, object]:
        """The lowest ratio and the lowest upper end; NaN, which refuses, without two groups."""
        return {
            self.name: folded(min, [item.value for _, item in self.ratios]),
            f"{self.name}_high": folded(min, [item.high for _, item in self.ratios]),
        }

    def reported(self) -> list[str]:
        """Each group that would have refused, were the attribute blocking."""
        return [
            f"{self.name} of {group} {short(item.value)} ({short(item.low)} to "
            f"{short(item.high)}), reported only"
            for group, item in self.ratios
            if item.high < self.floor.value
        ]


def _measures(treated: AttributeTreated, thresholds: FairnessThresholds) -> Iterator[_Measure]:
    floor, name = thresholds.group_customers_floor.value, treated.attribute
    enough = [item for item in treated.groups if _whole(treated) and item.customers >= floor]
    good = [item for item in enough if item.good >= floor]
    raised = [item for item in enough if item.raised >= thresholds.group_raised_floor.value]
    approvals, opportunities = tuple(_ratios(enough, _approval)), tuple(_ratios(good, _opportunity))
    yield _Measure(f"{name}_approval_ratio", thresholds.approval_ratio_floor, approvals)
    yield _Measure(f"{name}_opportunity_ratio", thresholds.opportunity_ratio_floor, opportunities)
    if len(raised) > 1:  # too few raised are seen by the approval ratio, and have no mean to judge
        amounts = tuple(_ratios(raised, _amount))
        yield _Measure(f"{name}_amount_ratio", thresholds.amount_ratio_floor, amounts)


def _proxy_aucs(treated: AttributeTreated) -> list[float]:
    return [auc for group in treated.groups for auc in (group.score_auc, group.inputs_auc)]


def _proxies(treated: AttributeTreated, notice: Threshold) -> list[str]:
    return [
        f"{treated.attribute} {group.group}: {what} tell it with AUC {short(auc)}"
        for group in treated.groups
        for what, auc in (("scores", group.score_auc), ("inputs together", group.inputs_auc))
        if isinstance(auc, float) and auc > notice.value
    ]


def _whole(treated: AttributeTreated) -> bool:
    return all(_usable(group) for group in treated.groups)


def _usable(group: GroupTreated) -> bool:
    numbers = (
        group.customers,
        group.raised,
        group.good,
        group.good_raised,
        group.added_mean_minor,
        group.added_deviation_minor,
    )
    return all(isinstance(number, int | float) and math.isfinite(number) for number in numbers)


def _ratios(groups: Sequence[GroupTreated], ratio: _Ratio) -> Iterator[tuple[str, Interval]]:
    """Every group against the one with the highest figure, itself left out."""
    if len(groups) < 2:
        return
    best = groups[0]
    for group in groups[1:]:
        if ratio(group, best).value > 1:
            best = group
    for group in groups:
        if group is not best:
            yield group.group, ratio(group, best)


def _approval(group: GroupTreated, best: GroupTreated) -> Interval:
    return ratio_of_shares(group.raised, group.customers, best.raised, best.customers)


def _opportunity(group: GroupTreated, best: GroupTreated) -> Interval:
    return ratio_of_shares(group.good_raised, group.good, best.good_raised, best.good)


def _amount(group: GroupTreated, best: GroupTreated) -> Interval:
    return ratio_of_means(_spread(group), _spread(best))


def _spread(group: GroupTreated) -> Spread:
    return Spread(group.added_mean_minor, group.added_deviation_minor, group.raised)
