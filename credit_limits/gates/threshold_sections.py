"""Each check's thresholds, typed: what may be stated, and where a value would mean nothing."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from credit_limits.policy.lender import Jurisdiction


@dataclass(frozen=True, slots=True)
class Threshold:
    """One bound: its value, the unit of the figure it bounds, and why it is where it is."""

    value: float
    unit: str
    reason: str

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ValueError("a threshold must be a finite number")
        if not self.unit or not self.reason:
            raise ValueError("a threshold needs its unit and its reason")


@dataclass(frozen=True, slots=True)
class Between:
    """The range in which a bound means anything; outside it the file is refused."""

    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Consequence:
    """What it means, from a day on, that a protected attribute fails: refused, or only reported.

    ``jurisdiction``: where, None for wherever no other row holds.
    """

    effective_from: date
    blocking: bool
    reason: str
    jurisdiction: Jurisdiction | None = None

    def __post_init__(self) -> None:
        if not self.reason:
            raise ValueError("a consequence needs its reason")


@dataclass(frozen=True, slots=True)
class Dispensation:
    """A check that the product does without, up to and including the day ``until``.

    ``ValueError`` where nobody owns it or it has no reason.
    """

    until: date
    owner: str
    reason: str

    def __post_init__(self) -> None:
        if not self.owner or not self.reason:
            raise ValueError("a dispensation needs its owner and its reason")

    def holds(self, as_of: date) -> bool:
        """Whether the check may be done without on this day."""
        return as_of <= self.until


_Count = Annotated[Threshold, Between(1, 1e12)]
_None = Annotated[Threshold, Between(0, 0)]


@dataclass(frozen=True, slots=True)
class DataThresholds:
    """Check 1."""

    rows_floor: _Count
    unvalidated_rows_ceiling: _None


@dataclass(frozen=True, slots=True)
class TimeThresholds:
    """Check 2."""

    recomputed_rows_floor: _Count
    differing_rows_ceiling: _None
    labels_known_late_ceiling: _None


@dataclass(frozen=True, slots=True)
class PerformanceThresholds:
    """Check 3."""

    defaults_floor: Annotated[Threshold, Between(10, 1e12)]
    auc_low_floor: Annotated[Threshold, Between(0.55, 1)]
    ks_low_floor: Annotated[Threshold, Between(0.05, 1)]


@dataclass(frozen=True, slots=True)
class CalibrationThresholds:
    """Check 4."""

    predicted_over_observed_floor: Annotated[Threshold, Between(0.5, 1)]
    predicted_over_observed_ceiling: Annotated[Threshold, Between(1, 2)]
    slope_floor: Annotated[Threshold, Between(0.5, 1)]
    slope_ceiling: Annotated[Threshold, Between(1, 2)]
    brier_skill_floor: Annotated[Threshold, Between(0, 1)]
    excess_calibration_error_ceiling: Annotated[Threshold, Between(0, 0.5)]


@dataclass(frozen=True, slots=True)
class BehaviourThresholds:
    """Check 5."""

    rows_floor: _Count
    directions_floor: Annotated[Threshold, Between(1, 1e6)]
    violations_ceiling: _None


@dataclass(frozen=True, slots=True)
class StabilityThresholds:
    """Check 6. ``not_judged``: inputs that are measured and not judged, with the reason."""

    rows_floor: _Count
    score_psi_ceiling: Annotated[Threshold, Between(0, 0.5)]
    input_psi_ceiling: Annotated[Threshold, Between(0, 1)]
    shifted_inputs_share_ceiling: Annotated[Threshold, Between(0, 0.5)]
    broken_inputs_ceiling: _None
    not_judged: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ChallengerThresholds:
    """Check 7."""

    paired_rows_floor: _Count
    auc_difference_low_floor: Annotated[Threshold, Between(-0.05, 0.05)]


@dataclass(frozen=True, slots=True)
class FairnessThresholds:
    """Check 8. ``attributes``: for each protected attribute its consequences, oldest first."""

    group_customers_floor: _Count
    group_raised_floor: _Count
    approval_ratio_floor: Annotated[Threshold, Between(0.5, 1)]
    amount_ratio_floor: Annotated[Threshold, Between(0.5, 1)]
    opportunity_ratio_floor: Annotated[Threshold, Between(0.5, 1)]
    proxy_auc_notice: Annotated[Threshold, Between(0.5, 1)]
    attributes: Mapping[str, tuple[Consequence, ...]]

    def blocking(self, attribute: str, as_of: date, jurisdiction: str) -> bool:
        """Whether the attribute refuses on this day in this jurisdiction.

        A jurisdiction's own row prevails over one for everywhere. An attribute that the file does
        not name there refuses; so does one that refuses anywhere, where the jurisdiction is none
        that is known.
        """
        stated = self.attributes.get(attribute, ())
        last = {item.jurisdiction: item for item in stated if item.effective_from <= as_of}
        if jurisdiction not in tuple(Jurisdiction):
            return not last or any(item.blocking for item in last.values())
        found = last.get(Jurisdiction(jurisdiction)) or last.get(None)
        return found is None or found.blocking


@dataclass(frozen=True, slots=True)
class LimitResponseThresholds:
    """Check 9."""

    rows_floor: _Count
    default_response_low_floor: Annotated[Threshold, Between(0, 5)]
    balance_response_low_floor: Annotated[Threshold, Between(0, 1)]
    dose_steps_floor: Annotated[Threshold, Between(2, 1e3)]
    dose_violations_ceiling: _None


@dataclass(frozen=True, slots=True)
class PolicyValueThresholds:
    """Check 10."""

    effective_rows_floor: _Count
    value_low_floor: Annotated[Threshold, Between(-1e4, 1e6)]


@dataclass(frozen=True, slots=True)
class WelfareThresholds:
    """Check 11."""

    accounts_floor: _Count
    revolver_excess_ceiling: Annotated[Threshold, Between(0, 0.9)]
    revolver_share_rise_ceiling: Annotated[Threshold, Between(0, 0.5)]
    persistent_debt_share_ceiling: Annotated[Threshold, Between(0, 0.25)]
    persistent_debt_share_rise_ceiling: Annotated[Threshold, Between(0, 0.1)]


@dataclass(frozen=True, slots=True)
class PortfolioThresholds:
    """Check 12."""

    accounts_floor: _Count
    caps_floor: Annotated[Threshold, Between(1, 1e3)]
    gap_ceiling: Annotated[Threshold, Between(0, 0.05)]
    slack_floor: Annotated[Threshold, Between(0, 1)]
    provision_share_ceiling: Annotated[Threshold, Between(0, 0.5)]
    loss_limit_share: Annotated[Threshold, Between(0, 0.9)]
    loss_multiple_floor: Annotated[Threshold, Between(1, 100)]


@dataclass(frozen=True, slots=True)
class AlarmThresholds:
    """Check 13."""

    unanswered_alarms_ceiling: _None


@dataclass(frozen=True, slots=True)
class TechnicalThresholds:
    """Check 14."""

    golden_rows_floor: _Count
    golden_rows_differing_ceiling: _None
    figures_differing_ceiling: _None
    signature_floor: Annotated[Threshold, Between(1, 1)]
    schema_match_floor: Annotated[Threshold, Between(1, 1)]
    seconds_per_1000_rows_ceiling: Annotated[Threshold, Between(0, 60)]
    size_bytes_ceiling: Annotated[Threshold, Between(0, 1e10)]


@dataclass(frozen=True, slots=True)
class PeopleThresholds:
    """Check 15."""

    missing_approvals_ceiling: _None
    own_approvals_ceiling: _None
    rejections_ceiling: _None
