"""The thresholds of the watch: dated data, each with unit and reason.

They come from ``policies/monitoring/<date>.yaml``; none has a default.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from credit_limits.domain.errors import PolicyError
from credit_limits.domain.periods import add_months
from credit_limits.domain.stated_figures import checked_mapping, checked_numbers
from monitoring.threshold_sections import stated_section

_SIZES = ("score_psi", "input_psi", "null_rise", "unseen_share")


class DriftLevel(IntEnum):
    """How much has moved, mildest first."""

    NONE = 0
    NOTICE = 1
    ALARM = 2

    @property
    def word(self) -> str:
        """The level in a word, as reports and the ledger have it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Steps:
    """From which value on a figure is a notice, and from which an alarm; 0 < notice <= alarm."""

    notice: float
    alarm: float

    def __post_init__(self) -> None:
        if not 0 < self.notice <= self.alarm <= 1:
            raise ValueError(
                f"notice {self.notice} and alarm {self.alarm} must rise, above 0 and up to 1"
            )

    def level(self, value: float) -> DriftLevel:
        """The level of ``value``; what is not a number is an alarm."""
        if not value < self.alarm:
            return DriftLevel.ALARM
        return DriftLevel.NOTICE if value >= self.notice else DriftLevel.NONE


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """How often each level may come where nothing has changed, 0 to 1; alarm <= notice."""

    notice: float
    alarm: float

    def __post_init__(self) -> None:
        if not 0 < self.alarm <= self.notice < 1:
            raise ValueError(
                f"alarm {self.alarm} and notice {self.notice} must rise, above 0 and below 1"
            )

    def level(self, p_value: float) -> DriftLevel:
        """The level of a p-value; what is not a number is an alarm."""
        if not p_value > self.alarm:
            return DriftLevel.ALARM
        return DriftLevel.NOTICE if p_value <= self.notice else DriftLevel.NONE


@dataclass(frozen=True, slots=True)
class Debounce:
    """In how many of the last watches, this one included, an input alarms before it counts."""

    alarms: int
    watches: int

    def __post_init__(self) -> None:
        if not 1 <= self.alarms <= self.watches:
            raise ValueError(f"{self.alarms} alarms in {self.watches} watches cannot be")


@dataclass(frozen=True, slots=True)
class EarlyThresholds:
    """What is held against the share of accounts that miss their first payment.

    ``reference_months``: how far back the months go that a month is held against.
    ``months_floor``: with fewer of them there is no verdict. ``accounts_floor``: a month with
    fewer accounts that were current says nothing. ``rise``: by which share the rate rises over
    that of the reference. ``false_alarms``: see :class:`FalseAlarms`. A level is reached where
    both the rise and the p-value reach it.
    """

    reference_months: int
    months_floor: int
    accounts_floor: int
    rise: Steps
    false_alarms: FalseAlarms

    def __post_init__(self) -> None:
        if not 2 <= self.months_floor <= self.reference_months:
            raise ValueError(
                f"months_floor {self.months_floor} is below 2 or above reference_months "
                f"{self.reference_months}"
            )
        if self.accounts_floor < 1:
            raise ValueError(f"accounts_floor is {self.accounts_floor}; at least one is needed")

    def refers(self, before: date, month_end: date) -> bool:
        """Whether a month's end lies within the reference of a later one."""
        return add_months(month_end, -self.reference_months) <= before < month_end


@dataclass(frozen=True, slots=True)
class DriftThresholds:
    """What is held against each column.

    ``score_psi`` and ``input_psi``: PSI beyond the noise of sampling. ``null_rise``: rise of the
    share of nulls, 0 to 1. ``unseen_share``: share of rows with a value that a discrete column
    never had. ``false_alarms``: how often a watch in which nothing has changed may find even one
    column moved; a level is reached where both the size and the p-value, corrected for the number
    of columns, reach it. ``debounce``: see :class:`Debounce`. ``rows_floor``: fewer rows say
    nothing, which is an alarm. ``not_judged``: columns measured and not judged for their
    distribution, with the reason; whether they are there and filled is judged all the same.
    """

    version: str
    rows_floor: int
    score_psi: Steps
    input_psi: Steps
    null_rise: Steps
    unseen_share: Steps
    false_alarms: FalseAlarms
    debounce: Debounce
    not_judged: Mapping[str, str]

    def __post_init__(self) -> None:
        if self.rows_floor < 1:
            raise ValueError(f"rows_floor is {self.rows_floor}; at least one row is needed")


def parse_drift_thresholds(version: str, content: Mapping[str, object]) -> DriftThresholds:
    """The thresholds of a monitoring policy file.

    Args:
        version: the file's version, kept with each verdict.
        content: the file; under ``thresholds`` the fields of :class:`DriftThresholds`:
            ``rows_floor`` with ``value``, ``debounce`` with ``alarms`` and ``watches``, each pair
            with ``notice`` and ``alarm``, all of them with ``unit`` and ``reason``;
            ``not_judged`` with a reason a column.

    Raises:
        PolicyError: one is absent or unknown, not a finite number, out of order, or without
            unit or reason.
    """
    stated = stated_section(
        version,
        "thresholds",
        content,
        values=("rows_floor",),
        pairs=("false_alarms", *_SIZES),
        others=("debounce", "not_judged"),
    )
    bounce = checked_numbers(version, "debounce", stated.rest["debounce"], ("alarms", "watches"))
    try:
        return DriftThresholds(
            version=version,
            rows_floor=int(stated.value["rows_floor"]),
            false_alarms=FalseAlarms(**stated.pair["false_alarms"]),
            debounce=Debounce(int(bounce["alarms"]), int(bounce["watches"])),
            not_judged=_reasons(version, stated.rest["not_judged"]),
            **{name: Steps(**stated.pair[name]) for name in _SIZES},
        )
    except ValueError as error:
        raise PolicyError(f"{version}: {error}") from error


def parse_early_thresholds(version: str, content: Mapping[str, object]) -> EarlyThresholds:
    """The thresholds of early delinquency in a monitoring policy file.

    Under ``early_delinquency`` the fields of :class:`EarlyThresholds`: months and accounts with
    ``value``, the pairs with ``notice`` and ``alarm``, all of them with ``unit`` and ``reason``.

    Raises:
        PolicyError: as :func:`parse_drift_thresholds` does.
    """
    stated = stated_section(
        version,
        "early_delinquency",
        content,
        values=("reference_months", "months_floor", "accounts_floor"),
        pairs=("rise", "false_alarms"),
    )
    try:
        return EarlyThresholds(
            **{name: int(number) for name, number in stated.value.items()},
            rise=Steps(**stated.pair["rise"]),
            false_alarms=FalseAlarms(**stated.pair["false_alarms"]),
        )
    except ValueError as error:
        raise PolicyError(f"{version}: {error}") from error


def _reasons(version: str, raw: object) -> dict[str, str]:
    entry = checked_mapping(version, "not_judged", raw)
    if not all(isinstance(reason, str) and reason for reason in entry.values()):
        raise PolicyError(f"{version}: not_judged needs a reason in words for each column")
    return {str(name): str(reason) for name, reason in entry.items()}
