"""The thresholds of matured performance: dated data, each with unit and reason."""

from collections.abc import Mapping
from dataclasses import dataclass

from credit_limits.domain.errors import PolicyError
from monitoring.threshold_sections import stated_section
from monitoring.thresholds import DriftLevel, FalseAlarms, Steps


@dataclass(frozen=True, slots=True)
class MaturedThresholds:
    """What is held against decisions whose outcome is known.

    ``cohorts``: how many of the latest matured ones are judged together. ``resolved_floor``: share
    of a cohort's accounts whose outcome must be known. ``expected_floor``: a group of which fewer
    defaults were expected is not judged. ``rise``: by which share observed defaults exceed the
    expected; ``false_alarms``: see :class:`monitoring.thresholds.FalseAlarms`, over all groups
    together. ``auc_notice`` and ``auc_alarm``: levels are reached where the upper end of the
    interval of AUC lies below.
    """

    cohorts: int
    resolved_floor: float
    expected_floor: float
    rise: Steps
    false_alarms: FalseAlarms
    auc_notice: float
    auc_alarm: float

    def __post_init__(self) -> None:
        if self.cohorts < 1 or self.expected_floor <= 0:
            raise ValueError(
                f"{self.cohorts} cohorts with {self.expected_floor} defaults; at least one, above 0"
            )
        if not 0 < self.resolved_floor <= 1:
            raise ValueError(f"resolved_floor {self.resolved_floor} must be above 0 and up to 1")
        if not 0 < self.auc_alarm <= self.auc_notice < 1:
            raise ValueError(
                f"AUC: notice {self.auc_notice} and alarm {self.auc_alarm} must fall, from 1 to 0"
            )

    def auc_level(self, upper: float) -> DriftLevel:
        """The level of the upper end of an AUC's interval; what is not a number is an alarm."""
        if not upper >= self.auc_alarm:
            return DriftLevel.ALARM
        return DriftLevel.NOTICE if upper < self.auc_notice else DriftLevel.NONE


def parse_matured_thresholds(version: str, content: Mapping[str, object]) -> MaturedThresholds:
    """The thresholds under ``matured`` in a monitoring policy file.

    ``cohorts``, ``resolved_floor`` and ``expected_floor`` with ``value``; ``rise``,
    ``false_alarms`` and ``auc`` with ``notice`` and ``alarm``; all of them with ``unit`` and
    ``reason``.

    Raises:
        PolicyError: one is absent or unknown, not a finite number, out of order, or without
            unit or reason.
    """
    stated = stated_section(
        version,
        "matured",
        content,
        values=("cohorts", "resolved_floor", "expected_floor"),
        pairs=("rise", "false_alarms", "auc"),
    )
    value, pair = stated.value, stated.pair
    try:
        return MaturedThresholds(
            cohorts=int(value["cohorts"]),
            resolved_floor=value["resolved_floor"],
            expected_floor=value["expected_floor"],
            rise=Steps(**pair["rise"]),
            false_alarms=FalseAlarms(**pair["false_alarms"]),
            auc_notice=pair["auc"]["notice"],
            auc_alarm=pair["auc"]["alarm"],
        )
    except ValueError as error:
        raise PolicyError(f"{version}: matured: {error}") from error
